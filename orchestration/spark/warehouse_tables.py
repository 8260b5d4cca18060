"""Tables of the DuckDB warehouse that Spark reads: small ones, which Python writes, as Parquet files."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from contracts.tables import RAW_EVENTS
from orchestration.warehouse.engine_tables import BUILT_SCHEMAS, events_folder, version_of

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


def remove_models(folder: Path) -> None:
    """Remove the tables that dbt has built in an earlier run."""
    for schema in BUILT_SCHEMAS:
        shutil.rmtree(folder / f"{schema}.db", ignore_errors=True)
        (folder / f"{schema}.db").mkdir(parents=True)


def spark_columns(table: Table) -> str:
    """Return the columns of a table as Spark declares them."""
    return ", ".join(f"`{name}` {_TYPES.get(of, of)}" for name, of in _columns(table))


def _columns(table: Table) -> list[tuple[str, str]]:
    return [(column.name, column.type) for column in table.columns]
