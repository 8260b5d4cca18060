"""Which sessions, events and messages are published: all, or those of the newest days of each project.

Whole sessions are published, by the day on which they began, so that their rows in all marts belong together. Marts
without a row for each session or part of one are published in full, so they cover sessions that are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts.tables import FCT_EVENTS, MARTS
from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    import duckdb

    from contracts.tables import Table

_PUBLISHED = {
    "session_id": "select project_id, session_id from temp.published_sessions",
    "event_id": f"select project_id, event_id from warehouse.{FCT_EVENTS.qualified_name} "  # noqa: S608 - ours
    "semi join temp.published_sessions using (project_id, session_id)",
}
"""For each kind of id, the query of those that are published."""


class Details:
    """The rows of the warehouse that are published.

    Args:
        connection: has the warehouse attached as `warehouse`.
        n_days: number of newest days of each project whose sessions are published; None for all.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, n_days: int | None) -> None:
        self._connection = connection
        if n_days is None:
            connection.execute("create or replace temp table detail_days (project_id varchar, first_date date)")
        else:
            connection.execute(read_sql("find_detail_days"), {"n_days": n_days})
        self.are_limited = bool(connection.execute("select 1 from temp.detail_days limit 1").fetchall())
        """Whether any session is left out."""
        if self.are_limited:
            connection.execute(read_sql("find_published_sessions"))

    def published(self, table: Table) -> str:
        """Return the published rows of a mart, for the `from` of a query."""
        source = f"warehouse.{table.qualified_name}"
        if not self.are_limited or not table.detail_of:
            return source
        return f"(from {source} where {self.is_published(table)})"

    def is_published(self, table: Table) -> str:
        """Return the condition that selects the published rows of a mart with details."""
        conditions = [
            f"(project_id, {column}) in ({_PUBLISHED['event_id' if column == 'event_id' else 'session_id']})"
            for column in table.detail_of
        ]
        return f"({' and '.join(conditions)} or {table.is_stray})"

    def reach_further_back(self) -> bool:
        """Return whether sessions are published that the last file, of which `target` is a copy, leaves out."""
        had = "select 1 from duckdb_tables() where database_name = 'target' and table_name = 'detail_days'"
        if not self._connection.execute(had).fetchall():
            return False
        return bool(self._connection.execute(read_sql("find_earlier_detail_days")).fetchall())

    def count_withdrawn(self) -> tuple[int, int]:
        """Count the sessions of `target`, a copy of the last file, that are no longer published; and those that are."""
        ((n_withdrawn, n_published),) = self._connection.execute(read_sql("count_withdrawn_sessions")).fetchall()
        return int(n_withdrawn), int(n_published)

    def find_differing(self) -> Table | None:
        """Return a mart that is published in full and has other rows in `target` than in the warehouse, if any."""
        for table in MARTS:
            if not table.detail_of and self._digest("target", table) != self._digest("warehouse", table):
                return table
        return None

    def _digest(self, database: str, table: Table) -> tuple[object, ...] | None:
        return self._connection.execute(
            f"select count(*), sum(hash(rows)) from {database}.{table.qualified_name} as rows"  # noqa: S608 - ours
        ).fetchone()
