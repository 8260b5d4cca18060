"""The stage of the current run: written by the run, read by status and pages.

A run holds `warehouse.lock` from its start to its end, and the operating system releases the lock with the process. So
a run is active exactly while the lock is held, whatever a killed run left in the file.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from contracts.durable_files import write_file
from contracts.file_locks import unlocked

if TYPE_CHECKING:
    from pathlib import Path

    from contracts.home import Home


@dataclass(frozen=True)
class RunProgress:
    """The stage of a run. Times are UTC, without a zone.

    Attributes:
        run_id: Dagster's id of the run.
        title: What the stage does, in words.
        run_started_at: When the run began its first stage.
        stage_started_at: When the stage began.
        has_failed: Whether the stage ended with an error.
    """

    run_id: str
    title: str
    run_started_at: datetime
    stage_started_at: datetime
    has_failed: bool = False


STARTING = RunProgress("", "Starting", datetime.min, datetime.min)  # noqa: DTZ901  # like the times of the record
"""A run that holds the lock and has not begun its first stage."""


def begin_stage(home: Home, run_id: str, title: str, now: datetime) -> None:
    """Record that a run begins a stage."""
    written = _read(home)
    run_started_at = written.run_started_at if written and written.run_id == run_id else now
    _write(home, RunProgress(run_id, title, run_started_at, now))


def fail_stage(home: Home) -> None:
    """Record that the current stage has failed."""
    written = _read(home)
    if written is not None:
        _write(home, replace(written, has_failed=True))


def begin_run(home: Home) -> None:
    """Clear the progress of an earlier run."""
    home.run_progress.unlink(missing_ok=True)


def end_run(home: Home) -> None:
    """Clear the stage of a run that has ended; a failed stage is kept until the next run."""
    written = _read(home)
    if written is not None and not written.has_failed:
        home.run_progress.unlink(missing_ok=True)


def read_progress(home: Home) -> RunProgress | None:
    """Return the stage of the current run, `STARTING` before its first; None if no run holds the warehouse."""
    if not _is_held(home.warehouse_lock):
        return None
    return _read(home) or STARTING


def is_run_awaited(home: Home) -> bool:
    """Say whether a run would start as soon as events are sealed: `turret up` runs, and no run is active."""
    return _is_held(home.up_lock) and not _is_held(home.warehouse_lock)


def read_broken_stage(home: Home) -> RunProgress | None:
    """Return the stage in which the last run failed or was killed; None if it succeeded, or a run is active."""
    return None if _is_held(home.warehouse_lock) else _read(home)


def _write(home: Home, progress: RunProgress) -> None:
    document = json.dumps(asdict(progress), default=datetime.isoformat)
    write_file(home.run_progress, document.encode(), writers=f".{os.getpid()}")


def _read(home: Home) -> RunProgress | None:
    """Read the file; if a power cut left it empty, it counts as missing, because it is only informative."""
    try:
        given = json.loads(home.run_progress.read_text(encoding="utf-8"))
        started, since = (datetime.fromisoformat(given[key]) for key in ("run_started_at", "stage_started_at"))
        return RunProgress(given["run_id"], given["title"], started, since, given["has_failed"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _is_held(lock: Path) -> bool:
    with unlocked(lock) as is_free:
        return not is_free
