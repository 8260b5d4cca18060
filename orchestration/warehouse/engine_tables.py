"""The tables that Spark holds, as views of the warehouse over their files; and the switch from one engine to the other.

The schema `spark` exists in a warehouse if Spark holds its events. It says where, and which load has the rows of each
segment. So each stage finds the engine that holds the tables, whatever the settings say.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb

from contracts.durable_files import make_folder, sync_path, write_file
from contracts.home import Home
from contracts.tables import MARTS, MARTS_SCHEMA, RAW_EVENTS, Table
from orchestration.errors import SparkFolderError
from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    from collections.abc import Callable

    from contracts.tables import Column

BUILT_SCHEMAS: Final = ("staging", "intermediate", MARTS_SCHEMA)
"""Schemas of dbt's models."""
LANDED: Final = "landed"
"""The folder of loaded rows: one folder for each load, `load=<number>`."""
_OWN_FOLDERS: Final = (LANDED, *(f"{schema}.db" for schema in ("raw", "ml", "ops", *BUILT_SCHEMAS)))
_OWNER_FILE: Final = "turret-home"
"""Names the home whose tables a folder has, so that none removes those of another."""
_SELECT_EVENTS: Final = "select * replace (metadata::varchar as metadata) from raw.events"  # Spark has no JSON type
_ROWS_FILE: Final = "rows.parquet"


def is_on_spark(connection: duckdb.DuckDBPyConnection) -> bool:
    """Return whether Spark holds the events of this warehouse."""
    return connection.execute(read_sql("count_engine_tables")).fetchall() == [(2,)]


def use_engine(connection: duckdb.DuckDBPyConnection, spark_folder: Path | None, say: Callable[[str], None]) -> None:
    """Move the events to the engine of the settings if the other one holds them.

    Args:
        connection: a connection to the warehouse, with the tables that Python writes.
        spark_folder: the folder of Spark's tables; None if the engine is DuckDB.
        say: receives a sentence about a move.

    Raises:
        SparkFolderError: Spark holds the events in another folder, or the folder has tables of others.
    """
    if not is_on_spark(connection):
        if spark_folder is not None:
            _own(connection, spark_folder)
            _move_to_spark(connection, spark_folder)
            say(f"Spark loads and models the events from now on; they were copied to {spark_folder}.")
        return
    folder = folder_of(connection)
    if spark_folder is None:
        is_whole = _move_to_duckdb(connection)
        _remove_tables(folder)
        how = f"they were copied from {folder}" if is_whole else f"{folder} lacks them, so every landed file is loaded"
        say(f"DuckDB loads and models the events from now on; {how}.")
    elif folder != spark_folder:
        raise SparkFolderError(
            f"TURRET_SPARK_WAREHOUSE is {str(spark_folder)!r}, but the tables are in {str(folder)!r}. Set it back, or "
            "run once with TURRET_ENGINE=duckdb, which copies the events from there, and then with the new folder."
        )
    elif not any(events_folder(folder, version_of(connection)).glob("*.parquet")):
        # Somebody has removed it. The next load writes it again; until then, there are no events.
        _own(connection, folder)
        columns = ", ".join(f"null::{_stored_type(column)} as {column.name}" for column in RAW_EVENTS.columns)
        _write_rows(connection, f"select {columns} limit 0", events_folder(folder, version_of(connection)))


