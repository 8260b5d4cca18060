"""Seals the write-ahead files that killed processes left behind."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.sealing import seal
from collector.wal import NEW_SUFFIX, adopt
from contracts.home import WAL_SUFFIX

if TYPE_CHECKING:
    from pathlib import Path

    from contracts.home import Home

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recovery:
    """What was found. `n_failed` files could not be sealed now and are still there."""

    n_files: int = 0
    n_events: int = 0
    n_damaged_bytes: int = 0
    n_failed: int = 0


def recover(home: Home) -> Recovery:
    """Seal every write-ahead file without an owner; any number of processes may do so at once, at any time.

    Damaged pieces, such as a line that was half written when the power went, go to quarantine with the reason. A file
    that the disk refuses to seal is logged, counted and left for the next time.
    """
    for path in sorted(home.wal.glob(f"*{NEW_SUFFIX}")):
        _remove_unfinished(path)
    recovery = Recovery()
    for path in sorted(home.wal.glob(f"*{WAL_SUFFIX}")):
        recovery = _add(recovery, _recover_file(path, home))
    return recovery


def _remove_unfinished(path: Path) -> None:
    """Remove a file whose maker died before it could write into it."""
    descriptor = adopt(path)
    if descriptor is not None:
        path.unlink()
        os.close(descriptor)


def _recover_file(path: Path, home: Home) -> Recovery:
    descriptor = adopt(path)
    if descriptor is None:
        return Recovery()
    try:
        sealed = seal(path, home)
    except OSError as error:
        _log.error("Recovery failed; the file is left.", extra={"wal": path.name, "reason": str(error)})
        return Recovery(n_failed=1)
    finally:
        os.close(descriptor)
    _log.info(
        "Recovered a write-ahead file.",
        extra={"wal": path.name, "n_events": sealed.n_events, "n_damaged_bytes": sealed.n_damaged_bytes},
    )
    return Recovery(1, sealed.n_events, sealed.n_damaged_bytes)


def _add(one: Recovery, other: Recovery) -> Recovery:
    return Recovery(
        one.n_files + other.n_files,
        one.n_events + other.n_events,
        one.n_damaged_bytes + other.n_damaged_bytes,
        one.n_failed + other.n_failed,
    )
