"""Group commit: while one fdatasync runs, the next events gather; then one write and one sync make them all durable.

Nothing waits on purpose for more company: measured here, a linger of 2 to 10 ms never helped.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from collector.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.journal import Journal

UNHEALTHY_S = 5.0
"""So long after a failed write the worker counts as not ready; then traffic may try again whether the disk is back."""

_log = logging.getLogger(__name__)


class GroupCommit:
    """One thread that drives a journal for the event loop that makes this object."""

    def __init__(self, journal: Journal, *, max_queued_bytes: int) -> None:
        self._journal = journal
        self._max_queued_bytes = max_queued_bytes
        self._loop = asyncio.get_running_loop()
        self._queue: deque[tuple[bytes, asyncio.Future[None]]] = deque()
        self._queued_bytes = 0
        self._failed_at: float | None = None
        self._is_closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="group-commit")
        self._thread.start()

    def submit(self, lines: bytes) -> asyncio.Future[None]:
        """Queue whole lines; the future is done once they are on disk, and fails with `UnavailableError` if not.

        Every caller gets a future of its own: one who hangs up cancels only himself.

        Raises:
            UnavailableError: the queue is full, or the worker is shutting down.
        """
        future: asyncio.Future[None] = self._loop.create_future()
        with self._changed:
            if self._is_closing:
                raise UnavailableError("The collector is shutting down; send the event again.")
            if self._queued_bytes + len(lines) > self._max_queued_bytes:
                raise UnavailableError("The disk does not keep up with the events; send this one again.")
            self._queue.append((lines, future))
            self._queued_bytes += len(lines)
            self._changed.notify()
        return future

    @property
    def is_healthy(self) -> bool:
        """Whether the thread runs and the last write did not fail within the last few seconds."""
        failed_at = self._failed_at
        has_failed = failed_at is not None and time.monotonic() - failed_at < UNHEALTHY_S
        return self._thread.is_alive() and not self._is_closing and not has_failed

    def close(self) -> None:
        """Make durable what is queued, seal it, and end the thread. Blocks: call it from outside the event loop."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._queue and not self._is_closing:
                    self._changed.wait(self._journal.seconds_until_roll())
                batch, self._queue, self._queued_bytes = self._queue, deque(), 0
                is_last = self._is_closing
            if batch:
                self._commit(batch)
            self._journal.roll_if_due()
            if is_last:
                break
        self._journal.close()

    def _commit(self, batch: Sequence[tuple[bytes, asyncio.Future[None]]]) -> None:
        failure: UnavailableError | None = None
        try:
            self._journal.commit(b"".join([lines for lines, _ in batch]))
            self._failed_at = None
        except OSError as error:
            self._failed_at = time.monotonic()
            _log.error("Events could not be written.", extra={"n_requests": len(batch), "reason": str(error)})
            failure = UnavailableError("The event could not be written to disk; send it again.")
        except Exception:  # noqa: BLE001  # a fault of ours, logged whole; the thread lives on, and nobody waits for ever
            self._failed_at = time.monotonic()
            _log.exception("Events could not be written.", extra={"n_requests": len(batch)})
            failure = UnavailableError("The collector could not handle the event; send it again.")
            self._journal.roll()
        self._loop.call_soon_threadsafe(_settle, [future for _, future in batch], failure)


def _settle(futures: list[asyncio.Future[None]], failure: UnavailableError | None) -> None:
    for future in futures:
        if future.done():  # its client hung up
            continue
        if failure is None:
            future.set_result(None)
        else:
            future.set_exception(failure)
