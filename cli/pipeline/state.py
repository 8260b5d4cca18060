"""The state of an installation, as seen from outside."""

from __future__ import annotations

import math
import os
import shutil
import stat
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cli.marts.published import open_published
from cli.pipeline.unsealed import SEALING_S, open_files
from cli.serve.instance_lock import up_addresses
from cli.serve.probes import addresses, home_answering, probe_url
from contracts.gate_reports import UNKNOWN_PROJECTS, read_reports
from contracts.home import Home
from contracts.run_progress import RunProgress, read_progress
from contracts.settings import home_of
from contracts.tables import AGG_PIPELINE_RUNS, read_detail_days
from contracts.trouble import Trouble, find_trouble, name_projects, waiting_files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from contracts.settings import Settings

UNREADABLE = "Database"
"""Kind of the problem that the projects database cannot be read."""
LAST_RUN_COLUMNS = "run_id, min(started_at), max(fresh_until), sum(n_rows_out), sum(n_duplicates), sum(n_rejected)"


@dataclass(frozen=True)
class PartState:
    """Whether a part answers at its address, and whether it serves this home; None if it does not answer."""

    url: str
    is_answering: bool
    is_of_this_home: bool | None


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
    """What readers see now; `details_from` has the first day of the published sessions, by project, if not all are."""

    version: str
    published_at: datetime
    last_run: LastRun | None
    details_from: dict[str, date]


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
class Unsealed:
    """Events in the collector's open files, which no run can load yet.

    Attributes:
        n_files: number of open files.
        n_bytes: their size.
        n_events: number of events in them.
        sealed_within_s: seconds after which the running collector seals them; None if none runs for this home.
        n_late: number of events that the running collector should have sealed by now.
    """

    n_files: int
    n_bytes: int
    n_events: int
    sealed_within_s: float | None
    n_late: int


@dataclass(frozen=True)
class Checks:
    """The latest results of the gates, one sentence each, without those that are trouble."""

    blocking: list[str]
    warnings: list[str]


@dataclass(frozen=True)
class State:
    """Everything that `turret status` shows; `outbox` is None if hosts share no landing store."""

    home: str
    parts: dict[str, PartState]
    projects: dict[str, str]
    run: RunProgress | None
    freshness: Freshness | None
    backlog: Backlog
    unsealed: Unsealed
    outbox: Files | None
    quarantined: Files
    checks: Checks
    trouble: list[Trouble]
    used_bytes: int
    free_bytes: int


def collect_state(settings: Settings) -> State:
    """Inspect ports, marts, warehouse and files; change nothing.

    Raises:
        QueryError: the published file is damaged.
        ReportError: the report of a gate cannot be read.
        WarehouseUnreadableError: the warehouse is damaged, or may not be read.
    """
    home = Home(settings.home)
    parts, waiting = _parts(settings, home), waiting_files(home)
    names, unreadable = _project_names(settings)
    return State(
        home=str(home.root),
        parts=parts,
        projects=names,
        run=read_progress(home),
        freshness=_freshness(home) if home.published.exists() else None,
        backlog=Backlog(waiting.n_landed, waiting.n_waiting, waiting.waiting_bytes),
        unsealed=_unsealed(home, settings.collector_segment_max_age_s if parts["collector"].is_of_this_home else None),
        outbox=_together(home.outbox) if settings.landing_url or home.outbox.exists() else None,
        quarantined=_together(home.quarantine, left_out=".reason.json"),
        checks=_checks(home, names),
        trouble=[*unreadable, *find_trouble(home_of(settings), names, datetime.now(UTC))],
        used_bytes=_together(home.root).n_bytes,
        free_bytes=shutil.disk_usage(_nearest_folder(home.root)).free,
    )


def _parts(settings: Settings, home: Home) -> dict[str, PartState]:
    """Probe the parts. Collector and dashboard name their home; Dagster's is this home's while `turret up` runs."""
    up, parts = up_addresses(home), {}
    for name, url in {**addresses(settings), **(up or {})}.items():
        served = home_answering(probe_url(name, url))
        is_own = up is not None if name == "dagster" else served == home.mark
        parts[name] = PartState(url, served is not None, None if served is None else is_own)
    return parts


def _project_names(settings: Settings) -> tuple[dict[str, str], list[Trouble]]:
    """Return names of projects by id, and the error if they cannot be read; create no database."""
    from projects.database import open_projects  # noqa: PLC0415 - `turret --help` need not load it
    from projects.errors import DatabaseError  # noqa: PLC0415 - the same

    if not settings.database_url and not Home(settings.home).projects_database.exists():
        return {}, []
    try:
        with open_projects(settings) as projects:
            return {project.project_id: project.name for project in projects.list_projects()}, []
    except DatabaseError as error:
        return {}, [Trouble(UNREADABLE, str(error))]


def _unsealed(home: Home, sealed_within_s: float | None) -> Unsealed:
    files = open_files(home)
    n_bytes, n_events = sum(file.n_bytes for file in files), sum(file.n_events for file in files)
    latest = time.time() - (math.inf if sealed_within_s is None else sealed_within_s + SEALING_S)
    n_late = sum(file.n_events for file in files if file.written_at < latest)
    return Unsealed(len(files), n_bytes, n_events, sealed_within_s, n_late)


def _checks(home: Home, names: Mapping[str, str]) -> Checks:
    reports = read_reports(home.checks)
    warnings = [finding for report in reports for finding in report.warnings]
    return Checks(
        blocking=[name_projects(finding.summary, names) for report in reports for finding in report.blocking],
        warnings=[name_projects(each.summary, names) for each in warnings if each.check != UNKNOWN_PROJECTS],
    )


def _freshness(home: Home) -> Freshness:
    file = home.published.resolve()
    newest = f"select {LAST_RUN_COLUMNS} from {AGG_PIPELINE_RUNS.name} group by run_id order by 2 desc limit 1"  # noqa: S608 - names of contracts
    with open_published(home) as marts:
        row = next(iter(marts.execute(newest).fetchall()), None)
        details_from = read_detail_days(marts)
    return Freshness(
        version=file.stem,
        published_at=datetime.fromtimestamp(file.stat().st_mtime, UTC).replace(tzinfo=None),
        last_run=None if row is None else LastRun(row[0], row[1], row[2], int(row[3]), int(row[4]), int(row[5])),
        details_from=details_from,
    )


def _together(folder: Path, left_out: str | None = None) -> Files:
    """Return number and size of all files below a folder, without links and files that vanish meanwhile.

    Args:
        folder: the folder, which need not exist.
        left_out: suffix of file names to ignore.
    """
    n_files = n_bytes = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            if left_out is not None and name.endswith(left_out):
                continue
            try:
                found = os.lstat(os.path.join(parent, name))  # noqa: PTH118 - a home has many thousands of files
            except FileNotFoundError:
                continue
            if stat.S_ISREG(found.st_mode):
                n_files += 1
                n_bytes += found.st_size
    return Files(n_files, n_bytes)


def _nearest_folder(path: Path) -> Path:
    """Return the folder, or its nearest parent that exists."""
    return next(folder for folder in (path, *path.parents) if folder.exists())
