"""The write-ahead file a worker has open, and when it is rolled: by size, age, hour, failure and at the end."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Self

from collector.wal.seal_queue import Sealer
from collector.wal.wal_file import WalFile
from collector.wal.writer import Writer
from projects.errors import DatabaseError

if TYPE_CHECKING:
    from collector.wal.sealing_process import SealingProcess
    from contracts.home import Home
    from projects.quota_ledger import QuotaLedger

SECONDS_PER_HOUR = 3600

_log = logging.getLogger(__name__)


class Journal:
    """Takes lines and has them on disk when it returns. One thread uses it; sealing happens in another.

    Args:
        home: Where everything lies.
        max_bytes: A file is rolled once it holds so many.
        max_age_s: A file is rolled once it is so old.
        ledger: Where sealed events are booked; None where nobody counts.
        process: Seals where given, so that this process need not.
    """

    def __init__(
        self,
        home: Home,
        *,
        max_bytes: int,
        max_age_s: float,
        ledger: QuotaLedger | None = None,
        process: SealingProcess | None = None,
    ) -> None:
        self._home = home
        self._max_bytes = max_bytes
        self._max_age_s = max_age_s
        self._ledger = ledger
        self._process = process
        self._sealer = Sealer(home, ledger, process)
        self._writer: Writer | None = None
        self._enrolling = threading.Lock()
        self._file: WalFile | None = None
        self._due_at = 0.0  # of time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def enroll(self) -> str:
        """Return the id of this process as a writer; from the first call on it is known on disk. Any thread may ask.

        Raises:
            OSError: the disk failed.
        """
        return self._enrolled().id

    def commit(self, lines: bytes) -> None:
        """Make lines (of `wal_file.encode_line`) durable.

        Raises:
            OSError: the disk failed, and none of them may be acknowledged. The next call may succeed.
        """
        if self._file is None:
            self._file = WalFile.create(self._home.wal, self._enrolled().next_stem())
            self._due_at = time.monotonic() + min(self._max_age_s, _seconds_left_in_hour())
        try:
            self._file.append(lines)
        finally:
            if self._file.is_broken or self._file.size >= self._max_bytes:
                self.roll()

    def seconds_until_roll(self) -> float | None:
        """Return how long the open file may stay open, at least 0; None where none is open."""
        return None if self._file is None else max(0.0, self._due_at - time.monotonic())

    def roll_if_due(self) -> None:
        """Seal the open file once it is old enough, or its hour is over."""
        if self.seconds_until_roll() == 0.0:
            self.roll()

    def roll(self) -> None:
        """Seal the open file now; the next lines open another."""
        if self._file is not None:
            self._sealer.submit(self._file)
            self._file = None

    def close(self) -> None:
        """Seal everything and wait until that is done; what the disk or the database refuses stays for `recovery`."""
        self.roll()
        is_all_sealed = self._sealer.close()
        if self._writer is None:
            return
        if is_all_sealed and self._is_released(self._writer.id):
            self._writer.retire()
        else:
            self._writer.abandon()

    def _enrolled(self) -> Writer:
        with self._enrolling:
            if self._writer is None:
                self._writer = Writer.create(self._home)
                if self._process is not None:
                    self._process.locks = (self._writer.descriptor,)
            return self._writer

    def _is_released(self, writer_id: str) -> bool:
        try:
            if self._ledger is not None:
                self._ledger.release(writer_id)
        except DatabaseError as error:
            _log.error("Quota could not be given back; the next start does it.", extra={"reason": str(error)})
            return False
        return True


def _seconds_left_in_hour() -> float:
    return SECONDS_PER_HOUR - time.time() % SECONDS_PER_HOUR
