"""An OTLP receiver that only records requests: `with otlp_sink() as sink`, then `sink.requests`."""

from __future__ import annotations

import gzip
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class SinkRequest(NamedTuple):
    """One request; `body` without its compression."""

    path: str
    content_type: str
    encoding: str
    authorization: str
    body: bytes


@dataclass
class Sink:
    """A running receiver."""

    url: str
    requests: list[SinkRequest] = field(default_factory=list)


@contextmanager
def otlp_sink() -> Iterator[Sink]:
    """Answer 200 to every POST on a free port until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length")
            body = b"".join(self._chunks()) if length is None else self.rfile.read(int(length))
            encoding = self.headers.get("Content-Encoding", "")
            kind, key = self.headers["Content-Type"], self.headers.get("Authorization", "").partition(" ")[0]
            body = gzip.decompress(body) if encoding == "gzip" else body
            sink.requests.append(SinkRequest(self.path, kind, encoding, key, body))
            self._answer()

        def _chunks(self) -> Iterator[bytes]:
            """Read a body that is sent in chunks, as OpenTelemetry's exporter for Node does."""
            while n_bytes := int(self.rfile.readline(), 16):
                yield self.rfile.read(n_bytes)
                self.rfile.readline()
            self.rfile.readline()

        def do_GET(self) -> None:
            self._answer()

        def _answer(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    sink = Sink(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield sink
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
