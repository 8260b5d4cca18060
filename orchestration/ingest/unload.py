"""Landed files out of `raw` again, so that loading takes them anew: for a backfill, and after rows were released.

A landed file never changes and loading does not mind in which order files come, so that forgetting and loading again
gives the same rows. A crash in between costs nothing: what is forgotten is loaded by the next run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    from collections.abc import Collection

    import duckdb


def forget_segments(connection: duckdb.DuckDBPyConnection, names: Collection[str]) -> None:
    """Take the rows and the marks of files out of `raw`; only of files that lie in the landing folder still."""
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
