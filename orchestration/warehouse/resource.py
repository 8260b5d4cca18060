"""The warehouse as a Dagster resource: one run at a time holds it, and each step has connections of its own.

dbt opens the file with settings of its own, and publishing attaches it, which DuckDB refuses while this process has it
open. Both stages call `close` first.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import duckdb
from pydantic import PrivateAttr

from contracts.home import Home
from contracts.run_progress import begin_run, end_run
from contracts.tables import MARTS_SCHEMA, ML, OPS, RAW, Table
from orchestration.errors import WarehouseBusyError
from orchestration.warehouse.engine_tables import has_messages, show_messages, use_engine
from orchestration.warehouse.memory_limit import memory_limit
from orchestration.warehouse.sql_files import read_sql
from orchestration.warehouse.writer_lock import POLL_S, hold_lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

OPEN_WAIT_S = 60.0
MAX_KEPT_OPEN = 256 * 1024 * 1024
"""Size in bytes of the largest file that stays open between steps, with what DuckDB has read of it. To open and close a
file takes 20 to 30 ms of CPU, and a few syncs of the disk."""
STORAGE_VERSION = "v1.3.0"
"""The storage version of a new warehouse, read only by Turret: it writes texts in a third less time than the oldest."""


_created: set[tuple[str, int, bool]] = set()
"""Warehouses in which this process has created the tables: the path, its inode, and whether messages were there."""


class Warehouse(dg.ConfigurableResource):  # type: ignore[type-arg]  # the resource stands for itself
    """Holds the warehouse's lock for a whole run and opens connections to it.

    Args:
        path: the DuckDB file.
        lock_path: the file that is locked while a run may write.
        wait_s: how long to wait for another run, in seconds.
        spark_folder: the folder of Spark's tables; empty if the engine is DuckDB.
    """

    path: str
    lock_path: str
    wait_s: float
    spark_folder: str = ""
    _is_run: bool = PrivateAttr(default=False)
    _kept: duckdb.DuckDBPyConnection | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Warehouse]:
        """Hold the lock until the run ends; move the events first if another engine holds them.

        Raises:
            WarehouseBusyError: another run held it for longer than `wait_s`.
            SparkFolderError: Spark holds the events in another folder.
        """
        home = Home(Path(self.path).parent)
        with hold_lock(Path(self.lock_path), self.wait_s, context.log.info if context.log else None):
            begin_run(home)
            self._is_run = not self.spark_folder
            try:
                if self.spark_folder or home.spark.exists():
                    self._use_engine(context)
                yield self
            finally:
                self._is_run = False
                self.close()
                end_run(home)

    def _use_engine(self, context: dg.InitResourceContext) -> None:
        folder = Path(self.spark_folder) if self.spark_folder else None
        say = context.log.info if context.log else print
        with self.connect() as connection:
            use_engine(connection, folder, say)
        Home(Path(self.path).parent).spark.mkdir(exist_ok=True)

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open a connection to the warehouse, and create the tables that Python writes, once a process and file."""
        connection = open_duckdb(Path(self.path), OPEN_WAIT_S)
        try:
            connection.execute("set TimeZone = 'UTC'")
            there = _tables(connection)
            created = (self.path, Path(self.path).stat().st_ino, has_messages(connection))
            if created not in _created or not {table.name for table in (*RAW, *ML, *OPS)} <= there:
                create_tables(connection)
                _created.add(created)
            yield connection
        finally:
            if self._is_run and self._kept is None and Path(self.path).stat().st_size <= MAX_KEPT_OPEN:
                self._kept = open_duckdb(Path(self.path), OPEN_WAIT_S)  # of the same database in this process
            connection.close()

    def close(self) -> None:
        """Close the file, which stays open from one step to the next if it is small."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None


def open_duckdb(path: Path, wait_s: float) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file for writing; wait while another program has it open.

    Raises:
        WarehouseBusyError: it was still open elsewhere after `wait_s` seconds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + wait_s
    while True:
        try:
            return duckdb.connect(
                path, config={"storage_compatibility_version": STORAGE_VERSION, "memory_limit": memory_limit()}
            )
        except duckdb.IOException as error:
            if not is_held(error):
                raise
            if time.monotonic() > deadline:
                raise WarehouseBusyError(
                    f"{path} is open in another program; close it and run again. DuckDB says: {error}"
                ) from error
            time.sleep(POLL_S)


def is_held(error: duckdb.Error) -> bool:
    """Say whether DuckDB could not open a file because another process has it open."""
    return "Could not set lock" in str(error)  # a damaged file has an error about a "block"


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the schemas, tables and columns that Python writes, if they are missing, and drop former columns."""
    for schema in dict.fromkeys([*(table.schema for table in (*RAW, *ML, *OPS)), MARTS_SCHEMA]):
        connection.execute(f"create schema if not exists {schema}")
    views = set(connection.execute("select schema_name, view_name from duckdb_views()").fetchall())
    written = [table for table in (*RAW, *ML, *OPS) if (table.schema, table.name) not in views]  # others are Spark's
    for table in written:
        connection.execute(_create_statement(table))
    _update_columns(connection, written)
    connection.execute(read_sql("create_own_topics"))
    show_messages(connection)


def _tables(connection: duckdb.DuckDBPyConnection) -> set[str]:
    return {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}


def _update_columns(connection: duckdb.DuckDBPyConnection, tables: Iterable[Table]) -> None:
    """Give the tables of a warehouse of another version the columns of this one, null in the rows that lack them.

    They get the contract's order, because rows are inserted by position; a table is copied only if its order differs.
    """
    known: dict[tuple[str, str], list[str]] = {}
    columns = "select schema_name, table_name, column_name from duckdb_columns() order by column_index"
    for schema, table_name, column_name in connection.execute(columns).fetchall():
        known.setdefault((schema, table_name), []).append(column_name)
    for table in tables:
        there = known[table.schema, table.name]
        added = [column for column in table.columns if column.name not in there]
        dropped = [name for name in there if name not in table.column_names]
        for column in added:
            connection.execute(f"alter table {table.qualified_name} add column {column.name} {column.type}")
        for name in dropped:
            connection.execute(f"alter table {table.qualified_name} drop column {name}")
        kept = [name for name in there if name not in dropped]
        if (*kept, *(column.name for column in added)) != table.column_names:
            ordered = f"select {', '.join(table.column_names)} from {table.qualified_name}"  # noqa: S608 - our own names
            connection.execute(f"create or replace table {table.qualified_name} as {ordered}")


def _create_statement(table: Table) -> str:
    columns = ", ".join(f"{column.name} {column.type}" for column in table.columns)
    return f"create table if not exists {table.qualified_name} ({columns})"
