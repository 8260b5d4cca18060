"""Find problems that keep numbers from being complete or fresh, as sentences for `turret status` and the Overview."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from contracts.errors import TurretError
from contracts.file_locks import unlocked
from contracts.gate_reports import UNKNOWN_PROJECTS, read_reports
from contracts.home import PROJECT_ID_PATTERN, SEGMENT_SUFFIX
from contracts.instrumentation_counts import read_counts
from contracts.run_progress import read_broken_stage, read_progress
from contracts.tables import RAW_SEGMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from contracts.home import Home

MAX_WAIT: Final = timedelta(minutes=10)
"""Landed files that wait longer without an active run are a backlog; `turret up` starts runs within seconds."""
BLOCKED: Final = "Blocked by"
FAILED: Final = "Run failed"
UNKNOWN: Final = "Unknown project"
QUARANTINED: Final = "In quarantine"
WAITING: Final = "Backlog"
NOT_UPLOADED: Final = "Not uploaded"
WITHOUT_TEXT: Final = "Empty spans"
LOST_ATTRIBUTES: Final = "Truncated spans"
TELEMETRY_PAGE: Final = "docs/opentelemetry.md"
SHORT_ANSWERS: Final = (
    "no field contains text to find topics in, but “{field}” has {n_distinct_values} different short values. "
    "If people wrote them, set its type to text under Settings, Metadata, or with `turret project field set`; "
    "the next run then finds topics in them."
)
"""The sentence of the marts gate and the pages for a project without texts that has a field of short answers."""


class WarehouseUnreadableError(TurretError):
    """The warehouse file is damaged, or may not be read."""


@dataclass(frozen=True)
class WaitingFiles:
    """Landed files that no run has loaded.

    Attributes:
        n_landed: All landed files.
        n_waiting: Those not loaded; None while a run writes the warehouse.
        waiting_bytes: Their size; None with `n_waiting`.
        oldest_at: When the oldest of them was sealed, in seconds since 1970; None without any.
    """

    n_landed: int
    n_waiting: int | None
    waiting_bytes: int | None
    oldest_at: float | None = None


@dataclass(frozen=True)
class Trouble:
    """One problem that needs attention.

    Attributes:
        kind: the kind, in one or two words.
        sentence: what happened, where, and what to do.
    """

    kind: str
    sentence: str


def find_trouble(home: Home, names: Mapping[str, str], now: datetime) -> list[Trouble]:
    """Look for blocked gates, a failed run, unknown projects, quarantined lines and a backlog; change nothing.

    Args:
        home: the installation.
        names: names of projects by their ids.
        now: the time (UTC, aware).

    Raises:
        ReportError: the report of a gate cannot be read.
        WarehouseUnreadableError: the warehouse is damaged, or may not be read.
    """
    reports = read_reports(home.checks)
    blocked = [Trouble(BLOCKED, finding.summary) for report in reports for finding in report.blocking]
    warnings = [finding for report in reports for finding in report.warnings]
    unknown = [Trouble(UNKNOWN, finding.summary) for finding in warnings if finding.check == UNKNOWN_PROJECTS]
    found = [
        *blocked,
        *([] if blocked else _failed_run(home)),
        *unknown,
        *_quarantined_lines(home),
        *_backlog(home, now),
    ]
    found += [*_outbox(home, now), *_spans_without_text(home)]
    return [Trouble(trouble.kind, name_projects(trouble.sentence, names)) for trouble in found]


def name_projects(sentence: str, names: Mapping[str, str]) -> str:
    """Add the names of projects before their ids; an id without a name stays alone."""

    def named(project_id: str) -> str:
        return f"{names[project_id]} ({project_id})" if project_id in names else project_id

    return PROJECT_ID_PATTERN.sub(lambda match: named(match[0]), sentence)


def _failed_run(home: Home) -> Iterator[Trouble]:
    stage = read_broken_stage(home)
    if stage is None:
        return
    ended = "failed" if stage.has_failed else "was killed"
    yield Trouble(
        FAILED,
        f"The last run {ended} in the stage “{stage.title}”, which began at {stage.stage_started_at:%Y-%m-%d %H:%M:%S} "
        "UTC. The last good numbers stay in place. Run `turret run` to try again and see the error.",
    )


def _quarantined_lines(home: Home) -> Iterator[Trouble]:
    """Count landed lines that runs could not read, by project. Their files stay until somebody removes them."""
    folder = home.quarantine / "segments"
    lines: Counter[str] = Counter()
    for path in folder.glob("*.rejected.ndjson"):
        match = PROJECT_ID_PATTERN.search(path.name)
        lines[match[0] if match else "an unknown project"] += _count_lines(path, path.stat().st_mtime_ns)
    for project_id, n_lines in sorted(lines.items()):
        stand = "1 landed line" if n_lines == 1 else f"{n_lines:,} landed lines"
        yield Trouble(
            QUARANTINED,
            f"{stand} of {project_id} could not be read and {'is' if n_lines == 1 else 'are'} in no number; {folder} "
            "keeps each with its reason. Remove the files there once you have dealt with them.",
        )


def _spans_without_text(home: Home) -> Iterator[Trouble]:
    """Find instrumentations whose calls since yesterday mostly had no text, or that lost attributes."""
    for (project_id, scope, service), calls in sorted(read_counts(home).items()):
        sender = f"{scope or 'an unnamed instrumentation'}{f' in {service}' if service else ''}"
        n_calls = calls.with_text + calls.without_text
        if calls.without_text > calls.with_text:
            yield Trouble(
                WITHOUT_TEXT,
                f"{calls.without_text:,} of {n_calls:,} model calls that {sender} sent to {project_id} since "
                "yesterday have no text, so Turret cannot see what users said. "
                f"{TELEMETRY_PAGE} lists the setting for each library.",
            )
        if calls.dropped_attributes:
            yield Trouble(
                LOST_ATTRIBUTES,
                f"{sender} sent spans to {project_id} from which its SDK had dropped "
                f"{calls.dropped_attributes:,} attributes since yesterday, the oldest first, often session.id and "
                "user.id. OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT=4096 in the app's environment keeps them.",
            )


@lru_cache(maxsize=10_000)
def _count_lines(path: Path, _written_at: int) -> int:
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))


def _backlog(home: Home, now: datetime) -> Iterator[Trouble]:
    if read_progress(home) is not None:  # the active run loads what it found, and the next one follows
        return
    waiting = waiting_files(home)
    if not waiting.n_waiting or waiting.oldest_at is None:
        return
    since = datetime.fromtimestamp(waiting.oldest_at, UTC)
    if now - since < MAX_WAIT:
        return
    files = "1 landed file waits" if waiting.n_waiting == 1 else f"{waiting.n_waiting:,} landed files wait"
    yield Trouble(
        WAITING,
        f"{files} for a run, the oldest since {since:%Y-%m-%d %H:%M} UTC. Runs start by themselves while `turret up` "
        "is running; `turret run` starts one now.",
    )


def _outbox(home: Home, now: datetime) -> Iterator[Trouble]:
    sealed_at = []
    for path in home.outbox.glob(f"*/*/*/*{SEGMENT_SUFFIX}"):
        with suppress(FileNotFoundError):  # it was uploaded meanwhile
            sealed_at.append(path.stat().st_mtime)
    since = datetime.fromtimestamp(min(sealed_at, default=now.timestamp()), UTC)
    if now - since < MAX_WAIT:
        return
    files = "1 sealed file waits" if len(sealed_at) == 1 else f"{len(sealed_at):,} sealed files wait"
    if not home.is_shared:
        yield Trouble(
            NOT_UPLOADED,
            f"{files} to be uploaded, the oldest since {since:%Y-%m-%d %H:%M} UTC, but TURRET_LANDING_URL is not set "
            f"any more; no run has their events. Set it and use `turret run`, or move the folders in {home.outbox} to "
            f"{home.landing}.",
        )
        return
    yield Trouble(
        NOT_UPLOADED,
        f"{files} to be uploaded to TURRET_LANDING_URL, the oldest since {since:%Y-%m-%d %H:%M} UTC; no run has their "
        "events. A running collector uploads them, and its log says what failed; `turret run` tries once more.",
    )


def waiting_files(home: Home) -> WaitingFiles:
    """Compare the landed files with those that the warehouse has; no run has loaded the others.

    They are compared again only if a run has written or a file has landed since, because pages ask often.

    Raises:
        WarehouseUnreadableError: the warehouse is damaged, or may not be read.
    """
    changed_at = [hour.stat().st_mtime_ns for hour in home.landing.glob("*/*/*")]
    written_at = home.warehouse.stat().st_mtime_ns if home.warehouse.exists() else 0
    waiting = _compared(home, len(changed_at), max(changed_at, default=0), written_at)
    if waiting.n_waiting is None:  # a run was writing, which need not change these times
        _compared.cache_clear()
    return waiting


@lru_cache(maxsize=1)
def _compared(home: Home, *_changes: int) -> WaitingFiles:
    landed = {path.relative_to(home.landing).as_posix(): path for path in home.landing.glob(f"*/*/*/*{SEGMENT_SUFFIX}")}
    loaded = _loaded_segments(home)
    if loaded is None:
        return WaitingFiles(len(landed), None, None)
    found = [path.stat() for name, path in landed.items() if name not in loaded]
    oldest_at = min((file.st_mtime for file in found), default=None)
    return WaitingFiles(len(landed), len(found), sum(file.st_size for file in found), oldest_at)


def _loaded_segments(home: Home) -> set[str] | None:
    """Return the names of the loaded files; None while a run writes the warehouse."""
    import duckdb  # noqa: PLC0415 - a tenth of a second that `turret --help` need not pay

    if not home.warehouse.exists():
        return set()
    with unlocked(home.warehouse_lock) as is_free:  # a reader would block a run that starts
        if not is_free:
            return None
        try:
            with duckdb.connect(home.warehouse, read_only=True) as warehouse:
                rows = warehouse.execute(f"select segment from {RAW_SEGMENTS.qualified_name}").fetchall()  # noqa: S608 - a name of our own contract
        except duckdb.CatalogException:  # no run has loaded anything yet
            return set()
        except duckdb.IOException as error:
            if "lock" in str(error).lower():  # another program has it open for writing
                return None
            if "permission denied" in str(error).lower():
                raise WarehouseUnreadableError(f"{home.warehouse} may not be read by this user.") from error
            raise WarehouseUnreadableError(
                f"{home.warehouse} cannot be read; remove it and `turret run` makes it again from the landed files."
            ) from error
    return {row[0] for row in rows}
