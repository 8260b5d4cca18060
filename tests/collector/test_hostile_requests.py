"""Every odd request has a defined answer, the same sentence each time, and is never a 500."""

from __future__ import annotations

import gzip
import json
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.collector.conftest import make_project
from tests.factories.collector_process import run_collector
from tests.factories.landed_segments import landed_events

if TYPE_CHECKING:
    from pathlib import Path

    from tests.collector.conftest import Client

OK = (200, None)
INVALID = (400, "INVALID_REQUEST")
TOO_LONG = (400, "TEXT_TOO_LONG")
NO_KEY = (401, "INVALID_API_KEY")
TOO_LARGE = (413, "INVALID_REQUEST")
NO_METHOD = (405, "INVALID_REQUEST")


def body(metadata: str) -> bytes:
    """A body with this JSON as its metadata."""
    return b'{"name":"m","metadata":' + metadata.encode("utf-8", "surrogatepass") + b"}"


def text(value: str) -> bytes:
    return body(json.dumps({"text": value}, ensure_ascii=False))


def nested(n_levels: int) -> str:
    return '{"a":' * n_levels + "1" + "}" * n_levels


BODIES: dict[str, tuple[bytes, tuple[int, str | None]]] = {
    "NaN": (body('{"n":NaN}'), INVALID),
    "Infinity": (body('{"n":Infinity}'), INVALID),
    "minus Infinity": (body('{"n":-Infinity}'), INVALID),
    "float beyond range": (body('{"n":1e999}'), INVALID),
    "float of many digits": (body('{"n":0.1234567890123456789012345}'), OK),
    "negative zero": (body('{"n":-0}'), OK),
    "tiny float": (body('{"n":1e-999}'), OK),
    "greatest 64-bit integer": (body('{"n":18446744073709551615}'), OK),
    "integer beyond 64 bits": (body('{"n":18446744073709551616}'), INVALID),
    "negative integer beyond 64 bits": (body('{"n":-9223372036854775809}'), INVALID),
    "integer of 4,000 digits": (body('{"n":' + "9" * 4000 + "}"), INVALID),
    "integer of 300 digits": (body('{"n":' + "9" * 300 + "}"), INVALID),
    "lone high surrogate, escaped": (body('{"t":"\\ud83d"}'), INVALID),
    "lone low surrogate, escaped": (body('{"t":"\\ude00"}'), INVALID),
    "surrogates in the wrong order": (body('{"t":"\\ude00\\ud83d"}'), INVALID),
    "surrogate pair, escaped": (body('{"t":"\\ud83d\\ude00"}'), OK),
    "lone surrogate as bytes": (body('{"t":"\ud83d"}'), INVALID),
    "bad UTF-8": (b'{"name":"m","metadata":{"t":"\xc3\x28"}}', INVALID),
    "overlong UTF-8": (b'{"name":"m","metadata":{"t":"\xc0\xaf"}}', INVALID),
    "cut off UTF-8": (b'{"name":"m","metadata":{"t":"\xe2\x82"}}', INVALID),
    "duplicate keys": (body('{"a":1,"a":2}'), OK),
    "duplicate names": (b'{"name":"a","name":"b","metadata":{}}', OK),
    "NUL, escaped": (body('{"t":"a\\u0000b"}'), INVALID),
    "NUL in a key": (body('{"a\\u0000":1}'), INVALID),
    "NUL as a byte": (body('{"t":"a\0b"}'), INVALID),
    "control character as a byte": (body('{"t":"a\x01b"}'), INVALID),
    "control character, escaped": (body('{"t":"a\\u0001b"}'), OK),
    "noncharacters": (body('{"t":"\\uffff\\ufffe"}'), OK),
    "line separators": (body('{"t":"\u2028\u2029\\n"}'), OK),
    "deepest nesting": (body(nested(32)), OK),
    "nesting too deep": (body(nested(33)), INVALID),
    "nesting beyond any parser": (body(nested(50_000)), INVALID),
    "lists too deep": (body('{"a":' + "[" * 40 + "]" * 40 + "}"), INVALID),
    "1,000 keys": (body(json.dumps({str(n): n for n in range(1000)})), OK),
    "1,001 keys": (body(json.dumps({str(n): n for n in range(1001)})), INVALID),
    "50,000 keys": (body(json.dumps({str(n): n for n in range(50_000)})), INVALID),
    "10,000 characters": (text("x" * 10_000), OK),
    "10,001 characters": (text("x" * 10_001), TOO_LONG),
    "10,000 astral characters": (text("😀" * 10_000), OK),
    "10,001 astral characters": (text("😀" * 10_001), TOO_LONG),
    "10,000 astral characters, escaped": (body('{"t":"' + "\\ud83d\\ude00" * 10_000 + '"}'), OK),
    "10,000 combining marks": (text("e\u0301" * 5_000), OK),
    "giant body": (body(json.dumps({"t": ["x" * 9_000] * 200})), TOO_LARGE),
    "white space only": (b" \n\t", INVALID),
    "comment": (body("{} /* hi */"), INVALID),
    "trailing comma": (body('{"a":1,}'), INVALID),
    "single quotes": (b"{'name':'m','metadata':{}}", INVALID),
    "two documents": (body("{}") * 2, INVALID),
}


