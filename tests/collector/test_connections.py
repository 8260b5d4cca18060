"""Requests on a connection: in parts, pipelined, abandoned halfway, and interrupted by a stop."""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import orjson
import pytest

from tests.collector.conftest import make_project
from tests.factories.collector_process import run_collector
from tests.factories.landed_segments import landed_events

if TYPE_CHECKING:
    from pathlib import Path

    from tests.collector.conftest import Client

GOOD = {"name": "m", "event_id": "e", "session_id": "s", "user_id": "u", "metadata": {"prompt": "hi"}}
CLOSE = "Connection: close"


def connect(url: str) -> socket.socket:
    address = urlsplit(url)
    return socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=30)


def talk(client: Client, *parts: bytes) -> bytes:
    """Send these parts over a new connection; return all answers once the collector has closed it."""
    with connect(str(client.http.base_url)) as connection:
        for part in parts:
            connection.sendall(part)
        return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    answers = b""
    while chunk := connection.recv(65_536):
        answers += chunk
    return answers


def head(key: str, path: str, *headers: str, version: str = "1.1") -> bytes:
    lines = [f"POST {path} HTTP/{version}", "Host: x", f"X-API-Key: {key}", "Content-Type: application/json"]
    return "\r\n".join([*lines, *headers, "", ""]).encode()


def post(key: str, path: str, body: bytes, *headers: str, version: str = "1.1") -> bytes:
    return head(key, path, f"Content-Length: {len(body)}", *headers, version=version) + body


def chunked(key: str, path: str, body: bytes, *headers: str) -> bytes:
    return head(key, path, "Transfer-Encoding: chunked", *headers) + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


@pytest.mark.parametrize(
    ("path", "headers", "version"),
    [
        ("/track", [], "1.0"),
        ("/track", ["Expect: 100-continue"], "1.1"),
        ("/track", ["Content-Encoding: identity"], "1.1"),
        ("/track?x=1", [], "1.1"),
    ],
)
def test_track_odd_but_good_request_is_taken(client: Client, path: str, headers: list[str], version: str):
    answer = talk(client, post(client.key, path, orjson.dumps(GOOD), CLOSE, *headers, version=version))
    assert b"200 OK" in answer
    assert b"connection: close" in answer


def test_track_pipelined_requests_are_answered_in_order(client: Client):
    requests = []
    for number in range(12):
        make = chunked if number % 3 == 1 else post
        body = orjson.dumps(GOOD | {"event_id": f"<{number}>"}) if number % 4 else b"<"
        requests.append(make(client.key, "/track", body, *([CLOSE] if number == 11 else [])))
    answers = talk(client, b"".join(requests)).split(b"HTTP/1.1 ")[1:]
    seen = [re.findall(rb"<\d+>|JSON cannot be read", answer) for answer in answers]
    assert seen == [[b"<%d>" % number if number % 4 else b"JSON cannot be read"] for number in range(12)]


def test_batch_in_many_parts_with_a_request_behind_it_is_taken_whole(client: Client):
    body = orjson.dumps({"events": [GOOD | {"metadata": {"text": "x" * 9_000}} for _ in range(100)]})
    request = post(client.key, "/batch", body)
    parts = [request[start : start + 10_007] for start in range(0, len(request), 10_007)]
    first, second = talk(client, *parts, post(client.key, "/track", b"", CLOSE)).split(b"HTTP/1.1 ")[1:]
    assert b'"accepted":100,"rejected":0' in first
    assert second.startswith(b"400")


def test_clients_that_hang_up_before_their_answer_cost_nothing(client: Client):
    for _ in range(20):
        with connect(str(client.http.base_url)) as connection:
            connection.sendall(post(client.key, "/track", orjson.dumps(GOOD)))
    assert client.track(GOOD).status_code == 200


def test_stopping_answers_what_is_under_way_and_closes_idle_connections(tmp_path: Path):
    home = tmp_path / "home"
    _, key = make_project(home)
    request = post(key, "/track", orjson.dumps(GOOD | {"event_id": "last"}))
    with run_collector(home) as collector, connect(collector.url) as idle, connect(collector.url) as busy:
        idle.sendall(post(key, "/track", orjson.dumps(GOOD)))
        busy.sendall(request[:-5])
        assert idle.recv(65_536).startswith(b"HTTP/1.1 200")
        collector.process.terminate()
        read_all(idle)
        busy.sendall(request[-5:])
        answer = read_all(busy)
    assert b"connection: close" in answer
    assert b'"event_id":"last"' in answer
    assert landed_events(home)[-1]["event_id"] == "last"
