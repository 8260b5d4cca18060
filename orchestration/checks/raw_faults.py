"""New rows of raw.events with faults: the raw gate counts them, a release removes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts.events import MAX_AHEAD, MAX_ID_CHARACTERS, MAX_NAME_CHARACTERS
from contracts.home import PROJECT_ID_PATTERN
from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    import duckdb

RAW_LIMITS = {
    "max_id_characters": MAX_ID_CHARACTERS,
    "max_name_characters": MAX_NAME_CHARACTERS,
    "max_hours_ahead": int(MAX_AHEAD.total_seconds() // 3600),
    "project_id_pattern": PROJECT_ID_PATTERN.pattern,
}


def find_raw_faults(connection: duckdb.DuckDBPyConnection) -> None:
    """Create `temp.unpublished_segments` and, for their rows, `temp.raw_faults`: one row per row and fault."""
    connection.execute(read_sql("find_unpublished_segments"))
    connection.execute(read_sql("find_raw_faults"), RAW_LIMITS)
