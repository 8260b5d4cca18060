"""The tables that Spark holds, as views of the warehouse over their files; and the switch from one engine to the other.

The schema `spark` exists in a warehouse if Spark holds its events. It says where, and which load has the rows of each
segment. So each stage finds the engine that holds the tables, whatever the settings say.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

import duckdb

from contracts.durable_files import make_folder, sync_path, write_file
from contracts.home import Home
from contracts.tables import MARTS, MARTS_SCHEMA, RAW_EVENTS, Table
from orchestration.errors import SparkFolderError
from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

BUILT_SCHEMAS: Final = ("staging", "intermediate", MARTS_SCHEMA)
"""Schemas of dbt's models."""
BY_DAY: Final = "__by_day"
"""How the name of a table ends that dbt keeps in partitions, `part=<day>/run=<number>`; its model is a view of it."""
LANDED: Final = "landed"
"""The folder of loaded rows: one folder for each load, `load=<number>`."""
_OWN_FOLDERS: Final = (LANDED, *(f"{schema}.db" for schema in ("raw", "ml", "ops", "state", "known", *BUILT_SCHEMAS)))
_OWNER_FILE: Final = "turret-home"
"""Names the home whose tables a folder has, so that none removes those of another."""
_SELECT_EVENTS: Final = (  # Spark has no JSON type
    "select * replace (metadata::varchar as metadata), project_id as project, occurred_at::date as day from raw.events"
)
_ROWS_FILE: Final = "rows.parquet"
_NO_ROWS_FILE: Final = "no_rows.parquet"
"""Beside the partitions of `raw.events`: the columns, so that the view of no events has them."""


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
    elif not any(events_folder(folder, version_of(connection)).rglob("*.parquet")):
        # Somebody has removed it. The next load writes it again; until then, there are no events.
        _own(connection, folder)
        _write_rows(connection, _no_events(), events_folder(folder, version_of(connection)) / _ROWS_FILE)


def _own(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Mark the folder as that of this home, unless others have tables in it."""
    ((warehouse,),) = connection.execute("select path from duckdb_databases() where not internal").fetchall()
    owner, mark = folder / _OWNER_FILE, Home(Path(warehouse).parent).mark
    # Spark makes the folders of its schemas when it starts, which may be before the first load: those are empty.
    taken = [name for name in _OWN_FOLDERS if any((folder / name).glob("*"))]
    if taken and not (owner.exists() and owner.read_text(encoding="ascii") == mark):
        raise SparkFolderError(
            f"TURRET_SPARK_WAREHOUSE is {str(folder)!r}, where {taken[0]} belongs to another home or program; "
            "allowed is a folder of its own."
        )
    make_folder(folder)
    write_file(owner, mark.encode())


def _no_events() -> str:
    """Return a query of no events, with the types of their files."""
    types = ((column.name, "varchar" if column.type == "JSON" else column.type) for column in RAW_EVENTS.columns)
    return f"select {', '.join(f'null::{of} as {name}' for name, of in types)} limit 0"


def folder_of(connection: duckdb.DuckDBPyConnection) -> Path:
    """Return the folder of Spark's tables."""
    ((folder,),) = connection.execute("select folder from spark.state").fetchall()
    return Path(folder)


def version_of(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the number of the load after which `raw.events` was last written."""
    ((version,),) = connection.execute("select version from spark.state").fetchall()
    return int(version)


def events_folder(folder: Path, version: int) -> Path:
    """Return the folder with the rows of `raw.events` after a load, `project=<id>/day=<date>/*.parquet`."""
    return folder / "raw.db" / RAW_EVENTS.name / f"version={version}"


def partitions_of(events: Path) -> dict[tuple[str, str], Path]:
    """Return the folder of each partition of such a folder, by project_id and date."""
    return {
        (unquote(place.parent.name.partition("=")[2]), place.name.partition("=")[2]): place
        for place in events.glob("project=*/day=*")
    }


def is_partitioned(events: Path) -> bool:
    """Return whether such a folder has all events in partitions, so that the next load need not write all again."""
    return (events / _NO_ROWS_FILE).exists()


def write_partitioned(connection: duckdb.DuckDBPyConnection, place: Path, kept: Mapping[str, Path]) -> None:
    """Complete the folder of a version of `raw.events`, durably: the partitions that did not change, and the columns.

    Args:
        connection: to any database.
        place: the folder, with the partitions that were written.
        kept: the other partitions, by their place in the folder. Their files are linked, or copied where the file
            system has no links.
    """
    for name, partition in kept.items():
        (place / name).mkdir(parents=True)
        for file in partition.glob("*.parquet"):
            try:
                os.link(file, place / name / file.name)
            except OSError:
                shutil.copyfile(file, place / name / file.name)
    _write_rows(connection, _no_events(), place / _NO_ROWS_FILE)
    for path in place.rglob("*"):
        sync_path(path)


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
            if any(place.rglob("*.parquet")):
                name = place.name.removesuffix(BY_DAY)
                connection.execute(_view_statement(declared.get(name) or Table(schema, name), place))
    show_messages(connection)
    connection.commit()


def show_messages(connection: duckdb.DuckDBPyConnection) -> None:
    """Make views of the messages and comments that have topics, once dbt has built both."""
    if has_messages(connection):
        connection.execute(read_sql("create_own_messages"))


def has_messages(connection: duckdb.DuckDBPyConnection) -> bool:
    """Return whether dbt has built the tables of messages and of comments."""
    return connection.execute(read_sql("count_message_tables")).fetchall() == [(2,)]


def _view_statement(table: Table, place: Path) -> str:
    is_declared = table.schema not in BUILT_SCHEMAS or table in MARTS
    columns = ", ".join(f"{name.name}::{name.type} as {name.name}" for name in table.columns) if is_declared else "*"
    files = str(place / "**" / "*.parquet").replace("'", "''")
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
        _write_rows(connection, read_sql("select_landed_rows"), landed / _ROWS_FILE)
        make_folder(events)
        target = str(events).replace("'", "''")
        partitioned = "format parquet, partition_by (project, day), overwrite_or_ignore"
        connection.execute(f"copy ({_SELECT_EVENTS}) to '{target}' ({partitioned})")
        write_partitioned(connection, events, {})
        connection.execute(read_sql("move_to_spark"))
        show_events(connection, folder, 0)
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


def _write_rows(connection: duckdb.DuckDBPyConnection, query: str, file: Path) -> None:
    """Write the rows of a query durably, as a file of a folder that may not exist yet."""
    make_folder(file.parent)
    target = str(file).replace("'", "''")
    connection.execute(f"copy ({query}) to '{target}' (format parquet)")
    sync_path(file)
    sync_path(file.parent)


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
