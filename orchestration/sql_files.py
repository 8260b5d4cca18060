"""The SQL of orchestration, one statement a file in `orchestration/sql/`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "sql"


@cache
def read_sql(name: str) -> str:
    """The statement in `sql/<name>.sql`."""
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8")
