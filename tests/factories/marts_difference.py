"""What two warehouses do not have in common: the proof that two ways to the marts end in the same place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from contracts import tables

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa


def differing_marts(one: Path, two: Path, *, without: frozenset[str] = frozenset()) -> dict[str, int]:
    """How many rows only one of two warehouses has, by mart; marts that agree, and those `without`, are left out."""
    counts = {}
    for mart in (mart for mart in tables.MARTS if mart.name not in without):
        with duckdb.connect() as connection:
            connection.register("one", _rows(one, mart))
            connection.register("two", _rows(two, mart))
            differences = "(from one except all from two) union all (from two except all from one)"
            counts[mart.qualified_name] = len(connection.execute(differences).fetchall())
    return {name: n for name, n in counts.items() if n}


def _rows(warehouse: Path, mart: tables.Table) -> pa.Table:
    """Read by itself: a mart may be a view, which knows its tables only in the file in which it was made."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(f"from {mart.qualified_name}").to_arrow_table()
