"""Events that collectors took and that no run can see yet, because the file they are in is still being written."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from contracts.home import WAL_SUFFIX

if TYPE_CHECKING:
    from pathlib import Path

    from contracts.home import Home

POLL_S: Final = 0.1
SEALING_S: Final = 5.0
"""Sealing a file takes well under this, on a busy machine too."""


@dataclass(frozen=True)
class OpenFile:
    """A write-ahead file, without the zeros at its end, which are room made ready."""

    path: Path
    n_bytes: int
    n_events: int


def open_files(home: Home) -> list[OpenFile]:
    """Return all write-ahead files; nothing is locked or changed."""
    found = []
    for path in home.wal.glob(f"*{WAL_SUFFIX}"):
        try:
            written = path.read_bytes().rstrip(b"\0")
        except FileNotFoundError:  # sealed meanwhile
            continue
        found.append(OpenFile(path, len(written), written.count(b"\n")))
    return found


def wait_for_sealing(home: Home, wait_s: float) -> int:
    """Wait until the events that are open now are sealed; return how many still are not after `wait_s` seconds."""
    waiting = [file for file in open_files(home) if file.n_events]
    deadline = time.monotonic() + wait_s
    while waiting and time.monotonic() < deadline:
        time.sleep(POLL_S)
        waiting = [file for file in waiting if file.path.exists()]
    return sum(file.n_events for file in waiting)
