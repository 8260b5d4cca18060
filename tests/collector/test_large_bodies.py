"""A client that sends far too much, or sends with a wrong key, reads the refusal instead of a broken connection."""

from __future__ import annotations

import json
import socket
import subprocess
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.collector.conftest import Client

N_BYTES = 20_000_000
TOO_LARGE = (413, "INVALID_REQUEST")


def chunks(n_bytes: int) -> Iterator[bytes]:
    for _ in range(n_bytes // 65_536):
        yield b" " * 65_536


@pytest.mark.parametrize("content", [b" " * N_BYTES, chunks(N_BYTES)], ids=["declared", "chunked"])
def test_track_body_over_the_limit_is_answered_after_it_was_sent(client: Client, content: Any):
    response = client.send(content)
    assert (response.status_code, response.json()["code"]) == TOO_LARGE
    assert client.track({"name": "m", "metadata": {}}).status_code == 200


def test_track_large_body_with_a_wrong_key_is_answered(client: Client):
    response = client.send(b" " * N_BYTES, {"X-API-Key": "trt_wrong"})
    assert response.status_code == 401


@pytest.mark.parametrize("expect", ["Expect: 100-continue", "Expect:"])
def test_track_body_over_the_limit_is_answered_to_curl(client: Client, tmp_path: Path, expect: str):
    body = tmp_path / "body.json"
    body.write_bytes(b" " * N_BYTES)
    command = ["curl", "--silent", "--show-error", f"{client.http.base_url}/track", "--data-binary", f"@{body}"]
    command += ["-H", expect, "-H", f"X-API-Key: {client.key}", "-H", "Content-Type: application/json"]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert json.loads(done.stdout)["code"] == "INVALID_REQUEST"
    assert done.stderr == b""


def test_track_body_without_end_is_refused_within_bounds(client: Client):
    """The collector reads on for a bounded time and size, then answers and closes."""
    address = urlsplit(str(client.http.base_url))
    head = f"POST /track HTTP/1.1\r\nHost: {address.netloc}\r\nX-API-Key: {client.key}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: 900000000\r\n\r\n"
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(head.encode() + b" " * 1_000_000)
        answer = connection.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert httpx.get(f"{client.http.base_url}/health/live").status_code == 200
