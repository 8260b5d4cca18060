"""Make events durable: group commit into the write-ahead file that a worker has open.

While one fdatasync runs, the next events gather; then one write and one sync make them all durable. There is no
artificial delay: waiting 2 to 10 ms for more events never helped. The event loop and the writing thread interact twice
per commit and without a lock: the loop puts the gathered events into a queue, and the thread calls back when they are
on disk.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Self

import orjson

from collector.errors import UnavailableError
from collector.metrics import Metrics
from collector.wal.seal_queue import Sealer
from collector.wal.wal_file import WalFile, Writer, encode_line
from contracts.events import LandedEvent
from projects.errors import DatabaseError

if TYPE_CHECKING:
    from collector.wal.sealing_process import SealingProcess
    from contracts.home import Home
    from projects.quota_ledger import QuotaLedger

MAX_QUEUED_BYTES = 32 * 1024 * 1024
"""Bytes that may wait for the disk, about two seconds of a slow one; beyond this the response is 503."""

UNHEALTHY_S = 5.0
"""Seconds after a failed write during which the worker is not ready; then requests try the disk again."""

SECONDS_PER_HOUR = 3600
LOOK_SHARE = 0.2
"""A file is sealed after this share of its maximum age if somebody waits for it."""

OnSettled = Callable[[UnavailableError | None], None]
Waiting = tuple[bytes, Sequence[LandedEvent], OnSettled]
OnLost = Callable[[Sequence[LandedEvent]], None]

_log = logging.getLogger(__name__)


class GroupCommit:
    """Runs a journal in one thread, for the event loop that creates this object.

    Args:
        journal: Used only by the thread.
        max_queued_bytes: Bytes that may wait for the disk, including those being written.
        on_lost: Called in the event loop with events that did not reach the disk.
        metrics: Counts batches and syncs.
    """

    def __init__(
        self,
        journal: Journal,
        *,
        max_queued_bytes: int,
        on_lost: OnLost | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self._journal = journal
        self._max_queued_bytes = max_queued_bytes
        self._on_lost = on_lost
        self._metrics = metrics or Metrics()
        self._loop = asyncio.get_running_loop()  # a system call in some versions of Python
        self._gathered: list[Waiting] = []  # until the thread is free; used only by the event loop
        self._is_writing = False  # as seen by the event loop
        self._batches: queue.SimpleQueue[list[Waiting] | None] = queue.SimpleQueue()
        self._queued_bytes = 0
        self._failed_at: float | None = None
        self._writing_since: float | None = None
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="group-commit")
        self._thread.start()

    async def commit(self, events: Sequence[LandedEvent]) -> None:
        """Return once events are on disk; `on_lost` gets them back if that fails.

        Raises:
            UnavailableError: they are not on disk, and must not be acknowledged.
        """
        on_disk: asyncio.Future[UnavailableError | None] = self._loop.create_future()
        lines = b"".join([encode_line(orjson.dumps(event)) for event in events])
        try:
            self.submit(lines, events, partial(_resolve, on_disk))
        except UnavailableError:
            if self._on_lost is not None:
                self._on_lost(events)
            raise
        failure = await on_disk
        if failure is not None:
            raise failure

    def submit(self, lines: bytes, events: Sequence[LandedEvent], on_settled: OnSettled) -> None:
        """Queue whole lines. Called in the event loop, as are the two callbacks.

        Args:
            lines: From `wal_file.encode_line`.
            events: Their events; `on_lost` gets them back if they do not reach the disk.
            on_settled: Called with None once the lines are on disk, or with the error. It must not raise.

        Raises:
            UnavailableError: the queue is full, or the worker is shutting down.
        """
        if self._is_closing:
            raise UnavailableError("The collector is shutting down; send the event again.")
        if self._queued_bytes + len(lines) > self._max_queued_bytes:
            raise UnavailableError("The disk does not keep up with the events; send this one again.")
        if not self._gathered and not self._is_writing:
            self._loop.call_soon(self._hand_over)  # once for all requests of this turn
        self._gathered.append((lines, events, on_settled))
        self._queued_bytes += len(lines)

    @property
    def is_healthy(self) -> bool:
        """Whether the thread runs and the last write did not fail within the last few seconds."""
        failed_at = self._failed_at
        has_failed = failed_at is not None and time.monotonic() - failed_at < UNHEALTHY_S
        return self._thread.is_alive() and not self._is_closing and not has_failed

    @property
    def queued_bytes(self) -> int:
        """Bytes of lines that are not on disk yet."""
        return self._queued_bytes

    @property
    def writing_s(self) -> float:
        """Seconds since the current write began; 0 without one."""
        since = self._writing_since
        return 0.0 if since is None else time.monotonic() - since

    async def close(self) -> None:
        """Make all queued lines durable, seal them, and end the thread."""
        self._is_closing = True
        self._hand_over()
        self._batches.put(None)
        await asyncio.to_thread(self._thread.join)

    def _hand_over(self) -> None:
        if self._gathered:
            batch, self._gathered = self._gathered, []
            self._is_writing = True
            self._batches.put(batch)

    def _run(self) -> None:
        while True:
            try:
                batch = self._batches.get(timeout=self._journal.seconds_until_roll())
            except queue.Empty:
                self._journal.roll_if_due()
                continue
            if batch is None:
                break
            self._commit(batch)
            self._journal.roll_if_due()
        self._journal.close()

    def _commit(self, batch: list[Waiting]) -> None:
        failure: UnavailableError | None = None
        self._writing_since = began = time.monotonic()
        try:
            self._journal.commit(b"".join([lines for lines, _, _ in batch]))
            self._failed_at = None
            self._count(sum(len(events) for _, events, _ in batch), time.monotonic() - began)
        except OSError as error:
            self._failed_at = time.monotonic()
            _log.error("Events could not be written.", extra={"n_requests": len(batch), "reason": str(error)})
            failure = UnavailableError("The event could not be written to disk; send it again.")
        except Exception:  # noqa: BLE001  # an internal error is logged; the thread continues, so nobody waits for ever
            self._failed_at = time.monotonic()
            _log.exception("Events could not be written.", extra={"n_requests": len(batch)})
            failure = UnavailableError("The collector could not handle the event; send it again.")
            self._journal.roll()
        self._writing_since = None
        self._metrics.write_failures.inc(failure is not None)
        self._loop.call_soon_threadsafe(self._settle, batch, failure)

    def _count(self, n_events: int, seconds: float) -> None:
        self._metrics.accepted.inc(n_events)
        self._metrics.batch_events.observe(n_events)
        self._metrics.fsync_seconds.observe(seconds)
        self._metrics.last_fsync.set_to_current_time()

    def _settle(self, batch: list[Waiting], failure: UnavailableError | None) -> None:
        self._is_writing = False
        self._hand_over()  # first, so that the disk works while these are answered
        for lines, events, on_settled in batch:
            self._queued_bytes -= len(lines)
            if failure is not None and self._on_lost is not None:
                self._on_lost(events)
            on_settled(failure)


def _resolve(on_disk: asyncio.Future[UnavailableError | None], failure: UnavailableError | None) -> None:
    if not on_disk.done():  # done: its client disconnected
        on_disk.set_result(failure)


class Journal:
    """Writes lines durably. One thread uses it; sealing happens in another.

    Args:
        home: The home folder.
        max_bytes: A file is rotated once it has this size.
        max_age_s: A file is rotated once it has this age.
        ledger: Where sealed events are booked; None without quotas.
        process: Does the sealing, if given, instead of this process.
        is_awaited: Whether somebody waits for sealed files; checked after each fifth of `max_age_s`, and the file is
            rotated if so.
    """

    def __init__(  # noqa: PLR0913  # all but one by name
        self,
        home: Home,
        *,
        max_bytes: int,
        max_age_s: float,
        ledger: QuotaLedger | None = None,
        process: SealingProcess | None = None,
        is_awaited: Callable[[], bool] = lambda: False,
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
        self._is_awaited = is_awaited
        self._due_at = self._look_at = 0.0  # from time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def enroll(self) -> str:
        """Return the id of this process as a writer, recorded on disk by the first call. Any thread may call it.

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
            self._look_at = time.monotonic() + self._max_age_s * LOOK_SHARE
        try:
            self._file.append(lines)
        finally:
            if self._file.is_broken or self._file.size >= self._max_bytes:
                self.roll()

    def seconds_until_roll(self) -> float | None:
        """Return the seconds until `roll_if_due` must be called, at least 0; None without an open file."""
        return None if self._file is None else max(0.0, min(self._due_at, self._look_at) - time.monotonic())

    def roll_if_due(self) -> None:
        """Seal the open file once it is old enough, its hour is over, or somebody waits for it."""
        now = time.monotonic()
        if self._file is None or now < min(self._due_at, self._look_at):
            return
        self._look_at = now + self._max_age_s * LOOK_SHARE
        if now >= self._due_at or self._is_awaited():
            self.roll()

    def roll(self) -> None:
        """Seal the open file now; the next lines open another."""
        if self._file is not None:
            self._sealer.submit(self._file)
            self._file = None

    def close(self) -> None:
        """Seal everything and wait for it; files that the disk or the database refuses are left to `recovery`."""
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
