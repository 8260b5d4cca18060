"""Sends events to Turret in the background. `track` never raises and never waits."""

from __future__ import annotations

import asyncio
import atexit
import functools
import http.client
import io
import json
import logging
import os
import random
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
import weakref
from collections import deque
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timezone
from multiprocessing import util as multiprocessing_util
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Mapping

__all__ = ["Turret"]

log = logging.getLogger("turret")
RETRY = {408, 429, 500, 502, 503, 504}
HALVE = {400, 413}  # one event may have spoilt the batch, or the batch may be too large
MAX_BATCH_BYTES = 4_000_000  # a quarter of what the collector accepts by default
MAX_BACKOFF_S = 30.0
_conversation: ContextVar[tuple[str | None, str | None]] = ContextVar("turret_conversation", default=(None, None))
_clients: weakref.WeakSet[Turret] = weakref.WeakSet()


class Turret:
    """A bounded queue of events, and a thread that sends them in batches.

    Args:
        url: The collector, such as `http://127.0.0.1:8000`.
        key: A project's key.
        max_events: Maximum number of waiting events; further ones are dropped and counted.
        batch: Number of events per request, at most 1,000.
        every_s: Seconds for which an event waits for others.
        timeout_s: Maximum seconds until a response.
        give_up_s: Seconds for which a batch is retried.

    Raises:
        ValueError: the address is not an HTTP URL, or the key cannot be sent in a header.
    """

    _changed: threading.Condition
    _events: deque[bytes]
    _thread: threading.Thread | None
    _n_in_flight: int
    _is_hasty: bool
    _is_closing: bool
    _deadline: float

    def __init__(  # noqa: PLR0913  # one for each thing that apps differ in
        self,
        url: str,
        key: str,
        *,
        max_events: int = 10_000,
        batch: int = 100,
        every_s: float = 1.0,
        timeout_s: float = 5.0,
        give_up_s: float = 600.0,
    ) -> None:
        self.sent = 0
        self.dropped = 0
        address = urllib.parse.urlsplit(url)
        if address.scheme not in {"http", "https"} or not address.hostname:
            raise ValueError(f"url must be like http://127.0.0.1:8000, with http:// or https://, not {url!r}.")
        if not (key and key.isascii() and key.isprintable()):
            raise ValueError("key must be printable ASCII text, without a line break.")
        self._url = url.rstrip("/") + "/batch"
        self._headers = {"X-API-Key": key, "Content-Type": "application/json"}
        self._max_events, self._batch, self._every_s = max_events, batch, every_s
        self._timeout_s, self._give_up_s = timeout_s, give_up_s
        self._is_failing = False
        self._begin()
        _clients.add(self)
        atexit.register(self.close)
        _close_with_process(self)
        multiprocessing_util.register_after_fork(self, _close_with_process)

    def track(
        self,
        name: str,
        metadata: Mapping[str, Any],
        *,
        session_id: str | None = None,
        user_id: str | None = None,
        event_id: str | None = None,
    ) -> bool:
        """Queue one event; False if it cannot be sent: the queue is full or closed, or a value is not JSON.

        With an `event_id` of your own, which must be unique, `feedback` can be about the event later.
        """
        session, user = _conversation.get()
        return self._queue(
            {
                "name": name,
                "metadata": metadata,
                "session_id": session_id or session,
                "user_id": user_id or user,
                "event_id": event_id or str(uuid.uuid4()),  # makes a retry harmless
            }
        )

    def feedback(  # noqa: PLR0913  # the fields of /feedback
        self,
        score: float,
        *,
        event_id: str | None = None,
        session_id: str | None = None,
        scale: int | None = None,
        label: str | None = None,
        comment: str | None = None,
        user_id: str | None = None,
        feedback_id: str | None = None,
    ) -> bool:
        """Queue feedback about an event or a session; False if it cannot be sent, as `track`.

        Args:
            score: -1 (bad) to 1 (good); with a scale, 1 to that scale.
            event_id: The event that it is about.
            session_id: The session that it is about. Without both ids, the session of `conversation`.
            scale: The best score of a scale from 1, such as 5 for stars.
            label: The kind of feedback, or its reason in short.
            comment: What the person wrote.
            user_id: Who gave it; the user of `conversation` by default.
            feedback_id: Your own id of this feedback; the same id counts once.
        """
        session, user = _conversation.get()
        return self._queue(
            {
                "type": "feedback",
                "score": score,
                "event_id": event_id,
                "session_id": session_id or (None if event_id else session),
                "scale": scale,
                "label": label,
                "comment": comment,
                "user_id": user_id or user,
                "feedback_id": feedback_id or str(uuid.uuid4()),  # makes a retry harmless
            }
        )

    def _queue(self, item: dict[str, Any]) -> bool:
        try:
            item["timestamp"] = datetime.now(timezone.utc).isoformat()  # when it happened, not when it was sent
            # Encode now, because the app may change its dict. A lone surrogate becomes a question mark.
            data = json.dumps(item, allow_nan=False, ensure_ascii=False).encode(errors="replace")
        except Exception as error:  # noqa: BLE001  # nothing that an app sends may break it
            log.warning("turret: an event cannot be sent: %s", type(error).__name__)
            data = b""
        with self._changed:
            if not data or self._is_closing or len(self._events) >= self._max_events:
                self.dropped += 1
                return False
            self._events.append(data)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="turret", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        return True

    @contextmanager
    def conversation(self, *, session_id: str | None = None, user_id: str | None = None) -> Iterator[None]:
        """Set the session and user of every event sent inside the block that has none of its own."""
        token = _conversation.set((session_id, user_id))
        try:
            yield
        finally:
            _conversation.reset(token)

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Send queued events until the timeout; False if some are left."""
        with self._changed:
            self._is_hasty = True
            self._changed.notify_all()
            is_done = self._changed.wait_for(lambda: not self._events and not self._n_in_flight, timeout_s)
            self._is_hasty = False
        return is_done

    def close(self, timeout_s: float = 5.0) -> None:
        """Send queued events until the timeout. Called at exit."""
        with self._changed:
            self._deadline = time.monotonic() + timeout_s
            self._is_closing = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(timeout_s)

    async def aclose(self, timeout_s: float = 5.0) -> None:
        """Do the same as `close` without blocking the event loop."""
        await asyncio.get_running_loop().run_in_executor(None, self.close, timeout_s)

    def __enter__(self) -> Turret:  # noqa: PYI034  # `Self` came with Python 3.11
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Turret:  # noqa: PYI034  # the same
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def _begin(self) -> None:
        """Start with an empty queue: initially, and in a forked process, whose parent sends the queued events."""
        self._changed = threading.Condition()
        self._events = deque()
        self._thread = None
        self._n_in_flight = 0
        self._is_hasty = self._is_closing = False
        self._deadline = float("inf")

    def _run(self) -> None:
        while events := self._take():
            self._send(events)
            with self._changed:
                self._n_in_flight = 0
                self._changed.notify_all()

    def _take(self) -> list[bytes]:
        """Return the next events, once a batch is full or the first has waited long enough; none at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._events or self._is_closing)
            self._changed.wait_for(
                lambda: len(self._events) >= self._batch or self._is_hasty or self._is_closing, self._every_s
            )
            events: list[bytes] = []
            n_bytes = 0
            while self._events and len(events) < self._batch:
                n_bytes += len(self._events[0]) + 1  # a comma
                if events and n_bytes > MAX_BATCH_BYTES:
                    break
                events.append(self._events.popleft())
            self._n_in_flight = len(events)
            return events

    def _send(self, events: list[bytes]) -> None:
        began, attempt = time.monotonic(), 0
        while True:
            retry_after_s = self._post(events)
            if retry_after_s is None:
                return
            attempt += 1
            backoff_s = random.uniform(0.5, 1.0) * min(MAX_BACKOFF_S, 0.25 * 2**attempt)  # noqa: S311  # no secret
            wait_s = max(retry_after_s, backoff_s)
            if time.monotonic() + wait_s > min(began + self._give_up_s, self._deadline):
                self.dropped += len(events)
                log.warning("turret: %d events were dropped after %d attempts", len(events), attempt)
                return
            with self._changed:
                was_closing = self._is_closing
                self._changed.wait_for(lambda: self._is_closing and not was_closing, wait_s)  # noqa: B023  # waited for

    def _post(self, events: list[bytes]) -> float | None:
        """Return None when done, or the seconds after which to retry."""
        body = b'{"events":[' + b",".join(events) + b"]}"
        try:
            request = urllib.request.Request(self._url, body, self._headers)  # noqa: S310  # the app's own address
            with _opener().open(request, timeout=self._timeout_s) as answer:
                result = json.load(answer)
                accepted, rejected, results = result["accepted"], result["rejected"], result["results"]
        except urllib.error.HTTPError as error:
            with error:
                if error.code in RETRY:
                    self._warn_once(f"status {error.code}")
                    return _seconds(error.headers.get("Retry-After"))
            if error.code in HALVE and len(events) > 1:
                middle = len(events) // 2
                self._send(events[:middle])
                self._send(events[middle:])
                return None
            self.dropped += len(events)  # our own error: a retry will not help
            log.error("turret: a batch was refused with status %d", error.code)  # noqa: TRY400  # no traceback of ours
            return None
        except Exception as error:  # noqa: BLE001  # no connection, a broken answer: event_id makes a second try harmless
            self._warn_once(str(error) or type(error).__name__)
            return 0.0
        self._is_failing = False
        self.sent += accepted
        self.dropped += rejected
        for item in results:
            if not item.get("success"):
                log.error("turret: an event was refused: %s", item.get("error"))
        return None

    def _warn_once(self, reason: str) -> None:
        """Log the first of consecutive failures."""
        if not self._is_failing:
            log.warning("turret: events could not be sent, and will be tried again: %s", reason)
        self._is_failing = True


