"""Build Great Expectations' pages of the gates' results, readable without a network."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import orjson

from contracts.durable_files import write_file
from expectations.errors import NothingCheckedError
from expectations.library import (
    ExpectationSuiteIdentifier,
    RunIdentifier,
    ValidationResultIdentifier,
    expectationSuiteValidationResultSchema,
    gx,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from great_expectations.core import ExpectationSuiteValidationResult

    from expectations.gate import GateResult

    Judged = tuple[ValidationResultIdentifier, ExpectationSuiteValidationResult]

SITE = "turret"
STYLE = Path(__file__).parent / "data_docs.css"
_SUFFIX = ".results.json"
_FROM_ELSEWHERE = re.compile(
    r"<script\b[^>]*>.*?</script>|<link\b[^>]*>|<img\b[^>]*>|<footer\b.*?</footer>", re.DOTALL | re.IGNORECASE
)
"""Resources that the library's templates load from other servers: scripts, styles, fonts and logos."""


_INDEX = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Turret: check results</title></head><body>
<h5>Latest results of the gates</h5>
<table><thead><tr><th></th><th>Gate</th><th>Frame</th><th>Expectations</th><th>Failed</th><th>Checked</th></tr></thead>
<tbody>{rows}</tbody></table></body></html>
"""


def save_results(folder: Path, gate_result: GateResult, run_id: str) -> None:
    """Store Great Expectations' results as the newest of their gate, for `build_pages`."""
    folder.mkdir(parents=True, exist_ok=True)
    results = {
        name: result.to_json_dict()  # type: ignore[no-untyped-call]  # the library leaves it without types
        for name, result in gate_result.results.items()
    }
    judged_at = datetime.now(UTC).isoformat()
    document = orjson.dumps({"run_id": run_id, "judged_at": judged_at, "results": results})
    write_file(folder / f"{gate_result.report.gate}{_SUFFIX}", document)


def build_pages(results: Path, pages: Path) -> Path:
    """Build the pages of the newest results of each gate, and return the page to open.

    Args:
        results: the folder that `save_results` writes.
        pages: the folder for the pages; its contents are replaced.

    Raises:
        NothingCheckedError: no gate has run yet.
    """
    kept = sorted(results.glob(f"*{_SUFFIX}"))
    if not kept:
        raise NothingCheckedError(f"No check has run in {results.parent} yet; run `turret run` first.")
    draft = pages.with_name(f"{pages.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()  # the library prints tracebacks if it may not write
    context = _context(draft)
    judged = [pair for file in kept for pair in _read(file)]
    for identifier, result in judged:
        context.validation_results_store.set(identifier, result)
        context.suites.add(_suite(result))
    context.build_data_docs(site_names=[SITE], build_index=False)
    _write_index(draft, judged)
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
        {  # type: ignore[typeddict-item]  # the first page is ours
            "class_name": "SiteBuilder",
            "show_how_to_buttons": False,
            "store_backend": store,
        },
    )
    return context


def _read(file: Path) -> Iterator[Judged]:
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


def _write_index(root: Path, judged: Sequence[Judged]) -> None:
    """Write the index page; the library's own needs scripts from other servers."""
    rows = "".join(_index_row(root, identifier, result) for identifier, result in judged)
    (root / "index.html").write_text(_INDEX.format(rows=rows), encoding="utf-8")


def _index_row(root: Path, identifier: ValidationResultIdentifier, result: ExpectationSuiteValidationResult) -> str:
    gate, _, batch = result.suite_name.partition(".")
    page = next((root / "validations" / gate / batch).rglob("*.html")).relative_to(root).as_posix()
    counts = result.statistics
    n_failed = counts["unsuccessful_expectations"]
    mark = '<i class="fa-times text-danger"></i>' if n_failed else '<i class="fa-check-circle text-success"></i>'
    cells = [gate, f'<a href="{escape(quote(page))}">{escape(batch)}</a>', counts["evaluated_expectations"], n_failed]
    when = identifier.run_id.run_time.strftime("%Y-%m-%d %H:%M UTC")
    return f"<tr><td>{mark}</td>{''.join(f'<td>{cell}</td>' for cell in cells)}<td>{when}</td></tr>"


def _suite(result: ExpectationSuiteValidationResult) -> gx.ExpectationSuite:
    """Return the suite of expectations, for the pages that results link to."""
    configurations = [one.expectation_config for one in result.results if one.expectation_config]
    return gx.ExpectationSuite(result.suite_name, expectations=[one.to_domain_obj() for one in configurations])


def _cut_off_from_the_network(page: Path, root: Path) -> None:
    """Remove all external resources from a page, and add a style sheet."""
    bare = _FROM_ELSEWHERE.sub("", page.read_text(encoding="utf-8"))
    style = "../" * (len(page.relative_to(root).parts) - 1) + STYLE.name
    page.write_text(bare.replace("</head>", f'<link rel="stylesheet" href="{style}"></head>', 1), encoding="utf-8")
    shutil.copyfile(STYLE, root / STYLE.name)
