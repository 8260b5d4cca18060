"""Group commit: while one fdatasync runs, the next events gather; then one write and one sync make them all durable.

Nothing waits on purpose for more company: measured here, a linger of 2 to 10 ms never helped.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from collector.errors import UnavailableError
from collector.metrics import Metrics
from contracts.events import LandedEvent

if TYPE_CHECKING:
    from collector.journal import Journal

UNHEALTHY_S = 5.0
"""So long after a failed write the worker counts as not ready; then traffic may try again whether the disk is back."""

Waiting = tuple[bytes, Sequence[LandedEvent], asyncio.Future[None]]
OnLost = Callable[[Sequence[LandedEvent]], None]

_log = logging.getLogger(__name__)


class GroupCommit:
    """One thread that drives a journal for the event loop that makes this object.

    Args:
        journal: Used by the thread alone.
        max_queued_bytes: What may wait for the disk, what is being written included.
        on_lost: Called in the event loop with events that were submitted and did not reach the disk.
        metrics: Where batches and syncs are counted.
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
        self._loop = asyncio.get_running_loop()
        self._gathered: list[Waiting] = []  # of this turn of the event loop, and used by it alone
        self._queue: list[Waiting] = []  # shared with the thread
        self._queued_bytes = 0
        self._failed_at: float | None = None
        self._writing_since: float | None = None
        self._is_closing = False
        self._has_ended = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="group-commit")
        self._thread.start()

    def submit(self, lines: bytes, events: Sequence[LandedEvent] = ()) -> asyncio.Future[None]:
        """Queue whole lines; the future is done once they are on disk, and fails with `UnavailableError` if not.

        Every caller gets a future of its own: one who hangs up cancels only himself. `events` are what the lines
        hold; `on_lost` gets them back if they do not reach the disk, whether or not somebody still waits.

        Raises:
            UnavailableError: the queue is full, or the worker is shutting down.
        """
        if self._is_closing:
            raise UnavailableError("The collector is shutting down; send the event again.")
        if self._queued_bytes + len(lines) > self._max_queued_bytes:
            raise UnavailableError("The disk does not keep up with the events; send this one again.")
        future: asyncio.Future[None] = self._loop.create_future()
        if not self._gathered:
            self._loop.call_soon(self._hand_over)  # one lock and one wake-up for all requests of this turn
        self._gathered.append((lines, events, future))
        self._queued_bytes += len(lines)
        return future

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
        """For how long the write now under way has been going on, in seconds; 0 where there is none."""
        since = self._writing_since
        return 0.0 if since is None else time.monotonic() - since

    def close(self) -> None:
        """Make durable what is queued, seal it, and end the thread. Blocks: call it from outside the event loop."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join()

    def _hand_over(self) -> None:
        batch, self._gathered = self._gathered, []
        with self._changed:
            if not self._has_ended:
                self._queue += batch
                self._changed.notify()
                return
        self._settle(batch, UnavailableError("The collector is shutting down; send the event again."))

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._queue and not self._is_closing:
                    self._changed.wait(self._journal.seconds_until_roll())
                batch, self._queue = self._queue, []
                is_last = self._is_closing
                self._has_ended = is_last
            if batch:
                self._commit(batch)
            self._journal.roll_if_due()
            if is_last:
                break
        self._journal.close()

    def _commit(self, batch: list[Waiting]) -> None:
        failure: UnavailableError | None = None
        self._writing_since = began = time.monotonic()
        try:
            self._journal.commit(b"".join([lines for lines, _, _ in batch]))
            self._failed_at = None
            self._metrics.synced(sum(len(events) for _, events, _ in batch), time.monotonic() - began)
        except OSError as error:
            self._failed_at = time.monotonic()
            _log.error("Events could not be written.", extra={"n_requests": len(batch), "reason": str(error)})
            failure = UnavailableError("The event could not be written to disk; send it again.")
        except Exception:  # noqa: BLE001  # a fault of ours, logged whole; the thread lives on, and nobody waits for ever
            self._failed_at = time.monotonic()
            _log.exception("Events could not be written.", extra={"n_requests": len(batch)})
            failure = UnavailableError("The collector could not handle the event; send it again.")
            self._journal.roll()
        self._writing_since = None
        self._metrics.n_write_failures += failure is not None
        self._loop.call_soon_threadsafe(self._settle, batch, failure)

    def _settle(self, batch: list[Waiting], failure: UnavailableError | None) -> None:
        for lines, events, future in batch:
            self._queued_bytes -= len(lines)
            if failure is None:
                self._metrics.n_accepted += len(events)
            elif self._on_lost is not None:
                self._on_lost(events)
            if future.done():  # its client hung up
                continue
            if failure is None:
                future.set_result(None)
            else:
                future.set_exception(failure)
