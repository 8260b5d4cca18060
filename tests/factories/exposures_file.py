"""What dbt_project/models/exposures.yml must say; `python -m tests.factories.exposures_file` rewrites its lists."""

from __future__ import annotations

import re
from typing import Any

import yaml

from contracts import tables
from dashboard.data.filters import Filters, compile_query
from dashboard.data.query_files import read_query
from tests.factories.dbt_factory import DBT_PROJECT, REPOSITORY

FILE = DBT_PROJECT / "models" / "exposures.yml"
DASHBOARD = REPOSITORY / "dashboard"
PUBLISHED_FILE = "published_file"
EVERY_PAGE = ("router.py", "data/view.py")
"""What these ask for, every page shows."""
PAGES = sorted(path.parent.name for path in DASHBOARD.glob("*/page.py"))
MARK = "# The lists of marts follow from the dashboard's queries: python -m tests.factories.exposures_file\n"


def marts_of(source: str) -> set[str]:
    """The marts in the queries that a source of the dashboard names, those behind its `shown_…` tables too."""
    queries = re.findall(r"rows?\((?:view, )?\s*\"(\w+)\"", (DASHBOARD / source).read_text())
    sql = "".join(compile_query(read_query(query), Filters()) for query in queries)
    return set(re.findall(r"\bmarts\.(\w+)", re.sub("--.*", "", sql)))


def marts_of_exposure(name: str) -> set[str]:
    """The marts that a page, or the published file, depends on."""
    if name == PUBLISHED_FILE:
        return {mart.name for mart in tables.MARTS}
    own = (str(path.relative_to(DASHBOARD)) for path in (DASHBOARD / name).rglob("*.py"))
    return set().union(*map(marts_of, [*EVERY_PAGE, *own]))


def exposures() -> dict[str, dict[str, Any]]:
    """The exposures of the file, by name."""
    return {exposure["name"]: exposure for exposure in yaml.safe_load(FILE.read_text())["exposures"]}


def _entry(exposure: dict[str, Any]) -> str:
    head = [
        f"  - name: {exposure['name']}",
        f'    label: "{exposure["label"]}"',
        f"    type: {exposure['type']}",
        f"    maturity: {exposure['maturity']}",
        f"    description: {exposure['description']}",
        "    owner: { name: Turret }",
        "    depends_on:",
    ]
    return "\n".join([*head, *(f"      - ref('{mart}')" for mart in sorted(marts_of_exposure(exposure["name"])))])


if __name__ == "__main__":
    FILE.write_text(MARK + "exposures:\n" + "\n\n".join(map(_entry, exposures().values())) + "\n")
