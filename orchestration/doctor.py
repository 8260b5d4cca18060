"""Read every file of a home, and say what is damaged and what to do; `examine` is the entry point. It changes nothing.

`turret status` looks at times, sizes and reports. This reads the contents: each landed file is decompressed to its
end, each database is opened and each of its tables read.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import duckdb

from contracts.file_locks import unlocked
from contracts.home import WAL_SUFFIX, Home
from contracts.tables import MARTS, RAW_SEGMENTS
from orchestration.ingest.line_reader import is_whole
from orchestration.ingest.segments import list_segments
from orchestration.warehouse.resource import is_held
from projects.database import NEWEST_REVISION, open_projects
from projects.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from contracts.settings import Settings

    Verdict = Literal["ok", "warning", "damaged"]

MAX_NAMED: Final = 3
"""So many files are named in a sentence; of more, the number is said."""
MIN_FREE_BYTES: Final = 2**30
_GROUP_AND_OTHERS: Final = 0o077
_IN_USE: Final = "a run is writing it now, so it was not read; examine it again afterwards"


@dataclass(frozen=True)
class Finding:
    """What was found out about one part of a home.

    Attributes:
        part: the part, in a word or two.
        verdict: `ok`; `warning` if nothing is lost but somebody should act; `damaged` if a file cannot be read.
        sentence: what was found, and what to do.
    """

    part: str
    verdict: Verdict
    sentence: str


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield what is found out about each part of the home, from the events' first file to the published marts.

    Args:
        settings: the installation's settings.
    """
    home = Home(settings.home)
    if not home.root.is_dir():
        yield Finding("Home", "damaged", f"{home.root} does not exist; set TURRET_HOME, or restore a backup there.")
        return
    yield from _folder(home)
    yield _projects(settings, home)
    yield _write_ahead(home)
    yield _landed(home)
    yield _quarantined(home)
    yield _warehouse(home)
    yield _published(home)


def _folder(home: Home) -> Iterator[Finding]:
    mode = home.root.stat().st_mode & 0o777
    if mode & _GROUP_AND_OTHERS:
        sentence = (
            f"others on this machine may open {home.root} (mode {mode:o}); `chmod 700 {home.root}` keeps them out."
        )
        yield Finding("Home", "warning", sentence)
    else:
        yield Finding("Home", "ok", f"only its owner may open {home.root}")
    free, largest = shutil.disk_usage(home.root).free, home.warehouse.stat().st_size if home.warehouse.exists() else 0
    wanted = max(MIN_FREE_BYTES, 2 * largest)
    sentence = f"{free / 2**30:,.1f} GiB are free"
    if free < wanted:
        sentence += f"; a run that rewrites the warehouse needs {wanted / 2**30:,.1f} GiB. Free some, or move the home."
    yield Finding("Disk", "warning" if free < wanted else "ok", sentence)


def _projects(settings: Settings, home: Home) -> Finding:
    if not settings.database_url:
        return _sqlite(home.projects_database)
    try:
        with open_projects(settings) as projects:
            n_projects = len(projects.list_projects())
    except DatabaseError as error:
        return Finding("Projects", "damaged", str(error))
    return Finding("Projects", "ok", f"{n_projects:,} in the database of TURRET_DATABASE_URL")


def _sqlite(file: Path) -> Finding:
    if not file.exists():
        return Finding("Projects", "ok", "there is none yet; `turret project create NAME` makes one")
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
            damage = [row for (row,) in connection.execute("pragma integrity_check(3)") if row != "ok"]
            [(revision,)] = connection.execute("select version_num from alembic_version")
            [(n_projects,)] = connection.execute("select count(*) from projects where deleted_at is null")
    except sqlite3.OperationalError as error:  # such as a full disk, which keeps even readers out
        sentence = f"{file} cannot be read now ({error}); see to the disk and to permissions, and examine it again."
        return Finding("Projects", "warning", sentence)
    except (sqlite3.DatabaseError, ValueError) as error:
        damage = [str(error)]
    if damage:
        return Finding("Projects", "damaged", f"{file} is damaged ({damage[0]}); restore it from a backup.")
    if revision > NEWEST_REVISION:
        sentence = f"{file} is of a newer Turret (migration {revision}); install that version again."
        return Finding("Projects", "warning", sentence)
    return Finding("Projects", "ok", f"{n_projects:,} in {file}")


def _write_ahead(home: Home) -> Finding:
    files = sorted(home.wal.glob(f"*{WAL_SUFFIX}"))
    damaged = sorted(home.quarantine.glob("wal/*.damaged"))
    if damaged:
        sentence = (
            f"{_named(damaged)} in {home.quarantine / 'wal'}: a disk or another program damaged lines of write-ahead "
            "files. Whole lines were kept as events; remove the files once you have looked at them."
        )
        return Finding("Write-ahead", "warning", sentence)
    return Finding(
        "Write-ahead", "ok", f"{_counted(len(files), 'open file')}; a collector seals those of processes that ended"
    )


