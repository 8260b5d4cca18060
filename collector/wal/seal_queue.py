"""The thread of a worker that has full write-ahead files sealed, one after another."""

from __future__ import annotations

import logging
import queue
import threading
from typing import TYPE_CHECKING

from collector.wal.sealing import finish, seal
from projects.errors import DatabaseError

if TYPE_CHECKING:
    from collector.wal.sealing_process import SealingProcess
    from collector.wal.wal_file import WalFile
    from contracts.home import Home
    from projects.quota_ledger import QuotaLedger

FIRST_RETRY_S = 1.0
LAST_RETRY_S = 30.0

_log = logging.getLogger(__name__)


class Sealer:
    """Seals the files handed to it in order; failures are retried until it is closed.

    Args:
        home: The home folder, for segments.
        ledger: Where sealed events are booked; None without quotas.
        process: Does the work, if given; otherwise this thread does.
    """

    def __init__(self, home: Home, ledger: QuotaLedger | None, process: SealingProcess | None = None) -> None:
        self._home = home
        self._ledger = ledger
        self._process = process
        self._is_all_sealed = True
        self._files: queue.SimpleQueue[WalFile | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="sealer")
        self._is_closing = threading.Event()
        self._thread.start()

    def submit(self, file: WalFile) -> None:
        """Hand over a complete file; its lock is kept until it is sealed."""
        self._files.put(file)

    def close(self) -> bool:
        """Seal the remaining files and end; return whether all were sealed. Others are left to `recovery`."""
        self._is_closing.set()
        self._files.put(None)
        self._thread.join()
        return self._is_all_sealed

    def _run(self) -> None:
        while (file := self._files.get()) is not None:
            try:
                # After one failed file none is sealed any more: files are settled in order, or not at all.
                self._is_all_sealed = self._is_all_sealed and self._seal_patiently(file)
            finally:
                file.close()
        if self._process is not None:
            self._process.close()

    def _seal_patiently(self, file: WalFile) -> bool:
        wait_s = FIRST_RETRY_S
        while True:
            try:
                self._seal(file)
            except (OSError, DatabaseError) as error:
                _log.error("Sealing failed; it is tried again.", extra={"wal": file.path.name, "reason": str(error)})
            else:
                return True
            if self._is_closing.wait(wait_s):
                return False
            wait_s = min(wait_s * 2, LAST_RETRY_S)

    def _seal(self, file: WalFile) -> None:
        if self._process is None:
            sealed = seal(file.path, self._home, file.size)
        else:
            sealed = self._process.seal(file, self._home)
        finish(file.path, sealed, self._ledger)
        _log.debug("Sealed.", extra={"wal": file.path.name, "n_events": sealed.n_events.total()})
