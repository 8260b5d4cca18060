"""Events on the short way through the HTTP protocol get, to the byte, the answers that ASGI gives them."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
import pytest
import uvicorn

from collector.app import create_app
from collector.http.event_routes import EventRoutes
from collector.http.protocol import CollectorProtocol
from contracts.settings import load_settings
from projects import open_projects
from tests.collector.conftest import make_project
from tests.factories.landed_segments import landed_events

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

GOOD = {"name": "m", "event_id": "e", "session_id": "s", "user_id": "u", "metadata": {"prompt": "hi"}}
BAD = {"name": "m", "metadata": {"text": "x" * 10_001}}
BODIES: list[tuple[str, bytes]] = [
    ("/track", orjson.dumps(GOOD)),
    ("/track", orjson.dumps(BAD)),
    ("/track", b'{"metadata":{}}'),
    ("/track", b"{"),
    ("/track", b""),
    ("/track", b'{"name":"m","metadata":{"n":18446744073709551616}}'),
    ("/batch", orjson.dumps({"events": [GOOD, BAD, {}, GOOD]})),
    ("/batch", orjson.dumps({"events": [BAD]})),
    ("/batch", b'{"events":[]}'),
    ("/batch", b"[]"),
]


@dataclass
class Served:
    """A collector in this process. `asgi_paths` are those of the requests that went the way of ASGI."""

    server: uvicorn.Server
    port: int
    key: str
    asgi_paths: list[str] = field(default_factory=list)

    async def talk(self, *parts: bytes) -> bytes:
        """Send bytes over a new connection, in these parts; return all answers once the collector has closed it."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        for part in parts:
            writer.write(part)
            await writer.drain()
        try:
            return await reader.read()
        finally:
            writer.close()

    def head(self, path: str, *headers: str, version: str = "1.1") -> bytes:
        """The head of a POST, its end included."""
        lines = [f"POST {path} HTTP/{version}", "Host: x", f"X-API-Key: {self.key}", "Content-Type: application/json"]
        return "\r\n".join([*lines, *headers, "", ""]).encode()

    def post(self, path: str, body: bytes, *headers: str, version: str = "1.1") -> bytes:
        """A whole POST of known length."""
        return self.head(path, f"Content-Length: {len(body)}", *headers, version=version) + body

    def chunked(self, path: str, body: bytes, *headers: str) -> bytes:
        """The same in chunks, which only ASGI takes."""
        chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
        return self.head(path, "Transfer-Encoding: chunked", *headers) + chunk + b"0\r\n\r\n"


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what uvicorn has no event for."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  # as said
            await asyncio.sleep(0.01)


@asynccontextmanager
async def serving(home: Path, monkeypatch: pytest.MonkeyPatch, limit: int | None = None) -> AsyncIterator[Served]:
    """Serve, with a key that is known already."""
    make_project(home)
    with open_projects(load_settings(home=home, database_url="")) as projects:
        projects.set_plan("shop", "enterprise", limit)
        key = projects.create_key("shop").secret
    settings = load_settings(home=home, database_url="", collector_key_cache_s=300)
    config = uvicorn.Config(
        lambda: create_app(settings),
        factory=True,
        port=0,
        http=CollectorProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve())
    await until(lambda: server.started or task.done())
    served = Served(server, server.servers[0].sockets[0].getsockname()[1], key)
    as_it_was = EventRoutes.__call__

    async def noting(self: EventRoutes, scope: Any, receive: Any, send: Any) -> None:
        served.asgi_paths.append(scope["path"])
        await as_it_was(self, scope, receive, send)

    monkeypatch.setattr(EventRoutes, "__call__", noting)
    await served.talk(served.post("/track", b"{}", "Connection: close"))
    assert served.asgi_paths == ["/track"]  # the key had to be looked up
    served.asgi_paths.clear()
    try:
        yield served
    finally:
        server.should_exit = True
        await task


