"""Great Expectations' own pages about what the gates found, made to be read without a network."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import great_expectations as gx
import orjson
from great_expectations.core import expectationSuiteValidationResultSchema
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.data_context.types.resource_identifiers import (
    ExpectationSuiteIdentifier,
    ValidationResultIdentifier,
)

from expectations.errors import NothingCheckedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from great_expectations.core import ExpectationSuiteValidationResult

    from expectations.gate import Judgement

SITE = "turret"
STYLE = Path(__file__).parent / "data_docs.css"
_SUFFIX = ".results.json"
_FROM_ELSEWHERE = re.compile(
    r"<script\b[^>]*>.*?</script>|<link\b[^>]*>|<img\b[^>]*>|<footer\b.*?</footer>", re.DOTALL | re.IGNORECASE
)
"""What the library's templates fetch from other people's servers: scripts, styles, fonts and logos."""


def save_results(folder: Path, judgement: Judgement, run_id: str) -> None:
    """Keep Great Expectations' results as the newest of their gate, for `build_pages`."""
    folder.mkdir(parents=True, exist_ok=True)
    results = {
        name: result.to_json_dict()  # type: ignore[no-untyped-call]  # the library leaves it without types
        for name, result in judgement.results.items()
    }
    judged_at = datetime.now(UTC).isoformat()
    draft = folder / f"{judgement.report.gate}.results.draft"
    draft.write_bytes(orjson.dumps({"run_id": run_id, "judged_at": judged_at, "results": results}))
    draft.replace(folder / f"{judgement.report.gate}{_SUFFIX}")


def build_pages(results: Path, pages: Path) -> Path:
    """Make the pages of the newest results of each gate; gives the page to open.

    Args:
        results: Folder that `save_results` writes.
        pages: Folder for the pages; what was in it is replaced.

    Raises:
        NothingCheckedError: no gate has judged anything yet.
    """
    kept = sorted(results.glob(f"*{_SUFFIX}"))
    if not kept:
        raise NothingCheckedError(f"No gate has judged anything below {results.parent} yet; run `turret run` first.")
    draft = pages.with_name(f"{pages.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    context = _context(draft)
    for file in kept:
        for identifier, result in _read(file):
            context.validation_results_store.set(identifier, result)
    context.build_data_docs(site_names=[SITE])
    for page in draft.rglob("*.html"):
        _cut_off_from_the_network(page, draft)
    shutil.rmtree(pages, ignore_errors=True)
    draft.replace(pages)
    return pages / "index.html"


def _context(folder: Path) -> Any:
    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(enable=False)
    for site in list(context.list_data_docs_sites()):
        context.delete_data_docs_site(site)
    store = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)}
    context.add_data_docs_site(
        SITE,
        {
            "class_name": "SiteBuilder",
            "show_how_to_buttons": False,  # type: ignore[typeddict-unknown-key]  # the documentation shows it
            "store_backend": store,
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        },
    )
    return context


def _read(file: Path) -> Iterator[tuple[ValidationResultIdentifier, ExpectationSuiteValidationResult]]:
    gate = file.name.removesuffix(_SUFFIX)
    kept = orjson.loads(file.read_bytes())
    run = RunIdentifier(run_name=kept["run_id"], run_time=datetime.fromisoformat(kept["judged_at"]))
    for batch, result in kept["results"].items():
        identifier = ValidationResultIdentifier(
            expectation_suite_identifier=ExpectationSuiteIdentifier(f"{gate}.{batch}"),
            run_id=run,
            batch_identifier=batch,
        )
        yield identifier, expectationSuiteValidationResultSchema.load(result)


def _cut_off_from_the_network(page: Path, root: Path) -> None:
    """Leave nothing on the page that a browser would fetch, and give it the style that it then lacks."""
    bare = _FROM_ELSEWHERE.sub("", page.read_text(encoding="utf-8"))
    style = "../" * (len(page.relative_to(root).parts) - 1) + STYLE.name
    page.write_text(bare.replace("</head>", f'<link rel="stylesheet" href="{style}"></head>', 1), encoding="utf-8")
    shutil.copyfile(STYLE, root / STYLE.name)
