"""Seal the write-ahead files that killed processes left behind."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.wal.sealing import finish, seal
from collector.wal.wal_file import NEW_SUFFIX, WRITER_PATTERN, adopt, written_by
from contracts.durable_files import make_folder, sync_path
from contracts.home import WAL_SUFFIX
from projects.errors import DatabaseError

if TYPE_CHECKING:
    from pathlib import Path

    from contracts.home import Home
    from projects.quota_ledger import QuotaLedger

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recovery:
    """The result of recovery. `n_failed` files could not be sealed now and are still there."""

    n_files: int = 0
    n_events: int = 0
    n_damaged_bytes: int = 0
    n_failed: int = 0
    n_damaged_files: int = 0


def recover(home: Home, ledger: QuotaLedger) -> Recovery:
    """Seal every write-ahead file without an owner, and release its writer's leases.

    Any number of processes may do so at once, at any time. Damaged pieces, such as a line half written at a power
    cut, are quarantined with the reason. A file that the disk refuses to seal is logged, counted and left
    for the next time.
    """
    for folder in (home.wal, home.workers):
        for path in sorted(folder.glob(f"*{NEW_SUFFIX}")):
            _remove_unfinished(path)
    recovery = Recovery()
    for path in sorted(home.workers.glob(WRITER_PATTERN)):
        recovery = _add(recovery, _recover_writer(path, home, ledger))
    for path in sorted(home.wal.glob(f"*{WAL_SUFFIX}")):
        writer = written_by(path)
        # The files of a known writer are handled by it, or by the process that holds its lock now.
        if writer is None or not (home.workers / writer[0]).exists():
            recovery = _add(recovery, _recover_file(path, home, ledger))
    return recovery


def _recover_writer(path: Path, home: Home, ledger: QuotaLedger) -> Recovery:
    """Settle a dead writer: its files in order, then its unspent leases."""
    descriptor = adopt(path)
    if descriptor is None:
        return Recovery()
    recovery = Recovery()
    try:
        for file in sorted(home.wal.glob(f"*-{path.name}-*{WAL_SUFFIX}"), key=_number):
            recovery = _add(recovery, _recover_file(file, home, ledger))
            if recovery.n_failed:
                return recovery
        make_folder(home.wal)  # its writer may have died before it created the folder
        sync_path(home.wal)  # a file that reappears after a power cut would count its events twice
        ledger.release(path.name)
        path.unlink()
    except DatabaseError as error:
        _log.error("Quota could not be given back; it is tried again.", extra={"reason": str(error)})
    finally:
        os.close(descriptor)
    return recovery


def _number(path: Path) -> int:
    writer = written_by(path)
    return writer[1] if writer else 0


def _remove_unfinished(path: Path) -> None:
    """Remove a file whose creator died before writing to it."""
    descriptor = adopt(path)
    if descriptor is not None:
        path.unlink()
        os.close(descriptor)


def _recover_file(path: Path, home: Home, ledger: QuotaLedger) -> Recovery:
    descriptor = adopt(path)
    if descriptor is None:
        return Recovery()
    try:
        sealed = seal(path, home)
        finish(path, sealed, ledger)
    except (OSError, DatabaseError) as error:
        _log.error("Recovery failed; the file is left.", extra={"wal": path.name, "reason": str(error)})
        return Recovery(n_failed=1)
    finally:
        os.close(descriptor)
    n_events = sealed.n_events.total()
    _log.info(
        "Recovered a write-ahead file.",
        extra={"wal": path.name, "n_events": n_events, "n_damaged_bytes": sealed.n_damaged_bytes},
    )
    return Recovery(1, n_events, sealed.n_damaged_bytes, 0, int(sealed.n_damaged_bytes > 0))


def _add(one: Recovery, other: Recovery) -> Recovery:
    return Recovery(
        one.n_files + other.n_files,
        one.n_events + other.n_events,
        one.n_damaged_bytes + other.n_damaged_bytes,
        one.n_failed + other.n_failed,
        one.n_damaged_files + other.n_damaged_files,
    )