def undated(answer: bytes) -> bytes:
    return re.sub(rb"date: [^\r]*", b"date:", re.sub(rb"t=\d+", b"t=", answer))


async def warm_up(served: Served) -> None:
    """Let the first event take its quota from the ledger, so that the next ones find it at hand."""
    await served.talk(served.post("/track", orjson.dumps(GOOD), "Connection: close"))
    assert served.asgi_paths == []


def test_both_ways_give_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async def compare(served: Served, path: str, body: bytes, header: str) -> None:
        end = b"" if header.endswith("close") else served.post("/no", b"", "Connection: close")
        short = await served.talk(served.post(path, body, header), end)
        assert served.asgi_paths == (["/no"] if end else [])
        served.asgi_paths.clear()
        long = await served.talk(served.chunked(path, body, header), end)
        assert served.asgi_paths == ([path, "/no"] if end else [path])
        served.asgi_paths.clear()
        assert undated(short) == undated(long)
        assert short.startswith(b"HTTP/1.1 ")

    async def scenario() -> None:
        async with serving(tmp_path / "home", monkeypatch) as served:
            await warm_up(served)
            for path, body in BODIES:
                for header in ("Connection: close", "Connection: keep-alive"):
                    await compare(served, path, body, header)

    asyncio.run(scenario())


def test_both_ways_tell_the_same_of_the_quota_and_refuse_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    body = orjson.dumps(GOOD)

    async def scenario() -> list[bytes]:
        async with serving(tmp_path / "home", monkeypatch, limit=4) as served:
            make = [served.post, served.chunked] * 3
            return [undated(await served.talk(one("/track", body, "Connection: close"))) for one in make]

    answers = asyncio.run(scenario())
    assert [re.search(rb"r=(\d)", answer)[1] for answer in answers] == [b"3", b"2", b"1", b"0", b"0", b"0"]  # type: ignore[index]
    assert [answer[9:12] for answer in answers] == [b"200"] * 4 + [b"429"] * 2
    assert re.sub(rb"r=\d", b"", answers[0]) == re.sub(rb"r=\d", b"", answers[1])
    assert re.sub(rb"\d{5,}", b"", answers[4]) == re.sub(rb"\d{5,}", b"", answers[5])
    assert len(landed_events(tmp_path / "home")) == 4


ODD_REQUESTS: list[tuple[str, list[str], str]] = [
    ("/track", [], "1.0"),
    ("/track", ["Expect: 100-continue"], "1.1"),
    ("/track", ["Content-Encoding: identity"], "1.1"),
    ("/track?x=1", [], "1.1"),
]


def test_odd_requests_go_the_way_of_asgi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async def scenario() -> None:
        async with serving(tmp_path / "home", monkeypatch) as served:
            await warm_up(served)
            for path, headers, version in ODD_REQUESTS:
                request = served.post(path, orjson.dumps(GOOD), "Connection: close", *headers, version=version)
                assert b"Event tracked successfully" in await served.talk(request)
                assert served.asgi_paths == ["/track"]
                served.asgi_paths.clear()

    asyncio.run(scenario())


def test_pipelined_requests_are_answered_in_order_whichever_way_they_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async def scenario() -> bytes:
        async with serving(tmp_path / "home", monkeypatch) as served:
            await warm_up(served)
            requests = []
            for number in range(12):
                make = served.chunked if number % 3 == 1 else served.post
                body = orjson.dumps(GOOD | {"event_id": f"<{number}>"}) if number % 4 else b"<"
                requests.append(make("/track", body, *(["Connection: close"] if number == 11 else [])))
            return await served.talk(b"".join(requests))

    answers = asyncio.run(scenario()).split(b"HTTP/1.1 ")[1:]
    seen = [re.findall(rb"<\d+>|JSON cannot be read", answer) for answer in answers]
    assert seen == [[b"<%d>" % number if number % 4 else b"JSON cannot be read"] for number in range(12)]


