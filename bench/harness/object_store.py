"""An S3-compatible object store on this machine, moto's server, and a gateway in front of it that fails on demand."""

from __future__ import annotations

import http.client
import logging
import os
import random
import secrets
import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from moto.server import ThreadedMotoServer

if TYPE_CHECKING:
    from collections.abc import Iterator

BUCKET = "landing"
SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
FAULTS = ("refuse", "drop", "lose_answer", "half", "lie")
"""503 with SlowDown; a connection cut before the request was passed on, or after the store had done what was asked;
half of the body passed on, then cut; 200 for a segment that the store never saw."""


@dataclass
class ObjectStore:
    """A running store.

    Attributes:
        url: `TURRET_LANDING_URL` for it.
        environment: variables that lead clients through the gateway to it.
        fault_share: share of the requests that fail, 0 to 1.
        is_down: whether every request is refused.
        n_faults: how many requests failed, by kind.
    """

    url: str
    environment: dict[str, str]
    fault_share: float = 0.0
    is_down: bool = False
    n_faults: dict[str, int] = field(default_factory=dict)
    random: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311  # chance, not secrecy
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def as_environment(self) -> Iterator[None]:
        """Give this process the variables of `environment` until the block ends."""
        before = {name: os.environ.get(name) for name in self.environment}
        os.environ.update(self.environment)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value

    def next_fault(self) -> str | None:
        """Return what goes wrong with the next request; None for nothing."""
        with self.lock:
            if self.is_down:
                fault = "refuse"
            elif self.random.random() < self.fault_share:
                fault = self.random.choice(FAULTS)
            else:
                return None
            self.n_faults[fault] = self.n_faults.get(fault, 0) + 1
            return fault


@contextmanager
def serve_object_store() -> Iterator[ObjectStore]:
    """Serve an empty bucket until the block ends."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    gateway = ThreadingHTTPServer(("127.0.0.1", 0), _Gateway)
    gateway.daemon_threads = True
    gateway_url = f"http://127.0.0.1:{gateway.server_address[1]}"
    url = f"s3://{BUCKET}/{secrets.token_hex(8)}"  # moto keeps what it has for as long as its process lives
    environment = {
        "AWS_ENDPOINT_URL": gateway_url,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIDTURRETTESTKEY",
        "AWS_SECRET_ACCESS_KEY": "secret-of-the-test",
    }
    gateway.upstream = (host, port)  # type: ignore[attr-defined]  # the handler finds both at its server
    gateway.store = store = ObjectStore(url, environment)  # type: ignore[attr-defined]
    thread = threading.Thread(target=gateway.serve_forever, daemon=True)
    thread.start()
    try:
        connection = http.client.HTTPConnection(host, port)
        connection.request("PUT", f"/{BUCKET}")
        connection.getresponse().read()
        connection.close()
        yield store
    finally:
        gateway.shutdown()
        gateway.server_close()
        moto.stop()


class _Gateway(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle(self) -> None:
        """Answer the requests of a connection; a client that was killed ends it."""
        with suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        self._pass_on()

    do_PUT = do_HEAD = do_POST = do_DELETE = do_GET  # noqa: N815 - the same

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the same
        """Log nothing."""

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.server.store.next_fault()  # type: ignore[attr-defined]
        if fault == "refuse":
            self._answer(503, {"Content-Type": "application/xml"}, SLOW_DOWN)
            return
        if fault == "lie" and self.command == "PUT":
            self._answer(200, {"ETag": '"0"'}, b"")
            return
        if fault == "drop":
            self._hang_up()
            return
        connection = http.client.HTTPConnection(*self.server.upstream, timeout=30)  # type: ignore[attr-defined]
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                connection.putheader(name, value)
            connection.endheaders()
            if fault == "half":
                connection.send(body[: len(body) // 2])
                self._hang_up()
                return
            connection.send(body)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if fault == "lose_answer":
            self._hang_up()
            return
        self._answer(answer.status, dict(answer.getheaders()), content)

    def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                self.send_header(name, value)
        self.send_header("Content-Length", headers.get("Content-Length", str(len(content))))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
