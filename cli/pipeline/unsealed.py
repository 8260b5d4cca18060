"""Events that no run can load yet, because a collector is still writing their file, or it is not uploaded."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from contracts.home import WAL_SUFFIX

if TYPE_CHECKING:
    from pathlib import Path

    from contracts.home import Home
    from contracts.settings import Settings

POLL_S: Final = 0.1
SEALING_S: Final = 5.0
"""Time to seal a file; it takes less even on a busy machine."""


@dataclass(frozen=True)
class OpenFile:
    """A write-ahead file, without the preallocated zeros at its end.

    Attributes:
        path: the file.
        n_bytes: size.
        n_events: number of events.
        written_at: time of the last write, in seconds since 1970.
    """

    path: Path
    n_bytes: int
    n_events: int
    written_at: float


def open_files(home: Home) -> list[OpenFile]:
    """Return all write-ahead files; lock and change nothing."""
    found = []
    for path in home.wal.glob(f"*{WAL_SUFFIX}"):
        try:
            written, written_at = path.read_bytes().rstrip(b"\0"), path.stat().st_mtime
        except FileNotFoundError:  # sealed meanwhile
            continue
        found.append(OpenFile(path, len(written), written.count(b"\n"), written_at))
    return found


def wait_for_sealing(home: Home, wait_s: float) -> int:
    """Wait until the events that are open now are sealed; return how many are still open after `wait_s` seconds."""
    waiting = [file for file in open_files(home) if file.n_events]
    deadline = time.monotonic() + wait_s
    while waiting and time.monotonic() < deadline:
        time.sleep(POLL_S)
        waiting = [file for file in waiting if file.path.exists()]
    return sum(file.n_events for file in waiting)


def upload_outbox(settings: Settings) -> None:
    """Upload the sealed files of this home to `TURRET_LANDING_URL`, if that is set.

    Raises:
        LandingStoreError: the store or the disk failed; the files concerned stay in the outbox.
    """
    if settings.landing_url:
        from collector.wal.uploads import upload_sealed  # noqa: PLC0415 - few installations need it
        from contracts.landing_store import LandingStoreError, open_landing_store  # noqa: PLC0415 - the same
        from contracts.settings import home_of  # noqa: PLC0415 - `turret --help` need not load it

        home = home_of(settings)
        try:
            upload_sealed(home, open_landing_store(settings.landing_url), wait=True)
        except LandingStoreError:
            raise
        except OSError as error:
            raise LandingStoreError(f"A sealed file in {home.outbox} cannot be uploaded: {error}.") from error
