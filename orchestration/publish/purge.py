"""Rewrite what still has the bytes of erased events after the marts without them are published.

Databases keep deleted rows in free pages until the file is rewritten. So the warehouse is copied, row by row, into a
new file, and older published files are removed. `orchestration.ingest.erasure.landed` has the first half of an erasure.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

import duckdb

from contracts.durable_files import sync_path
from orchestration.errors import ErasureError
from orchestration.publish.published_file import quoted, remove_older
from orchestration.warehouse.memory_limit import memory_limit
from orchestration.warehouse.resource import STORAGE_VERSION
from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    from pathlib import Path

    from contracts.home import Home
    from orchestration.warehouse.resource import Warehouse
    from projects.repository import Projects

_WORK_TABLES: Final = (
    "select schema_name || '.' || table_name from duckdb_tables() "
    "where schema_name = 'intermediate' and regexp_matches(table_name, '__(touched|reached|pending)$') order by all"
)
"""What a run has to build again, with the ids of erased events; each run fills them again."""
_TABLES: Final = "select schema_name || '.' || table_name from duckdb_tables() where database_name = ? order by all"


def purge_erased(home: Home, warehouse: Warehouse, projects: Projects, run_id: str) -> int:
    """Finish the erasures that a run has begun, and the removal by age; return the number of erasures.

    Raises:
        ErasureError: the copy of the warehouse is not complete. The warehouse stays as it is; the next run tries again.
        DatabaseError: the projects database cannot be written; the same.
    """
    begun = [erasure for erasure in projects.erasures.list(only_open=True) if erasure.begun_at is not None]
    retentions = (projects.retention, projects.text_retention)
    if not begun and not any(retention.begun() for retention in retentions):
        return 0
    with warehouse.connect() as connection:
        connection.begin()
        events = connection.execute(read_sql("list_erased_events")).fetchall()
        connection.execute(read_sql("delete_erased"))
        for (table,) in connection.execute(_WORK_TABLES).fetchall():
            connection.execute(f"delete from {table}")  # noqa: S608 - a name of dbt
        connection.commit()
    warehouse.close()
    _rewrite(home.warehouse)
    remove_older(home)
    projects.erasures.finish([erasure.erasure_id for erasure in begun], run_id, events)
    for retention in retentions:
        retention.finish()
    return len(begun)


def _rewrite(path: Path) -> None:
    """Copy a database into a new file, without free pages, and put it in the place of the old one."""
    copy = path.with_suffix(".rewritten")
    copy.unlink(missing_ok=True)
    with duckdb.connect(config={"memory_limit": memory_limit()}) as connection:
        # Under its own name, by which its views refer to their tables.
        connection.execute(f"attach {quoted(path)} as warehouse (read_only)")
        connection.execute(f"attach {quoted(copy)} as rewritten (storage_version '{STORAGE_VERSION}')")
        connection.execute("copy from database warehouse to rewritten")
        if _count_rows(connection, "warehouse") != _count_rows(connection, "rewritten"):
            raise ErasureError(f"The copy of {path} has other tables or rows than the original; it was not used.")
        connection.execute("detach rewritten")
    sync_path(copy)
    copy.replace(path)
    sync_path(path.parent)
    shutil.rmtree(path.with_name(f"{path.name}.tmp"), ignore_errors=True)


def _count_rows(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, int]:
    tables = [name for (name,) in connection.execute(_TABLES, [database]).fetchall()]
    counted = {name: connection.execute(f"select count(*) from {database}.{name}").fetchall() for name in tables}  # noqa: S608 - names of tables
    return {name: n_rows for name, ((n_rows,),) in counted.items()}
