"""Rows and columns of dbt's relations, for Dagster.

dagster-dbt can collect the same, but only through dbt's adapter in this process, which costs as much as a small run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dagster as dg

from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import duckdb

    from contracts.tables import Table

Metadata = dict[str, Any]


def count_rows(connection: duckdb.DuckDBPyConnection, table: Table) -> Metadata:
    """Return how many rows a table of the contract has now."""
    return {"dagster/row_count": _count(connection, table.qualified_name)}


def describe(
    connection: duckdb.DuckDBPyConnection,
    keys: Iterable[dg.AssetKey],
    descriptions: Mapping[tuple[str, str], str],
) -> dict[dg.AssetKey, Metadata]:
    """Return the row count and the columns of each relation `schema/name` that the warehouse has.

    Args:
        connection: a connection to the warehouse.
        keys: the relations' asset keys.
        descriptions: descriptions of columns, by the names of relation and column.
    """
    columns: dict[tuple[str, str], list[dg.TableColumn]] = {}
    for schema, relation, column, type_name in connection.execute(read_sql("describe_relations")).fetchall():
        described = dg.TableColumn(column, type_name, descriptions.get((relation, column)))
        columns.setdefault((schema, relation), []).append(described)
    return {
        key: {
            "dagster/row_count": _count(connection, ".".join(place)),
            "dagster/column_schema": dg.TableSchema(columns=columns[place]),
        }
        for key in keys
        if (place := (key.path[0], key.path[-1])) in columns
    }


def _count(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    (n_rows,) = next(iter(connection.execute(f"select count(*) from {name}").fetchall()), (0,))  # noqa: S608 - names of our own
    return int(n_rows)
