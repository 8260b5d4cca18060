"""Open the projects database and migrate it to the newest version; `open_projects` is the entry point."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from contracts.file_locks import lock_file
from contracts.home import Home
from projects.errors import DatabaseError
from projects.repository import Projects
from projects.transactions import WRITES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contracts.settings import Settings

NEWEST_REVISION = "0023"
"""The last migration; a test compares it with the files. It is here to avoid importing Alembic at every start."""

BUSY_TIMEOUT_MS = 10_000
POSTGRES_LOCK = 0x7475727265742031
"""A number for pg_advisory_lock that nothing else uses: “turret 1” in ASCII."""


def open_projects(settings: Settings) -> Projects:
    """Open the projects database; create and migrate it if needed. Any number of processes may do so at once.

    Raises:
        DatabaseError: the address is wrong, or the database cannot be reached, read or migrated, or is of a newer
            Turret.
    """
    engine = _connectable(settings)
    try:
        _migrate(engine)
    except DatabaseError:
        engine.dispose()
        raise
    except (SQLAlchemyError, OSError) as error:
        engine.dispose()
        raise DatabaseError(f"The projects database {_shown(engine)} cannot be opened: {_reason(error)}.") from error
    return Projects(engine)


def _connectable(settings: Settings) -> Engine:
    """Create the engine and SQLite's folder; nothing is connected yet."""
    try:
        engine = create_engine(_address(settings), pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as error:
        # The port is not shown: it may be a piece of a password.
        reason = "its port is not a number" if isinstance(error, ValueError) else _reason(error)
        raise DatabaseError(
            "TURRET_DATABASE_URL is not a valid address; allowed is sqlite:///<file> or "
            f"postgresql+psycopg://<user>:<password>@<host>/<database> ({reason})."
        ) from None
    if engine.dialect.name == "sqlite":
        _make_folder(engine)
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _address(settings: Settings) -> str | URL:
    """Return the configured address, or SQLite's file in the home, whose path may contain `?`, `#` and `%`."""
    if settings.database_url:
        return settings.database_url
    return URL.create("sqlite", database=str(Home(settings.home).projects_database))


def _make_folder(engine: Engine) -> None:
    if not engine.url.database or engine.url.database == ":memory:":
        raise DatabaseError("TURRET_DATABASE_URL is SQLite in memory, which processes cannot share; name a file.")
    folder = Path(engine.url.database).parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # mostly the home, which will hold what people say
        _create_private(Path(engine.url.database))
    except OSError as error:
        raise DatabaseError(f"The folder {str(folder)!r} cannot be created: {error.strerror}.") from error


def _create_private(path: Path) -> None:
    """Create the file for its owner only: it has secrets of alerts. SQLite's other files get the same permissions."""
    if not path.exists() and not str(path).startswith("file:"):
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    # The driver must not begin transactions by itself: _begin_sqlite does, and distinguishes readers from writers.
    connection.isolation_level = None
    for pragma in (f"busy_timeout={BUSY_TIMEOUT_MS}", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later fails at once when another wrote in between, whatever the
    # busy timeout. A writing transaction therefore says so at its start, and waits.
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _migrate(engine: Engine) -> None:
    revision = _revision(engine)
    if revision == NEWEST_REVISION:
        return
    if revision is not None and revision > NEWEST_REVISION:  # all are four digits
        raise DatabaseError(
            f"The projects database {_shown(engine)} was created by a newer Turret (its migration is "
            f"{revision}, this version knows {NEWEST_REVISION} at most); run the newer version, or set "
            f"TURRET_DATABASE_URL to another database."
        )
    with _one_at_a_time(engine), engine.connect().execution_options(**{WRITES: True}) as connection:
        from alembic import command  # noqa: PLC0415  # 0.3 s that a start without migration need not pay
        from alembic.config import Config  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()


def _revision(engine: Engine) -> str | None:
    """Return the database's migration; None before the first."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


@contextmanager
def _one_at_a_time(engine: Engine) -> Iterator[None]:
    """Hold the lock under which one process migrates; the others wait and find nothing left to do."""
    if engine.dialect.name == "sqlite":
        with lock_file(Path(f"{engine.url.database}.lock"), wait=True):
            _set_wal_mode(engine)
            yield
        return
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": POSTGRES_LOCK})
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": POSTGRES_LOCK})


def _set_wal_mode(engine: Engine) -> None:
    """Let readers and one writer work side by side. The file stores the mode, so this happens once, under the lock."""
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA journal_mode=WAL").close()
    finally:
        connection.close()


def _shown(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=True)


def _reason(error: BaseException) -> str:
    """Return the driver's message on one line, without SQL or parameters."""
    cause = getattr(error, "orig", None) or error
    return " ".join(str(cause).split()).rstrip(".")