def _own(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Mark the folder as that of this home, unless others have tables in it."""
    ((warehouse,),) = connection.execute("select path from duckdb_databases() where not internal").fetchall()
    owner, mark = folder / _OWNER_FILE, Home(Path(warehouse).parent).mark
    taken = [name for name in _OWN_FOLDERS if (folder / name).exists()]
    if taken and not (owner.exists() and owner.read_text(encoding="ascii") == mark):
        raise SparkFolderError(
            f"TURRET_SPARK_WAREHOUSE is {str(folder)!r}, where {taken[0]} belongs to another home or program; "
            "allowed is a folder of its own."
        )
    make_folder(folder)
    write_file(owner, mark.encode())


def _stored_type(column: Column) -> str:
    return "varchar" if column.type == "JSON" else column.type


def folder_of(connection: duckdb.DuckDBPyConnection) -> Path:
    """Return the folder of Spark's tables."""
    ((folder,),) = connection.execute("select folder from spark.state").fetchall()
    return Path(folder)


def version_of(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the number of the load after which `raw.events` was last written."""
    ((version,),) = connection.execute("select version from spark.state").fetchall()
    return int(version)


def events_folder(folder: Path, version: int) -> Path:
    """Return the folder with the rows of `raw.events` after a load."""
    return folder / "raw.db" / RAW_EVENTS.name / f"version={version}"


def load_folder(folder: Path, load: int) -> Path:
    """Return the folder with the rows that a load has read."""
    return folder / LANDED / f"load={load}"


def show_events(connection: duckdb.DuckDBPyConnection, folder: Path, version: int) -> None:
    """Let `raw.events` be the rows after load `version`; in the caller's transaction."""
    connection.execute(_view_statement(RAW_EVENTS, events_folder(folder, version)))
    connection.execute("delete from spark.state")
    connection.execute("insert into spark.state values (?, ?)", [str(folder), version])


def show_models(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Make a view of each table that dbt has built on Spark, and drop those whose table is gone."""
    declared = {table.name: table for table in MARTS}
    connection.begin()
    for schema in BUILT_SCHEMAS[1:]:
        connection.execute(f"drop schema if exists {schema} cascade")
        connection.execute(f"create schema {schema}")
        for place in sorted((folder / f"{schema}.db").glob("*")):
            if any(place.glob("*.parquet")):
                table = declared.get(place.name) or Table(schema, place.name)
                connection.execute(_view_statement(table, place))
                if place.name == "int_messages__extracted":
                    connection.execute(read_sql("create_own_messages"))
    connection.commit()


def _view_statement(table: Table, place: Path) -> str:
    is_declared = table.schema not in BUILT_SCHEMAS or table in MARTS
    columns = ", ".join(f"{name.name}::{name.type} as {name.name}" for name in table.columns) if is_declared else "*"
    files = str(place / "*.parquet").replace("'", "''")
    return (
        f"create or replace view {table.qualified_name} as "  # noqa: S608 - names of contracts and dbt
        f"select {columns} from read_parquet('{files}', hive_partitioning = false)"
    )


def _move_to_spark(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write the events as the first load, and replace the tables that Spark will build."""
    _remove_tables(folder)
    landed, events = load_folder(folder, 0), events_folder(folder, 0)
    connection.begin()
    try:
        _write_rows(connection, read_sql("select_landed_rows"), landed)
        _write_rows(connection, _SELECT_EVENTS, events)
        connection.execute(read_sql("move_to_spark"))
        show_events(connection, folder, 0)
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


def _write_rows(connection: duckdb.DuckDBPyConnection, query: str, place: Path) -> None:
    """Write the rows of a query durably, as the only file of a folder."""
    make_folder(place)
    file = str(place / _ROWS_FILE).replace("'", "''")
    connection.execute(f"copy ({query}) to '{file}' (format parquet)")
    sync_path(place / _ROWS_FILE)
    sync_path(place)


def _move_to_duckdb(connection: duckdb.DuckDBPyConnection) -> bool:
    """Copy the events into the warehouse; return False if their files are gone, so that all have to be loaded again."""
    connection.begin()
    try:
        connection.execute("create table raw.moved_events as from raw.events")
        is_whole = True
    except duckdb.IOException:  # the files of the view are gone
        connection.rollback()
        connection.begin()
        columns = ", ".join(f"{column.name} {column.type}" for column in RAW_EVENTS.columns)
        connection.execute(f"create table raw.moved_events ({columns})")
        connection.execute("truncate raw.segments")
        is_whole = False
    connection.execute(read_sql("move_to_duckdb"))
    connection.commit()
    return is_whole


def _remove_tables(folder: Path) -> None:
    """Remove what Turret has written to the folder of Spark's tables, and nothing else."""
    for name in _OWN_FOLDERS:
        shutil.rmtree(folder / name, ignore_errors=True)
