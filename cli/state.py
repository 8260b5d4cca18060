"""The state of an installation, as far as it can be seen from outside."""

from __future__ import annotations

import fcntl
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cli.answering import addresses, answers, probe_url
from cli.errors import QueryError
from cli.published import open_published
from contracts.home import SEGMENT_SUFFIX, WAL_SUFFIX, Home
from contracts.tables import AGG_PIPELINE_RUNS, RAW_SEGMENTS
from expectations.report import GATES, read_report

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from contracts.settings import Settings

LAST_RUN_COLUMNS = "run_id, min(started_at), max(fresh_until), sum(n_rows_out), sum(n_duplicates), sum(n_rejected)"


@dataclass(frozen=True)
class PartState:
    """Whether a part answers at its address."""

    url: str
    is_answering: bool


@dataclass(frozen=True)
class LastRun:
    """The newest run that loaded something, over all projects. Times are UTC."""

    run_id: str
    started_at: datetime
    fresh_until: datetime | None
    n_loaded: int
    n_duplicates: int
    n_rejected: int


@dataclass(frozen=True)
class Freshness:
    """What readers see now. Times are UTC."""

    version: str
    published_at: datetime
    last_run: LastRun | None


@dataclass(frozen=True)
class Backlog:
    """Landed files, and how many of them no run has loaded yet; None while a run writes the warehouse."""

    n_landed: int
    n_waiting: int | None
    waiting_bytes: int | None


@dataclass(frozen=True)
class Files:
    """Some files together."""

    n_files: int
    n_bytes: int


@dataclass(frozen=True)
class Checks:
    """What the gates found when they last judged, one sentence each."""

    blocking: list[str]
    warnings: list[str]


@dataclass(frozen=True)
class State:
    """Everything that `turret status` shows."""

    home: str
    parts: dict[str, PartState]
    freshness: Freshness | None
    backlog: Backlog
    unsealed: Files
    quarantined: Files
    checks: Checks
    used_bytes: int
    free_bytes: int


def look_around(settings: Settings) -> State:
    """Look at ports, marts, warehouse and files; nothing is changed or made.

    Raises:
        QueryError: the published file is damaged.
        ReportError: what a gate found cannot be read.
    """
    home = Home(settings.home)
    return State(
        home=str(home.root),
        parts={name: PartState(url, answers(probe_url(name, url))) for name, url in addresses(settings).items()},
        freshness=_freshness(home) if home.published.exists() else None,
        backlog=_backlog(home),
        unsealed=_together(home.wal.glob(f"*{WAL_SUFFIX}")),
        quarantined=_together(path for path in home.quarantine.rglob("*") if not path.name.endswith(".reason.json")),
        checks=_checks(home),
        used_bytes=_together(home.root.rglob("*")).n_bytes,
        free_bytes=shutil.disk_usage(_nearest_folder(home.root)).free,
    )


def _checks(home: Home) -> Checks:
    reports = [report for gate in GATES if (report := read_report(home.checks, gate))]
    return Checks(
        blocking=[finding.summary for report in reports for finding in report.blocking],
        warnings=[finding.summary for report in reports for finding in report.warnings],
    )


def _freshness(home: Home) -> Freshness:
    file = home.published.resolve()
    newest = f"select {LAST_RUN_COLUMNS} from {AGG_PIPELINE_RUNS.name} group by run_id order by 2 desc limit 1"  # noqa: S608 - names of contracts
    with open_published(home) as marts:
        row = marts.execute(newest).fetchone()
    return Freshness(
        version=file.stem,
        published_at=datetime.fromtimestamp(file.stat().st_mtime, UTC).replace(tzinfo=None),
        last_run=None if row is None else LastRun(row[0], row[1], row[2], int(row[3]), int(row[4]), int(row[5])),
    )


def _backlog(home: Home) -> Backlog:
    landed = {path.relative_to(home.landing).as_posix(): path for path in home.landing.glob(f"*/*/*/*{SEGMENT_SUFFIX}")}
    loaded = _loaded_segments(home)
    if loaded is None:
        return Backlog(len(landed), None, None)
    waiting = _together(path for name, path in landed.items() if name not in loaded)
    return Backlog(len(landed), waiting.n_files, waiting.n_bytes)


def _loaded_segments(home: Home) -> set[str] | None:
    """Names of the landed files that the warehouse has; None while somebody writes it."""
    import duckdb  # noqa: PLC0415 - a tenth of a second that `turret --help` need not pay

    if not home.warehouse.exists():
        return set()
    with _warehouse_held(home) as is_held:
        if not is_held:
            return None
        try:
            with duckdb.connect(home.warehouse, read_only=True) as warehouse:
                rows = warehouse.execute(f"select segment from {RAW_SEGMENTS.qualified_name}").fetchall()  # noqa: S608 - the same
        except duckdb.CatalogException:  # no run has come as far as loading
            return set()
        except duckdb.IOException as error:
            if "lock" in str(error).lower():  # another program has it open for writing
                return None
            raise QueryError(
                f"{home.warehouse} cannot be read; remove it and `turret run` makes it again from the landed files."
            ) from error
    return {row[0] for row in rows}


@contextmanager
def _warehouse_held(home: Home) -> Iterator[bool]:
    """Keep runs from beginning while we read, because a reader would block them; False where one is under way."""
    if not home.warehouse_lock.exists():
        yield True
        return
    with home.warehouse_lock.open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _together(paths: Iterable[Path]) -> Files:
    """Number and size of those that are files; what vanishes meanwhile does not count, links neither."""
    n_files = n_bytes = 0
    for path in paths:
        try:
            if path.is_symlink() or not path.is_file():
                continue
            n_bytes += path.stat().st_size
        except FileNotFoundError:
            continue
        n_files += 1
    return Files(n_files, n_bytes)


def _nearest_folder(path: Path) -> Path:
    """The folder, or the nearest above it that exists."""
    return next(folder for folder in (path, *path.parents) if folder.exists())
