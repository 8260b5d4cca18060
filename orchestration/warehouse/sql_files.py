"""The SQL of orchestration: one statement per file, in the `sql` folder of the stage that runs it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

ORCHESTRATION = Path(__file__).parents[1]


@cache
def sql_files() -> dict[str, Path]:
    """Find every statement by its name, which is unique in this package."""
    return {path.stem: path for path in sorted(ORCHESTRATION.glob("*/sql/*.sql"), key=lambda path: path.stem)}


@cache
def read_sql(name: str) -> str:
    """Read the statement in `<stage>/sql/<name>.sql`.

    Raises:
        KeyError: no stage has it.
    """
    return sql_files()[name].read_text(encoding="utf-8")