@pytest.mark.parametrize(("raw", "expected"), [pytest.param(*case, id=name) for name, case in BODIES.items()])
def test_track_odd_body_has_its_answer(client: Client, raw: bytes, expected: tuple[int, str | None]):
    answer = client.send(raw)
    assert (answer.status_code, answer.json().get("code")) == expected, answer.text[:300]


@pytest.mark.parametrize(("raw", "expected"), [pytest.param(*case, id=name) for name, case in BODIES.items()])
def test_batch_odd_item_is_refused_like_a_single_event(client: Client, raw: bytes, expected: tuple[int, str | None]):
    whole = b'{"events":[{"name":"m","metadata":{}},' + raw + b"]}"
    headers = {"X-API-Key": client.key, "Content-Type": "application/json"}
    answer = client.http.post("/batch", content=whole, headers=headers)
    if answer.status_code == 400:  # no JSON as a whole, so nothing can be told apart
        assert expected == INVALID
        return
    first, *rest = answer.json()["results"]
    assert first["success"]
    codes = [result.get("code") for result in rest]
    assert codes == ["INVALID_REQUEST" if expected == TOO_LARGE else expected[1]]


def test_what_passes_is_what_lands(tmp_path: Path):
    """Duplicate keys land as their last value, escapes as their characters, times as they were."""
    home = tmp_path / "home"
    _, key = make_project(home)
    passing = [raw for raw, expected in BODIES.values() if expected == OK]
    with run_collector(home) as collector:
        headers = {"X-API-Key": key, "Content-Type": "application/json"}
        with httpx.Client(base_url=collector.url, headers=headers) as http:
            assert {http.post("/track", content=raw).status_code for raw in passing} == {200}
    landed = [(event["name"], event["metadata"]) for event in landed_events(home)]
    assert landed == [(json.loads(raw)["name"], json.loads(raw)["metadata"]) for raw in passing]


def zipped(data: bytes) -> bytes:
    return gzip.compress(data)


