"""Replace touched rows in a copy of the last published file, which is cheaper than writing every mart.

The warehouse records which sessions, users and days were touched since a version was published
(dbt_project/macros/state.sql). Rows of a mart that belong to these are replaced; a mart without such keys is small and
is copied completely.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from contracts.tables import FCT_EVENT_VALUES, MARTS
from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    import duckdb

    from contracts.tables import Table
    from orchestration.publish.details import Details

MAX_EXCHANGED_SHARE = 0.3
"""Maximum share of sessions to replace, summed over the versions since the last full one: deleted rows leave holes on
disk, which readers skip.
"""

MAX_NAMED = 20_000
"""Maximum number of keys that are bound as constants: DuckDB pushes constants down to the tables of a view, but not a
subquery (0.4 instead of 2.7 CPU s for the values of 10,000 among 1,000,000 events).
"""

_log = logging.getLogger(__name__)


def count_exchanged(connection: duckdb.DuckDBPyConnection, version: str) -> int | None:
    """Count the sessions to exchange and those exchanged since a full file; None if this file must be written in full.

    Args:
        connection: has the warehouse attached as `warehouse`.
        version: the published file that would be copied.
    """
    if not _has_state(connection):
        return None
    ((known_version, n_exchanged, n_sessions),) = connection.execute(read_sql("count_exchanged_sessions")).fetchall()
    return n_exchanged if known_version == version and n_exchanged <= n_sessions * MAX_EXCHANGED_SHARE else None


def exchange_rows(connection: duckdb.DuckDBPyConnection, details: Details, n_exchanged: int) -> tuple[int, int] | None:
    """Update the marts of `target`, a copy of the last published file, to those of `warehouse`.

    Args:
        connection: has both attached.
        details: the rows to publish.
        n_exchanged: sessions exchanged since a file was written in full, those to exchange now included.

    Returns:
        The number of rows of all marts, and that of exchanged sessions with those that are not published any more; None
        if the copy cannot be used: it lacks sessions, too many are exchanged, or a mart has other rows than it should.
    """
    if details.reach_further_back():
        return None
    if details.are_limited:
        n_withdrawn, n_published = details.count_withdrawn()
        n_exchanged += n_withdrawn
        if n_exchanged > n_published * MAX_EXCHANGED_SHARE:
            return None
    keys = {mart: (column, key) for mart, column, key in connection.execute(read_sql("read_mart_keys")).fetchall()}
    connection.begin()
    for table in MARTS:
        if table.name in keys:
            _exchange(connection, table, details, *keys[table.name])
        else:
            _replace(connection, table, details)
    connection.commit()
    n_rows = _count_all(connection, details)
    return None if n_rows is None else (n_rows, n_exchanged)


def note_published(connection: duckdb.DuckDBPyConnection, version: str, n_exchanged: int) -> None:
    """Record in the warehouse that `version`, the target of the link, contains everything.

    If the process is killed before this, the warehouse knows another version than the link, and the next file is
    written in full.

    Args:
        connection: has the warehouse open for writing, as `warehouse`.
        version: the published version.
        n_exchanged: sessions exchanged since a file was written in full.
    """
    if _has_state(connection):
        connection.begin()
        connection.execute(read_sql("forget_unpublished"))
        connection.execute(read_sql("note_published"), {"version": version, "n_exchanged": str(n_exchanged)})
        connection.commit()


def _has_state(connection: duckdb.DuckDBPyConnection) -> bool:
    """Return whether a dbt run has recorded what it touched."""
    return connection.execute(read_sql("count_state_tables")).fetchall() == [(3,)]


def _replace(connection: duckdb.DuckDBPyConnection, table: Table, details: Details) -> None:
    connection.execute(f"delete from target.{table.qualified_name}")  # noqa: S608  # names of contracts
    connection.execute(f"insert into target.{table.qualified_name} from {details.published(table)}")


def _exchange(connection: duckdb.DuckDBPyConnection, table: Table, details: Details, column: str, key: str) -> None:
    """Exchange the rows of a mart whose `column` is among the touched keys of the kind `key`."""
    values = [value for (value,) in connection.execute(read_sql("read_unpublished_values"), {"key": key}).fetchall()]
    unpublished = "select project_id, value from warehouse.state.unpublished where key = ?"
    touched = f"(project_id, {column}::varchar) in ({unpublished})"
    named = f"{column} in ({', '.join('?' * len(values))})" if 0 < len(values) <= MAX_NAMED else "true"
    constants = values if len(values) <= MAX_NAMED else []
    target = f"target.{table.qualified_name}"
    connection.execute(f"delete from {target} where {touched}", [key])  # noqa: S608  # names of contracts and dbt
    if details.are_limited and table.detail_of:
        connection.execute(f"delete from {target} where {details.is_published(table)} is not true")  # noqa: S608  # the same
    connection.execute(
        f"insert into {target} from {details.published(table)} where {touched} and {named}",
        [key, *constants],
    )


def _count_all(connection: duckdb.DuckDBPyConnection, details: Details) -> int | None:
    total = 0
    for table in MARTS:
        n_published = _count(connection, f"target.{table.qualified_name}")
        # The number of values follows from the events; counting them would cost half as much as everything else.
        if table != FCT_EVENT_VALUES and n_published != (n_due := _count(connection, details.published(table))):
            _log.warning(
                "%s has %d rows instead of %d: writing all marts in full.", table.qualified_name, n_published, n_due
            )
            return None
        total += n_published
    return total


def _count(connection: duckdb.DuckDBPyConnection, rows: str) -> int:
    ((n_rows,),) = connection.execute(f"select count(*) from {rows}").fetchall()  # noqa: S608  # names of contracts
    return int(n_rows)