def test_body_in_many_parts_and_requests_back_to_back_are_taken_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    body = orjson.dumps({"events": [GOOD | {"metadata": {"text": "x" * 9_000}} for _ in range(100)]})

    async def scenario() -> bytes:
        async with serving(tmp_path / "home", monkeypatch) as served:
            await warm_up(served)
            request = served.post("/batch", body)
            parts = [request[start : start + 10_007] for start in range(0, len(request), 10_007)]
            answer = await served.talk(*parts, served.post("/track", b"", "Connection: close"))
            assert served.asgi_paths in ([], ["/track"])  # the second one may find the first still under way
            return answer

    answer = asyncio.run(scenario())
    assert b'"accepted":100,"rejected":0' in answer
    assert len(landed_events(tmp_path / "home")) == 101


def test_client_that_hangs_up_before_its_answer_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async def scenario() -> None:
        async with serving(tmp_path / "home", monkeypatch) as served:
            await warm_up(served)
            for _ in range(20):
                _, writer = await asyncio.open_connection("127.0.0.1", served.port)
                writer.write(served.post("/track", orjson.dumps(GOOD)))
                await writer.drain()
                writer.transport.abort()
            assert b"200 OK" in await served.talk(served.post("/track", orjson.dumps(GOOD), "Connection: close"))

    asyncio.run(scenario())


def test_stopping_answers_what_is_under_way_and_closes_idle_connections(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async def scenario() -> tuple[bytes, bytes]:
        async with serving(tmp_path / "home", monkeypatch) as served:
            await warm_up(served)
            idle = asyncio.create_task(served.talk(served.post("/track", orjson.dumps(GOOD))))
            request = served.post("/track", orjson.dumps(GOOD | {"event_id": "last"}))
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
            writer.write(request[:-5])
            connections = served.server.server_state.connections
            await until(lambda: len(connections) == 2 and all(connection.cycle for connection in connections))
            await until(lambda: sum(connection.cycle.response_complete for connection in connections) == 1)
            served.server.should_exit = True
            await until(lambda: not any(listener.is_serving() for listener in served.server.servers))
            answered = await idle
            writer.write(request[-5:])
            answer = await reader.read()
            writer.close()
            return answered, answer

    idle, last = asyncio.run(scenario())
    assert b"connection: close" not in idle
    assert b"connection: close" in last
    assert b'"event_id":"last"' in last
    assert landed_events(tmp_path / "home")[-1]["event_id"] == "last"


def test_idle_connection_is_closed_in_time_and_a_busy_one_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async def scenario() -> None:
        async with serving(tmp_path / "home", monkeypatch) as served:
            await warm_up(served)
            served.server.config.timeout_keep_alive = 1
            loop = asyncio.get_running_loop()
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
            began = loop.time()
            for _ in range(3):
                writer.write(served.post("/track", orjson.dumps(GOOD)))
                await reader.readuntil(b'"u"}')
                await asyncio.sleep(0.6)
            assert loop.time() - began > 1.5
            assert await reader.read() == b""
            assert loop.time() - began < 10
            writer.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("before", [b"", b"track"], ids=["alone", "behind a good one"])
def test_what_is_no_http_is_refused_in_our_own_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: bytes):
    async def scenario() -> list[bytes]:
        async with serving(tmp_path / "home", monkeypatch) as served:
            await warm_up(served)
            good = served.post("/track", orjson.dumps(GOOD)) if before else b""
            return (await served.talk(good + b"hello\r\n\r\n")).split(b"HTTP/1.1 ")[1:]

    (answer,) = asyncio.run(scenario())
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"connection: close" in head
    if before:
        assert answer.startswith(b"200")
        return
    assert answer.startswith(b"400")
    assert b"content-type: application/json" in head
    assert orjson.loads(body) == {
        "success": False,
        "error": "Invalid HTTP request received.",
        "code": "INVALID_REQUEST",
    }