REQUESTS: dict[str, tuple[dict[str, Any], tuple[int, str | None]]] = {
    "HEAD": ({"method": "HEAD"}, NO_METHOD),
    "OPTIONS": ({"method": "OPTIONS"}, NO_METHOD),
    "GET": ({"method": "GET"}, NO_METHOD),
    "gzip": ({"content": zipped(body("{}")), "headers": {"Content-Encoding": "gzip"}}, OK),
    "gzip in capitals": ({"content": zipped(body("{}")), "headers": {"Content-Encoding": "GZIP"}}, OK),
    "gzip bomb": ({"content": zipped(bytes(80_000_000)), "headers": {"Content-Encoding": "gzip"}}, TOO_LARGE),
    "bomb in a bomb": ({"content": zipped(zipped(bytes(10**7))), "headers": {"Content-Encoding": "gzip"}}, INVALID),
    "gzip that is none": ({"content": body("{}"), "headers": {"Content-Encoding": "gzip"}}, INVALID),
    "no gzip said": ({"content": zipped(body("{}"))}, INVALID),
    "deflate": ({"headers": {"Content-Encoding": "deflate"}}, (415, "INVALID_REQUEST")),
    "two encodings": ({"headers": {"Content-Encoding": "gzip, gzip"}}, (415, "INVALID_REQUEST")),
    "chunked": ({"content": [body("{}")[:7], body("{}")[7:]]}, OK),
    "chunked and endless": ({"content": [b" " * 65_536] * 40}, TOO_LARGE),
    "form": ({"headers": {"Content-Type": "application/x-www-form-urlencoded"}}, (415, "INVALID_REQUEST")),
    "no content type": ({"headers": {"Content-Type": ""}}, (415, "INVALID_REQUEST")),
    "other charset": ({"headers": {"Content-Type": "application/json; charset=utf-16"}}, (415, "INVALID_REQUEST")),
    "no key": ({"headers": {"X-API-Key": None}}, NO_KEY),
    "empty key": ({"headers": {"X-API-Key": ""}}, NO_KEY),
    "key as basic credentials": ({"headers": {"X-API-Key": None, "Authorization": "Basic KEY"}}, NO_KEY),
    "empty bearer": ({"headers": {"X-API-Key": None, "Authorization": "Bearer"}}, NO_KEY),
    "wrong key beside a good bearer": ({"headers": {"X-API-Key": "tk_no", "Authorization": "Bearer KEY"}}, NO_KEY),
    "key in the URL": ({"path": "/track?api_key=KEY&X-API-Key=KEY", "headers": {"X-API-Key": None}}, NO_KEY),
    "two keys": ({"two_keys": True}, NO_KEY),
    "unknown path": ({"path": "/track/"}, (404, "INVALID_REQUEST")),
}


@pytest.mark.parametrize(("request_", "expected"), [pytest.param(*case, id=name) for name, case in REQUESTS.items()])
def test_track_odd_request_has_its_answer(client: Client, request_: dict[str, Any], expected: tuple[int, str | None]):
    usual = {"X-API-Key": client.key, "Content-Type": "application/json"}
    given = {**usual, **request_.get("headers", {})}
    headers = [(name, value.replace("KEY", client.key)) for name, value in given.items() if value is not None]
    if request_.get("two_keys"):
        headers.append(("X-API-Key", client.key))
    content = request_.get("content", body("{}"))
    answer = client.http.request(
        request_.get("method", "POST"),
        request_.get("path", "/track").replace("KEY", client.key),
        content=iter(content) if isinstance(content, list) else content,
        headers=headers,
    )
    assert answer.status_code == expected[0], answer.text[:300]
    if request_.get("method") == "HEAD":
        return
    assert answer.json().get("code") == expected[1]
    if answer.status_code == 405:
        assert answer.headers["allow"] == "POST"
    assert "access-control-allow-origin" not in answer.headers


RAW_REQUESTS = {
    "no HTTP": b"hello\r\n\r\n",
    "negative length": b"POST /track HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    "length that is no number": b"POST /track HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
    "bad chunk": b"POST /track HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "control characters in a header": b"POST /track HTTP/1.1\r\nHost: x\r\nX-API-Key: a\x00b\r\n\r\n",
}


@pytest.mark.parametrize("raw", [pytest.param(raw, id=name) for name, raw in RAW_REQUESTS.items()])
def test_broken_http_is_refused_and_the_collector_lives_on(client: Client, raw: bytes):
    address = urlsplit(str(client.http.base_url))
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=10) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := connection.recv(65_536):
            answer += chunk
    head, _, refusal = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert (json.loads(refusal)["success"], json.loads(refusal)["code"]) == (False, "INVALID_REQUEST")
    assert client.http.get("/health/live").status_code == 200


def test_client_that_hangs_up_half_way_costs_nothing(client: Client):
    address = urlsplit(str(client.http.base_url))
    head = f"POST /track HTTP/1.1\r\nHost: x\r\nX-API-Key: {client.key}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=10) as connection:
        connection.sendall(head.encode() + b'{"name":')
    assert client.send(body("{}")).status_code == 200


def test_key_in_the_url_is_never_logged(tmp_path: Path):
    home = tmp_path / "home"
    _, key = make_project(home)
    with run_collector(home, log_level="DEBUG") as collector:
        for path in (f"/track?key={key}", f"/{key}", f"/usage?X-API-Key={key}"):
            assert httpx.post(f"{collector.url}{path}", json={}).status_code in {401, 404, 405}
    assert key not in home.with_suffix(".log").read_text()
