"""Dagster's record of its runs, written without waiting for the disk at every event.

Dagster opens and closes a SQLite file for every event of a run. The last connection that closes folds the file's
journal back with several fsyncs, and every commit syncs once more: a run of some hundred events then waits longer for
the disk than it works. One connection that stays open, and `synchronous=NORMAL` (https://sqlite.org/pragma.html), take
both away. A power cut may lose the last moments of a run's log, never the file; the data itself is not kept there.
"""

from __future__ import annotations

import sqlite3
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import Engine, event

if TYPE_CHECKING:
    from pathlib import Path


@cache
def spare_the_disk(dagster_home: Path) -> None:
    """Let every SQLite file below `dagster_home` that this process opens from now on be written so.

    Only files of that folder: the projects database beside it keeps its full durability.
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
