"""Mark stale runs as failed: their process has died, but Dagster takes them for running.

Dagster does not check whether a process on this machine is alive, and a stale run would block all later ones: the queue
runs one at a time, and sensor and schedules wait for it. A live run holds the lock of the warehouse, which the
operating system releases with the process.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import dagster as dg

from contracts.home import Home
from orchestration.errors import WarehouseBusyError
from orchestration.warehouse.writer_lock import POLL_S, hold_lock

if TYPE_CHECKING:
    from pathlib import Path

    from contracts.settings import Settings

ONE_MORE_LOOK_S = 5 * POLL_S
"""A live run that waits for the lock takes it within this time, however long it has been silent."""

SILENT_S = 60.0
"""A run holds no lock while it starts and while it ends. Both take seconds, in which it records events."""

_MESSAGE = (
    "The process of this run has died: it was killed, or the machine stopped. The next run does what it left "
    "unfinished."
)


def end_stale_runs(instance: dg.DagsterInstance, settings: Settings, now: float | None = None) -> list[str]:
    """Mark runs as failed that were silent for `SILENT_S` while nobody held the warehouse; return their ids.

    Args:
        instance: the instance that records the runs.
        settings: the installation's settings.
        now: seconds since 1970, for tests.
    """
    now = time.time() if now is None else now
    started = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
    dead = [run for run in started if now - _last_heard(instance, run.run_id) > SILENT_S]
    lock = Home(settings.home).warehouse_lock
    if not dead or not _is_free(lock):
        return []
    time.sleep(ONE_MORE_LOOK_S)
    try:
        with hold_lock(lock, 0):
            for run in dead:
                instance.report_run_failed(run, _MESSAGE)
    except WarehouseBusyError:
        return []
    return [run.run_id for run in dead]


def _is_free(lock: Path) -> bool:
    try:
        with hold_lock(lock, 0):
            return True
    except WarehouseBusyError:
        return False


def _last_heard(instance: dg.DagsterInstance, run_id: str) -> float:
    """Return when a run last recorded an event, in seconds since 1970; 0 if a power cut has lost all its events."""
    records = instance.get_records_for_run(run_id, limit=1, ascending=False).records
    return records[0].event_log_entry.timestamp if records else 0.0
