"""The SQL of the pages: one query per file, in the `queries` folder of its page or of `data`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

DASHBOARD = Path(__file__).parents[1]


@cache
def query_files() -> dict[str, Path]:
    """Find every query by its name, which is unique in the dashboard."""
    return {path.stem: path for path in sorted(DASHBOARD.glob("*/queries/*.sql"), key=lambda path: path.stem)}


@cache
def read_query(name: str) -> str:
    """Read the SQL of a query.

    Raises:
        KeyError: there is no query of this name.
    """
    return query_files()[name].read_text(encoding="utf-8")
