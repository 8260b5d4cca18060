"""Serve peers of the collector, and faulty collectors that the trials must detect.

    raw                a raw ASGI app that reads the body and parses it with orjson: the minimum cost of HTTP here
    not-durable        our handler without writing to disk
    ordinary           an ordinary FastAPI + pydantic route that syncs each event
    acknowledge-early  WRONG: our collector, but it answers before it writes
    fast-clock         our collector on a machine whose clock is four minutes ahead
    slow-clock         the same, three minutes behind
    no-sync            WRONG: our collector, but the disk is never asked to confirm

All of them run on the same uvicorn with uvloop and httptools.
"""

from __future__ import annotations

import argparse
import os
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, Field

from collector.app import create_app
from collector.server import serve
from collector.wal.journal import GroupCommit
from contracts.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

    from collector.wal.journal import OnSettled
    from contracts.events import LandedEvent


async def raw(scope: Scope, receive: Receive, send: Send) -> None:
    """Read the body, parse it, answer 200."""
    if scope["type"] != "http":
        return
    message = await receive()
    body = message["body"]
    while message["more_body"]:
        message = await receive()
        body += message["body"]
    orjson.loads(body)
    answer = b'{"success":true}'
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


class OrdinaryEvent(BaseModel):
    """The body of an ordinary service's route."""

    name: str = Field(min_length=1, max_length=255)
    metadata: dict[str, Any]
    session_id: str | None = Field(default=None, max_length=255)
    user_id: str | None = Field(default=None, max_length=255)


def make_ordinary() -> ASGIApp:
    """Build an ordinary service: validated by pydantic, appended to a file, synced, answered."""
    api = FastAPI()
    lock = threading.Lock()
    home = load_settings().home
    home.mkdir(parents=True, exist_ok=True)
    file = (home / "events.ndjson").open("ab")

    @api.post("/track")
    def track(event: OrdinaryEvent) -> dict[str, bool]:
        line = event.model_dump_json().encode() + b"\n"
        with lock:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        return {"success": True}

    return api


class NoCommit(GroupCommit):
    """Drops every event, so that only the handler without the disk remains."""

    def submit(self, lines: bytes, events: Sequence[LandedEvent], on_settled: OnSettled) -> None:  # noqa: ARG002
        """Say that it is done."""
        on_settled(None)


class EarlyCommit(GroupCommit):
    """WRONG: says that events are on disk when they are only queued for it."""

    def submit(self, lines: bytes, events: Sequence[LandedEvent], on_settled: OnSettled) -> None:
        """Queue lines and acknowledge them at once."""
        super().submit(lines, events, lambda _: None)
        on_settled(None)


def _claim_synced(_: int) -> None:
    pass


def serve_no_sync(port: int) -> None:
    """Serve a collector that writes but never syncs."""
    os.fdatasync = _claim_synced  # type: ignore[assignment]  # the wrong is the point
    serve_collector(GroupCommit, port)


def serve_shifted(seconds: int, port: int) -> None:
    """Serve our collector with a clock that is so many seconds ahead."""
    seconds_now, nanoseconds_now = time.time, time.time_ns
    time.time = lambda: seconds_now() + seconds
    time.time_ns = lambda: nanoseconds_now() + seconds * 10**9
    serve_collector(GroupCommit, port)


def serve_collector(commits: type[GroupCommit], port: int) -> None:
    """Serve our collector like its own command, with other commits."""
    serve(load_settings(collector_port=port), print, partial(create_app, commits=commits))


def serve_app(app: Callable[[], ASGIApp], port: int) -> None:
    """Serve another application on plain uvicorn with the options that the collector has."""
    uvicorn.run(
        app,
        factory=True,
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=2048,
        timeout_keep_alive=75,
    )


VARIANTS: dict[str, Callable[[int], None]] = {
    "raw": partial(serve_app, lambda: raw),
    "not-durable": partial(serve_collector, NoCommit),
    "ordinary": partial(serve_app, make_ordinary),
    "acknowledge-early": partial(serve_collector, EarlyCommit),
    "no-sync": serve_no_sync,
    "fast-clock": partial(serve_shifted, 240),
    "slow-clock": partial(serve_shifted, -180),
}


def main() -> None:
    """Serve one variant on 127.0.0.1 until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("variant", choices=sorted(VARIANTS))
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    VARIANTS[options.variant](options.port)


if __name__ == "__main__":
    main()