class _Answer(http.client.HTTPResponse):
    """A response to be read by one deadline: the timeout of a socket restarts with each byte."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_Timed(sock, self.fp.detach()))


class _Timed(io.RawIOBase):
    def __init__(self, sock: socket.socket, raw: io.RawIOBase) -> None:
        self._sock, self._raw = sock, raw
        self._deadline = time.monotonic() + (sock.gettimeout() or 0.0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left_s = self._deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the answer took too long")
        self._sock.settimeout(left_s)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Deadline(urllib.request.AbstractHTTPHandler):
    """Makes a urllib handler read its responses as `_Answer`."""

    def do_open(self, http_class: Any, req: urllib.request.Request, **http_conn_args: Any) -> Any:
        def connection(*args: Any, **more: Any) -> Any:
            made = http_class(*args, **more)
            made.response_class = _Answer
            return made

        return super().do_open(connection, req, **http_conn_args)


class _HTTPHandler(_Deadline, urllib.request.HTTPHandler):
    pass


class _HTTPSHandler(_Deadline, urllib.request.HTTPSHandler):
    pass


@functools.cache
def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_HTTPHandler, _HTTPSHandler)


def _close_with_process(client: Turret) -> None:
    """Close a client when a process of multiprocessing ends, which does not run `atexit`."""
    multiprocessing_util.Finalize(client, client.close, exitpriority=10)


def _seconds(retry_after: str | None) -> float:
    try:
        return max(0.0, float(retry_after or 0))
    except ValueError:
        return 0.0


def _begin_again() -> None:
    for client in list(_clients):
        client._begin()  # noqa: SLF001  # this module's own


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_again)
