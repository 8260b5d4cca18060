"""Tables of the DuckDB warehouse that Spark reads: small ones, which Python writes, as Parquet files."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from pyarrow import parquet

from contracts.durable_files import sync_path, write_file
from contracts.tables import RAW_EVENTS
from orchestration.warehouse.engine_tables import BUILT_SCHEMAS, BY_DAY, events_folder, version_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import duckdb
    from pyspark.sql import SparkSession

    from contracts.tables import Table

_TYPES = {
    "VARCHAR": "string",
    "VARCHAR[]": "array<string>",
    "FLOAT[]": "array<float>",
    "JSON": "string",
    "TIMESTAMP": "timestamp_ntz",
}
"""Spark's names of declared types, where they differ from DuckDB's."""
_MADE_BY = "made_by.json"
"""In the folder of `state`: the SQL and the settings with which dbt has built everything."""


def copy_tables(
    connection: duckdb.DuckDBPyConnection, session: SparkSession, tables: Iterable[Table], folder: Path
) -> None:
    """Write tables of the warehouse as Parquet, and declare them in Spark's catalog in place of those of before.

    Args:
        connection: to the warehouse.
        session: whose catalog has the tables' schemas as databases.
        tables: the tables to copy; each is one file, so they should be small.
        folder: where the files go: `<schema>.db/<table>/`, as Spark names them.
    """
    for table in tables:
        place = folder / f"{table.schema}.db" / table.name
        session.sql(f"drop table if exists {table.qualified_name}")
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        rows = connection.table(table.qualified_name).project(
            ", ".join(_expression(name, of) for name, of in _columns(table))
        )
        rows.write_parquet(str(place / "rows.parquet"), compression="zstd")
        session.sql(f"create table {table.qualified_name} ({spark_columns(table)}) using parquet location '{place}'")


def _expression(name: str, of: str) -> str:
    return f"cast({name} as varchar) as {name}" if of == "JSON" else name


def hand_over(
    connection: duckdb.DuckDBPyConnection, session: SparkSession, folder: Path, sources: Iterable[Table]
) -> None:
    """Let dbt read its `sources` on Spark: those that the driver writes are copied, `raw.events` is there already."""
    copy_tables(connection, session, [table for table in sources if table != RAW_EVENTS], folder)
    place = events_folder(folder, version_of(connection))
    events = RAW_EVENTS.qualified_name
    session.sql(f"drop table if exists {events}")
    columns = f"{spark_columns(RAW_EVENTS)}, project string, day date"
    session.sql(f"create table {events} ({columns}) using parquet partitioned by (project, day) location '{place}'")
    session.sql(f"msck repair table {events}")


def declare_models(session: SparkSession, folder: Path, made_by: str) -> None:
    """Declare the tables that dbt can change in part, as the last run left them; remove all others.

    All are removed if that run did not build everything, or with another SQL or other settings than `made_by`: then
    this run builds everything. What it knew is moved away, so it does not hold for a run after this one.
    """
    known, state = folder / "known.db", folder / "state.db"
    is_known = (state / _MADE_BY).exists() and (state / _MADE_BY).read_text(encoding="utf-8") == made_by
    shutil.rmtree(known, ignore_errors=True)
    if is_known:
        state.rename(known)
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir()
    for schema in (*BUILT_SCHEMAS, "state"):  # an earlier attempt of this run may have declared some
        for row in session.sql(f"show tables in {schema}").where("not isTemporary").collect():
            kind = session.catalog.getTable(f"{schema}.{row.tableName}").tableType
            session.sql(f"drop {'view' if kind == 'VIEW' else 'table'} {schema}.{row.tableName}")
    for schema in BUILT_SCHEMAS:
        for place in sorted((folder / f"{schema}.db").glob("*")):
            name = f"{schema}.{place.name}"
            if is_known and place.name.endswith(BY_DAY) and any(place.glob("part=*/run=*")):
                session.sql(f"create table {name} using parquet location '{place}'")
                session.sql(f"msck repair table {name}")
                model = name.removesuffix(BY_DAY)
                session.sql(f"create view {model} as select * except (part, run) from {name}")  # noqa: S608 - dbt's names
            else:
                shutil.rmtree(place)
    for place in sorted(known.glob("*/")):
        session.sql(f"create table state.{place.name} using parquet location '{place}'")


def forget_models(folder: Path) -> None:
    """Let the next run build everything."""
    shutil.rmtree(folder / "state.db", ignore_errors=True)


def keep_models(session: SparkSession, folder: Path, made_by: str) -> None:
    """Remove the files of partitions that a successful build has replaced; let the models be known if it built all."""
    for schema in BUILT_SCHEMAS:
        for place in sorted((folder / f"{schema}.db").glob(f"*{BY_DAY}")):
            name = f"{schema}.{place.name}"
            held = {place / row.partition for row in session.sql(f"show partitions {name}").collect()}
            for partition in place.glob("part=*/run=*"):
                if partition not in held:
                    shutil.rmtree(partition)
            columns = place / "no_rows.parquet"
            columns.unlink(missing_ok=True)
            if not held:
                parquet.write_table(session.table(name.removesuffix(BY_DAY)).toArrow(), columns)
    state = folder / "state.db"
    if (state / "progress").exists():
        for path in folder.glob("*.db/**/*"):
            sync_path(path)
        write_file(state / _MADE_BY, made_by.encode())


def spark_columns(table: Table) -> str:
    """Return the columns of a table as Spark declares them."""
    return ", ".join(f"`{name}` {_TYPES.get(of, of)}" for name, of in _columns(table))


def _columns(table: Table) -> list[tuple[str, str]]:
    return [(column.name, column.type) for column in table.columns]