def _landed(home: Home) -> Finding:
    segments = list_segments(home.landing)
    torn = [segment.path for segment in segments if not is_whole(segment.path)]
    known = {segment.path for segment in segments}
    strange = sorted(path for path in home.landing.rglob("*") if path.is_file() and path not in known)
    if torn:
        sentence = (
            f"{_named(torn)} of {len(segments):,} landed files cannot be decompressed to the end. Restore them from a "
            "backup or from TURRET_LANDING_URL; what can be read of them stays in the marts."
        )
        return Finding("Landed", "damaged", sentence)
    if strange:
        sentence = f"{_named(strange)} in {home.landing} does not have the name of a landed file, so nothing loads it."
        return Finding("Landed", "warning", sentence)
    n_bytes = sum(segment.n_bytes for segment in segments)
    return Finding("Landed", "ok", f"{_counted(len(segments), 'file')} ({n_bytes / 2**20:,.1f} MiB), all whole")


def _quarantined(home: Home) -> Finding:
    files = [path for path in home.quarantine.rglob("*") if path.is_file()]
    if not files:
        return Finding("Quarantine", "ok", "empty")
    sentence = (
        f"{_counted(len(files), 'file')} with lines that could not be read, each with its reason, in {home.quarantine}"
    )
    return Finding("Quarantine", "warning", sentence)


def _warehouse(home: Home) -> Finding:
    if not home.warehouse.exists():
        return Finding("Warehouse", "ok", "there is none yet; the first `turret run` makes it")
    with unlocked(home.warehouse_lock) as is_free:
        if not is_free:
            return Finding("Warehouse", "ok", _IN_USE)
        try:
            with duckdb.connect(home.warehouse, read_only=True) as connection:
                n_tables = _read_tables(connection)
                rows = connection.execute(f"select segment from {RAW_SEGMENTS.qualified_name}").fetchall()  # noqa: S608 - a contract's
        except duckdb.Error as error:
            if is_held(error):
                sentence = f"{home.warehouse} is open in another program; close it there, and examine again."
                return Finding("Warehouse", "warning", sentence)
            sentence = (
                f"{home.warehouse} cannot be read: {_first_line(error)} Restore it from a backup; or remove it and "
                "`turret run`, which loads all landed files again and finds new topics."
            )
            return Finding("Warehouse", "damaged", sentence)
    landed = {segment.name for segment in list_segments(home.landing)}
    loaded = {name for (name,) in rows}
    if gone := sorted(loaded - landed):
        sentence = (
            f"{_counted(len(gone), 'loaded file')} no longer in {home.landing} (first: {gone[0]}). The marts still "
            "have the events, but a warehouse that is built again would not."
        )
        return Finding("Warehouse", "warning", sentence)
    return Finding(
        "Warehouse",
        "ok",
        f"{n_tables:,} tables read; {_counted(len(landed - loaded), 'landed file')} waiting for a run",
    )


def _published(home: Home) -> Finding:
    if not home.published.is_symlink():
        return Finding("Published", "ok", "nothing yet; `turret run` publishes")
    try:
        with duckdb.connect(home.published.resolve(strict=True), read_only=True) as connection:
            n_tables = _read_tables(connection)
            query = "select schema_name || '.' || table_name from duckdb_tables()"
            missing = {table.qualified_name for table in MARTS} - {
                name for (name,) in connection.execute(query).fetchall()
            }
    except (OSError, duckdb.Error) as error:
        sentence = f"{home.published} cannot be read: {_first_line(error)} `turret run --force` publishes again."
        return Finding("Published", "damaged", sentence)
    if missing:
        sentence = f"{min(missing)} is missing, as after an upgrade; the next `turret run` publishes it."
        return Finding("Published", "warning", sentence)
    return Finding("Published", "ok", f"{n_tables:,} tables read, version {home.published.resolve().stem}")


def _read_tables(connection: duckdb.DuckDBPyConnection) -> int:
    """Read every column of every table, which DuckDB compares with its checksums; return the number of tables."""
    tables = connection.execute("select schema_name, table_name from duckdb_tables() where not internal").fetchall()
    for schema, table in tables:
        quoted = ".".join(f'"{name.replace(chr(34), chr(34) * 2)}"' for name in (schema, table))
        connection.execute(f"select count(columns(*)) from {quoted}").fetchall()  # noqa: S608 - quoted names
    return len(tables)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _named(paths: list[Path]) -> str:
    names = ", ".join(path.name for path in paths[:MAX_NAMED])
    return names if len(paths) <= MAX_NAMED else f"{names} and {len(paths) - MAX_NAMED:,} more"


def _first_line(error: Exception) -> str:
    first = str(error).partition("\n")[0].rstrip(".")
    return f"{first}."
