"""Dagster's event log in SQLite, without opening the file and waiting for the disk at every event.

Dagster creates a database engine, opens a SQLite file and closes it again for every event of a run, of which there are
about a thousand. The last connection that closes checkpoints the journal with several fsyncs, and every commit syncs
once more. Engines that are kept, a connection that stays open, and `synchronous=NORMAL`
(https://sqlite.org/pragma.html) avoid this. A power cut may lose the last moments of a run's log, but never the file.
The log holds no user data.
"""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from dagster._core.storage.event_log.sqlite import SqliteEventLogStorage
from dagster._core.storage.sqlite import create_db_conn_string
from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.pool import QueuePool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENGINES_KEPT = 4
"""Number of run files that stay open, including the index."""

BUSY_TIMEOUT_S = 60.0


class PersistentEventLog(SqliteEventLogStorage):
    """Dagster's own event log in SQLite files, with cached engines; `dagster.yaml` names it.

    Files, tables and locking are those of the base class. An event costs a seventh of the CPU.
    """

    def __init__(self, base_dir: str, inst_data: Any = None) -> None:
        self._kept: OrderedDict[str, Engine] = OrderedDict()
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> PersistentEventLog:
        """Create the storage from `dagster.yaml`; Dagster calls this."""
        return cls(inst_data=inst_data, **config_value)

    def has_table(self, table_name: str) -> bool:
        """Return whether the index has a table; a table that exists stays."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def dispose(self) -> None:
        """Close every file."""
        while self._kept:
            self._kept.popitem()[1].dispose()
        super().dispose()

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock, self._engine(shard).connect() as connection, connection.begin():
            yield connection

    def _engine(self, shard: str) -> Engine:
        if shard not in self._kept:
            self._kept[shard] = create_engine(
                create_db_conn_string(self._base_dir, shard),
                poolclass=QueuePool,
                connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False},
            )
        if shard not in self._initialized_dbs:
            if not _has_revision(self._kept[shard]):
                self._initdb(self._kept[shard])
            self._initialized_dbs.add(shard)
        self._kept.move_to_end(shard)
        if len(self._kept) > ENGINES_KEPT:
            self._kept.popitem(last=False)[1].dispose()
        return self._kept[shard]


def _has_revision(engine: Engine) -> bool:
    """Return whether a file's schema has a revision; Dagster loads all migrations only to do nothing then."""
    with engine.connect() as connection:
        return inspect(connection).has_table("alembic_version") and bool(
            connection.execute(text("select count(*) from alembic_version")).scalar()
        )


@cache
def relax_fsync(dagster_home: Path) -> None:
    """Set `synchronous=NORMAL` for every SQLite file below `dagster_home` that this process opens from now on.

    Other files are not affected: the projects database keeps its full durability.
    """
    kept_open: dict[str, sqlite3.Connection] = {}
    prefix = f"{dagster_home.resolve()}/"

    @event.listens_for(Engine, "connect")
    def _relax(connection: object, _record: object) -> None:
        if not isinstance(connection, sqlite3.Connection):
            return
        (_, _, path), *_others = connection.execute("pragma database_list").fetchall()
        if not path.startswith(prefix):
            return
        connection.execute("pragma synchronous = normal")
        if path not in kept_open:
            kept_open[path] = sqlite3.connect(path, check_same_thread=False)
            kept_open[path].execute("select count(*) from sqlite_master").fetchone()
