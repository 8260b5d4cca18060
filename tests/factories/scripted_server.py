"""An HTTP server on loopback that gives scripted answers: a collector that fails."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Answer = tuple[int, dict[str, str], dict[str, Any]]
"""Status, headers and JSON body; status 0 closes the connection without an answer."""


@dataclass
class ScriptedServer:
    """A running server; `requests` holds path, key and body of each POST, in order."""

    url: str
    requests: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)


@contextmanager
def scripted_server(script: Callable[[int, dict[str, Any]], Answer]) -> Iterator[ScriptedServer]:
    """Serve POST requests; `script` gets the number of the request, from 0, and its body."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                number = len(served.requests)
                served.requests.append((self.path, self.headers["X-API-Key"], body))
            status, headers, document = script(number, body)
            if status:
                self._answer(status, headers, json.dumps(document).encode())
            else:
                self.close_connection = True

        def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served = ScriptedServer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
