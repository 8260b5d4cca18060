"""Find excluded events: deleted ones, and those whose time cannot be right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    import duckdb

MIN_GAP_DAYS: Final = 365
"""Minimum length of a gap before which events may be excluded."""
MAX_SHARE: Final = 0.01
"""Maximum share of a project's events to exclude as far before all others; one event is always allowed."""
MIN_EVENTS: Final = 20
"""Minimum number of events for a judgement."""
FIRST_YEAR: Final = 2000
"""Events before this year are excluded, unless most of the project's events are: reset clocks, and empty times."""


def exclude_events(connection: duckdb.DuckDBPyConnection) -> None:
    """Rebuild `raw.set_apart_events` from the loaded events and people's choices.

    It depends on these alone, so that the order in which events arrive does not matter.
    """
    connection.execute("delete from raw.set_apart_events")
    connection.execute(
        read_sql("insert_set_apart_events"),
        {
            "min_gap_days": MIN_GAP_DAYS,
            "max_share": MAX_SHARE,
            "min_events": MIN_EVENTS,
            "first_year": FIRST_YEAR,
        },
    )
