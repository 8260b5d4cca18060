"""Uvicorn's HTTP protocol with a shorter way for events.

For each request uvicorn makes a scope, an event, two callables and a task, and the task is woken again when the disk
has confirmed. That is more than judging an event costs. A `POST` to `/track` or `/batch` that is plain JSON of a known
length, with a key that was seen a moment ago, needs none of it: its body is gathered here, handed over whole, and the
answer written when it is known. Every other request goes the way uvicorn has for it, and both ways give the same
bytes.

Uvicorn also writes head and body of an answer one by one. Each write is a system call and a packet of its own, and for
answers as small as ours these two are a good part of what a request costs: measured here, one write less saves a sixth.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from collector.http.event_routes import EventRoutes
from collector.http.responses import Answer, broken_http

if TYPE_CHECKING:
    from collector.http.event_routes import Admitted


class CollectorProtocol(HttpToolsProtocol):
    """Serves one connection."""

    cycle: Any  # a RequestResponseCycle of uvicorn's, or an EventRequest
    transport: Any

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._routes = self.app if isinstance(self.app, EventRoutes) and not self.access_log else None
        self._idle_since: float | None = None  # of loop.time(); None while a request is under way

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin."""
        super().connection_made(cast("asyncio.Transport", GatheringTransport(transport, self.loop)))

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        super().connection_lost(exc)
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None

    # ------------------------------------------------------------------------------------------- the parser's callbacks

    def on_message_begin(self) -> None:
        """Begin a request; its scope is only made if it is needed."""
        self.url = b""
        self.expect_100_continue = False
        self.headers = []

    def on_headers_complete(self) -> None:
        """Choose the way."""
        admitted = self._admit()
        if admitted is not None:
            self.cycle = EventRequest(admitted, keep_alive=self.parser.should_keep_alive())
            return
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(headers)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Gather the body."""
        if isinstance(self.cycle, EventRequest):
            self.cycle.add(body)
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Hand the request over."""
        request = self.cycle
        if not isinstance(request, EventRequest):
            super().on_message_complete()
        elif self._routes is not None:
            request.more_body = False
            self._routes.take(request.admitted, bytes(request.body), partial(self._reply, request))

    def _admit(self) -> Admitted | None:
        """Return what is known of a request that may go the short way; None where it may not."""
        parser = self.parser
        if (
            self._routes is None
            or (self.cycle is not None and not self.cycle.response_complete)  # pipelined: it waits for its turn
            or self.flow.write_paused
            or self.expect_100_continue
            or parser.get_method() != b"POST"
            or parser.should_upgrade()
            or parser.get_http_version() != "1.1"
        ):
            return None
        return self._routes.admit(self.url, self.scheme, self.client, self.headers)

    # ------------------------------------------------------------------------------------------------------- answers

    def _reply(self, request: EventRequest, answer: Answer) -> None:
        request.response_complete = True
        if self.transport.is_closing():  # the client is gone, or too slow in coming
            return
        start = STATUS_LINE[answer.status] + self._default_headers()
        self.transport.write_now(answer.to_bytes(start, keep_alive=request.keep_alive))
        if not request.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def _default_headers(self) -> bytes:
        """Return the headers that uvicorn gives every answer; it makes them anew once a second."""
        headers = self.server_state.default_headers
        known, encoded = _encoded_headers
        if known is not headers:
            encoded = b"".join([b"%b: %b\r\n" % header for header in headers])
            _encoded_headers[:] = headers, encoded
        return cast("bytes", encoded)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, in our own form, once what came before it is answered."""
        if self._routes is not None:
            self._routes.count("INVALID_REQUEST")
        if self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body:
            self.cycle.keep_alive = False
            self.flow.pause_reading()
            return
        answer = broken_http(msg)
        self.transport.write(answer.to_bytes(STATUS_LINE[answer.status] + self._default_headers(), keep_alive=False))
        self.transport.close()

    # ------------------------------------------------------------------------------------------------- idle connections

    def on_response_complete(self) -> None:
        """Go on with the next request, or wait for it."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._look_again_in(self.timeout_keep_alive)

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that was idle for too long. One timer serves many requests, so it may be early."""
        self.timeout_keep_alive_task = None
        if self._idle_since is None or self.transport.is_closing():
            return
        left_s = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left_s > 0:
            self._look_again_in(left_s)
        else:
            self.transport.close()

    def _look_again_in(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def _unset_keepalive_if_required(self) -> None:
        self._idle_since = None


_encoded_headers: list[Any] = [None, b""]


class EventRequest:
    """A request on the short way. For uvicorn, which waits for it and stops it, it looks like one of its cycles."""

    __slots__ = ("admitted", "body", "disconnected", "keep_alive", "more_body", "response_complete")

    message_event = asyncio.Event()  # nobody waits for it

    def __init__(self, admitted: Admitted, *, keep_alive: bool) -> None:
        self.admitted = admitted
        self.keep_alive = keep_alive
        self.body: bytes | bytearray = b""
        self.more_body = True
        self.disconnected = False
        self.response_complete = False

    def add(self, body: bytes) -> None:
        """Take in a part of the body; most have one."""
        if not self.body:
            self.body = body
            return
        if isinstance(self.body, bytes):
            self.body = bytearray(self.body)
        self.body += body


class GatheringTransport:
    """A transport that passes on what was written in one turn of the event loop as one write, in order."""

    __slots__ = ("_gathered", "_loop", "_transport", "is_closing")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._gathered: list[bytes] = []
        self.is_closing = transport.is_closing

    def write(self, data: bytes) -> None:
        """Write at the end of this turn."""
        if not self._gathered:
            self._loop.call_soon(self._flush)
        self._gathered.append(data)

    def write_now(self, data: bytes) -> None:
        """Write what was gathered, and this."""
        if self._gathered:
            self._flush()
        self._transport.write(data)

    def close(self) -> None:
        """Write what was gathered, then close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._gathered:
            gathered, self._gathered = self._gathered, []
            self._transport.write(b"".join(gathered))

    def __getattr__(self, name: str) -> Any:
        # Everything else is the transport's own business.
        return getattr(self._transport, name)
