"""Remove landed files from `raw`, so that they are loaded again: for a backfill, and after rows were released.

A landed file never changes, and the order of loading does not matter, so loading again gives the same rows. A crash in
between is harmless: the next run loads what was removed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    from collections.abc import Collection

    import duckdb


def forget_segments(connection: duckdb.DuckDBPyConnection, names: Collection[str]) -> None:
    """Delete the rows and the marks of files from `raw`, only for files that are still in the landing folder."""
    connection.register("forgotten", pa.table({"segment": pa.array(sorted(names), pa.string())}))
    connection.begin()
    try:
        connection.execute(read_sql("forget_segments"))
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    finally:
        connection.unregister("forgotten")
