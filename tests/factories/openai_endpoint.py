"""A real HTTP server that speaks OpenAI's protocol, well or badly as each test asks."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from ml.llm.openai_client import make_client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from openai import OpenAI


@dataclass
class Reply:
    """What the server answers to one request."""

    body: bytes
    status: int = 200
    is_cut_off: bool = False
    is_late: bool = False


@dataclass
class Endpoint:
    """The server's side of the conversation.

    `plan` holds one function from request to reply for each coming request; the last one answers all that follow.
    """

    address: str
    plan: list[Callable[[dict[str, Any]], Reply]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def client(self, *, timeout_s: float = 20.0, max_retries: int = 2) -> OpenAI:
        return make_client(self.address, "canary-key", timeout_s, max_retries)

    def reply(self, body: bytes) -> Reply:
        request = json.loads(body)
        self.bodies.append(body)
        self.requests.append(request)
        answer = self.plan.pop(0) if len(self.plan) > 1 else self.plan[0]
        return answer(request)


class _Handler(BaseHTTPRequestHandler):
    endpoint: Endpoint

    def do_POST(self) -> None:
        reply = self.endpoint.reply(self.rfile.read(int(self.headers["Content-Length"])))
        if reply.is_late:
            self.endpoint.stopped.wait(30)
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("retry-after-ms", "1")
        self.send_header("Content-Length", str(len(reply.body) * (2 if reply.is_cut_off else 1)))
        self.end_headers()
        self.wfile.write(reply.body)
        self.close_connection = reply.is_cut_off

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name that the base class gives
        """Keep the test's output clean."""


def answer_json(value: object, status: int = 200) -> Callable[[dict[str, Any]], Reply]:
    """The same JSON for every request."""
    return lambda _: Reply(json.dumps(value).encode(), status)


def answer_late(_: dict[str, Any]) -> Reply:
    """No answer while the test runs."""
    return Reply(b"", is_late=True)


def answer_status(status: int) -> Callable[[dict[str, Any]], Reply]:
    """An error that quotes the request, as some servers do."""
    return lambda request: Reply(json.dumps({"error": {"message": json.dumps(request)}}).encode(), status)


@contextmanager
def serve_endpoint() -> Iterator[Endpoint]:
    """Run the server on a free port of this machine until the block ends."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.endpoint = Endpoint(f"http://127.0.0.1:{server.server_port}/v1")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield handler.endpoint
    finally:
        handler.endpoint.stopped.set()
        server.shutdown()
        thread.join()
        server.server_close()
