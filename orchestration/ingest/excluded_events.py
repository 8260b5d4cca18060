"""Events that do not count: those that people deleted, and those at times that cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    import duckdb

MIN_GAP_DAYS: Final = 365
"""Events before a longer gap without any may be set apart."""
MAX_SHARE: Final = 0.01
"""At most this share of a project's events is set apart as lying far before the others; one event always may be."""
MIN_EVENTS: Final = 20
"""With fewer events nobody can say where the bulk lies."""
FIRST_YEAR: Final = 2000
"""Events before this year are set apart unless most of the project's events are: clocks at zero, and empty times."""


def exclude_events(connection: duckdb.DuckDBPyConnection) -> None:
    """Write `raw.set_apart_events` anew from the events that are loaded and what people chose.

    It follows from these alone, so that the order in which events arrive does not matter.
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
