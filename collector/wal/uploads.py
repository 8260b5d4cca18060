"""Upload sealed segments to `TURRET_LANDING_URL`, where the pipeline finds those of all hosts.

A segment is removed here only after the store has returned the same bytes. Its name and bytes follow from the
write-ahead file, so after a crash, uploading it again overwrites the object with the same content: it counts once.
"""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from contracts.durable_files import make_folder, sync_path
from contracts.file_locks import lock_file
from contracts.home import SEGMENT_SUFFIX, parse_segment_name
from contracts.landing_store import LandingStoreError, open_landing_store, transfer

if TYPE_CHECKING:
    from pathlib import Path

    from contracts.home import Home
    from contracts.landing_store import LandingStore

LOOK_EVERY_S = 0.5
FIRST_RETRY_S = 1.0
LAST_RETRY_S = 30.0
KEPT_HOURS = 2
"""Number of newest hours whose empty folders stay, because a process may be about to seal into them."""

_log = logging.getLogger(__name__)


def upload_sealed(home: Home, store: LandingStore, *, wait: bool = False) -> int:
    """Upload the segments in the outbox, oldest first; return how many were uploaded and removed.

    Files with other names stay where they are, since no run would look for them. One process of a home does so at a
    time; the others find nothing to do, or `wait` for their turn.

    Raises:
        LandingStoreError: the store failed; the segments that it does not have are still in the outbox.
        OSError: the disk failed for a segment, which is still there; the others were uploaded.
    """
    if not home.outbox.is_dir():
        return 0
    with lock_file(home.outbox, wait=wait) as is_ours:
        if not is_ours:
            return 0
        found = home.outbox.glob(f"*/*/*/*{SEGMENT_SUFFIX}")
        named = [path for path in found if parse_segment_name(path.relative_to(home.outbox).as_posix())]
        waiting = sorted(named, key=lambda path: (*path.parts[-3:-1], path.name))
        outcomes = list(transfer(waiting, lambda path: _upload(path, home, store)))
        _remove_empty_folders(home.outbox)
    for failure in outcomes:
        if failure is not None:
            raise failure
    return len(outcomes)


def _upload(path: Path, home: Home, store: LandingStore) -> OSError | None:
    """Upload and remove a segment; return the error if the disk fails, since it may be one of this file only.

    Raises:
        LandingStoreError: the store failed, and the other segments need not be tried.
    """
    name = path.relative_to(home.outbox).as_posix()
    try:
        _move(path, name, store)
    except LandingStoreError:
        raise
    except OSError as error:
        return error
    return None


def _move(path: Path, name: str, store: LandingStore) -> None:
    data = path.read_bytes()
    store.write(name, data)
    if store.read(name) != data:
        raise LandingStoreError(f"The landing store returned other bytes of {name} than it was sent; it is sent again.")
    path.unlink()
    sync_path(path.parent)


def _remove_empty_folders(outbox: Path) -> None:
    hours = sorted(outbox.glob("*/*/*"), key=lambda folder: folder.parts[-2:])
    for hour in hours[:-KEPT_HOURS]:
        for folder in (hour, *hour.parents[:2]):
            with suppress(OSError):  # it is not empty
                folder.rmdir()


class Uploader:
    """A thread that uploads sealed segments until it is closed; failures are retried with growing waits.

    Args:
        home: its outbox is emptied.
        url: `TURRET_LANDING_URL`.

    Raises:
        LandingStoreError: the address cannot be used.
    """

    def __init__(self, home: Home, url: str) -> None:
        self._home = home
        self._store = open_landing_store(url)
        make_folder(home.outbox)
        self._is_closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="uploader")
        self._thread.start()

    def close(self) -> None:
        """Upload the remaining segments once more, and end. Segments that the store refuses wait for the next start.

        It takes no longer than a request to a store that hangs: half a minute (`contracts.landing_store.TIMEOUT`).
        """
        self._is_closing.set()
        self._thread.join()

    def _run(self) -> None:
        wait_s, retry_s = LOOK_EVERY_S, FIRST_RETRY_S
        while True:
            is_last = self._is_closing.wait(wait_s)
            try:
                n_uploaded = upload_sealed(self._home, self._store)
            except Exception as error:  # noqa: BLE001  # whatever it is, the thread lives on: nobody else uploads
                unknown = None if isinstance(error, OSError) else error
                _log.error(
                    "Sealed files were not uploaded; it is tried again.",
                    exc_info=unknown,
                    extra={"reason": str(error)},
                )
                wait_s, retry_s = retry_s, min(retry_s * 2, LAST_RETRY_S)
                is_last = self._is_closing.is_set()  # a store that hangs must not hold up the stop twice
            else:
                if n_uploaded and retry_s > FIRST_RETRY_S:
                    _log.warning("Sealed files are uploaded again.", extra={"n_segments": n_uploaded})
                wait_s, retry_s = LOOK_EVERY_S, FIRST_RETRY_S
            if is_last:
                return
