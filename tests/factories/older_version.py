"""A home as a version before left it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb

if TYPE_CHECKING:
    from contracts.home import Home

_NEW_TABLES: Final = (
    *("raw.field_outcomes", "raw.removed_days", "raw.topic_candidates"),
    *("ml.candidate_fits", "ml.candidate_texts", "ml.placed_examples", "ml.retired_texts"),
    *("intermediate.int_texts__united", "state.known_feedback"),
)
_NEW_MARTS: Final = ("dim_topic_candidates", "fct_feedback", "agg_removed_days", "agg_removed_topics_daily")
_NEW_COLUMNS: Final = {
    "raw.projects": "late_after_s",
    "raw.topic_choices": "state",
    "ml.edited_topics": "state",
    "marts.dim_topics": "state",
    "marts.dim_topic_edits": "example_topic_ids",
    "marts.agg_topic_friction": "late_share",
}
_FORMER_COLUMNS: Final = {"raw.topic_choices": "is_pinned", "ml.edited_topics": "is_pinned"}


def take_away_what_is_new(home: Home) -> None:
    """Take what later versions added out of a home's warehouse and published file, and give it what they dropped.

    A program that has the published file open keeps the one it has.
    """
    with duckdb.connect(home.warehouse) as warehouse:
        _drop(warehouse, *_NEW_TABLES, *(f"marts.{name}" for name in _NEW_MARTS))
        for table, column in _NEW_COLUMNS.items():
            warehouse.execute(f"alter table {table} drop column {column}")
        for table, column in _FORMER_COLUMNS.items():
            warehouse.execute(f"alter table {table} add column {column} boolean default false")
        warehouse.execute("delete from state.progress where key = 'made_by'")  # the SQL was another one
    published = home.published.resolve()
    copy = Path(shutil.copyfile(published, home.root / "older.duckdb"))
    with duckdb.connect(copy) as marts:
        _drop(marts, *(f"marts.{name}" for name in _NEW_MARTS))
        for table, column in _NEW_COLUMNS.items():
            if table.startswith("marts."):
                marts.execute(f"alter table {table} drop column {column}")
    copy.replace(published)


def _drop(connection: duckdb.DuckDBPyConnection, *names: str) -> None:
    views = connection.execute("select schema_name || '.' || view_name from duckdb_views()").fetchall()
    for name in names:
        connection.execute(f"drop {'view' if (name,) in views else 'table'} {name}")
