"""The HTTP contract of POST /track, word by word, over a real socket."""

from __future__ import annotations

import gzip
import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.collector.conftest import Client

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def event(**fields: Any) -> dict[str, Any]:
    return {"name": "message", "metadata": {"prompt": "hi"}, **fields}


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {"end": 1}
    for _ in range(levels - 1):
        value = {"in": value}
    return value


def ahead(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


# ------------------------------------------------------------------------------------------------------------ the key


@pytest.mark.parametrize("key", ["", "tk_unknown", "x" * 5000, "nül"])
def test_track_bad_key_is_401_whatever_the_body(client: Client, key: str):
    answer = client.send(b"not json", {"X-API-Key": key.encode()})  # type: ignore[dict-item]  # httpx takes bytes
    assert (answer.status_code, answer.json()) == (
        401,
        {"success": False, "error": "Invalid API key", "code": "INVALID_API_KEY"},
    )


def test_track_without_key_or_with_two_or_in_the_url_is_401(client: Client):
    body = {"content": json.dumps(event()), "headers": {"Content-Type": "application/json"}}
    assert client.http.post("/track", **body).status_code == 401
    assert client.http.post(f"/track?X-API-Key={client.key}", **body).status_code == 401
    two = [("X-API-Key", client.key), ("X-API-Key", client.key), ("Content-Type", "application/json")]
    assert client.http.post("/track", content=json.dumps(event()), headers=two).status_code == 401


# --------------------------------------------------------------------------------------------------------- good events


def test_track_good_event_answers_in_the_agreed_words(client: Client):
    answer = client.track(event(session_id="s 1", user_id="ü", event_id="mine"))

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "success": True,
        "message": "Event tracked successfully",
        "event_id": "mine",
        "session_id": "s 1",
        "user_id": "ü",
    }


@pytest.mark.parametrize("missing", [{}, {"session_id": None, "user_id": None, "event_id": None}])
def test_track_missing_ids_are_made(client: Client, missing: dict[str, None]):
    answers = [client.track(event(**missing)).json() for _ in range(2)]

    for answer in answers:
        assert re.fullmatch(r"evt_[0-9a-f]{32}", answer["event_id"])
        assert UUID.fullmatch(answer["session_id"])
        assert UUID.fullmatch(answer["user_id"])
    assert len({answer[name] for answer in answers for name in ("event_id", "session_id", "user_id")}) == 6


def good_events() -> Iterator[tuple[str, dict[str, Any]]]:
    yield "longest name", event(name="n" * 255)
    yield "longest text, in characters and not in bytes", event(metadata={"prompt": "ü" * 10_000})
    yield "longest ids", event(session_id="s" * 255, user_id="u" * 255, event_id="e" * 255)
    yield "empty session counts as missing", event(session_id="")
    yield "empty metadata", event(metadata={})
    yield "every JSON type", event(metadata={"a": None, "b": True, "c": [1, "x", {"d": 1.5}], "e": {}, "": ""})
    yield "deepest nesting", event(metadata=nested(32))
    yield "most keys", event(metadata={str(number): number for number in range(1000)})
    yield "widest integers", event(metadata={"low": -(2**63), "high": 2**64 - 1})
    yield "great float", event(metadata={"n": 1e300})
    yield "time with offset", event(timestamp="2026-01-31T14:00:00.123456+02:00")
    yield "time a little ahead", event(timestamp=ahead(23.9))
    yield "old time", event(timestamp="1970-01-01T00:00:00Z")
    yield "unknown field", event(colour="red")


@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in good_events()])
def test_track_event_at_the_limits_passes(client: Client, body: dict[str, Any]):
    answer = client.track(body)
    assert answer.status_code == 200, answer.text


def test_track_gzip_chunked_and_odd_content_types_pass(client: Client):
    body = json.dumps(event()).encode()
    assert client.send(gzip.compress(body), {"Content-Encoding": "gzip"}).status_code == 200
    assert (
        client.http.post(
            "/track",
            content=iter([body[:5], body[5:]]),
            headers={"X-API-Key": client.key, "Content-Type": "application/json"},
        ).status_code
        == 200
    )
    for content_type in ("application/json; charset=UTF-8", "Application/JSON", 'application/json;charset="utf-8"'):
        assert client.send(body, {"Content-Type": content_type}).status_code == 200


# ---------------------------------------------------------------------------------------------------------- bad events

MISSING = "MISSING_REQUIRED_FIELD"
INVALID = "INVALID_REQUEST"
TOO_LONG = "TEXT_TOO_LONG"


def bad_events() -> Iterator[tuple[str, dict[str, Any], str, str]]:
    yield "no name", {"metadata": {}}, MISSING, "Missing required field: name"
    yield "null name", event(name=None), MISSING, "Missing required field: name"
    yield "no metadata", {"name": "n"}, MISSING, "Missing required field: metadata"
    yield "empty name", event(name=""), INVALID, "name has 0 characters; allowed are 1 to 255."
    yield "long name", event(name="n" * 256), INVALID, "name has 256 characters; allowed are 1 to 255."
    yield "number as name", event(name=7), INVALID, "name must be a string."
    yield "list as metadata", event(metadata=[]), INVALID, "metadata must be an object."
    yield "number as session", event(session_id=1), INVALID, "session_id must be a string."
    yield "long user", event(user_id="u" * 256), INVALID, "user_id has 256 characters; allowed are at most 255."
    yield "empty event id", event(event_id=""), INVALID, "event_id has 0 characters; allowed are 1 to 255."
    yield (
        "long text",
        event(metadata={"prompt": "x" * 10_001}),
        TOO_LONG,
        "metadata.prompt has 10001 characters; allowed are at most 10000.",
    )
    yield (
        "long text inside",
        event(metadata={"turns": [{"text": "ok"}, {"text": "x" * 10_001}]}),
        TOO_LONG,
        "metadata.turns[1].text has 10001 characters; allowed are at most 10000.",
    )
    yield "too deep", event(metadata=nested(33)), INVALID, "metadata is nested too deep; allowed are 32 levels."
    yield (
        "too many keys",
        event(metadata={str(number): 1 for number in range(1001)}),
        INVALID,
        "metadata has 1001 keys; allowed are at most 1000.",
    )
    yield (
        "long key",
        event(metadata={"k" * 256: 1}),
        INVALID,
        "A key of metadata has 256 characters; allowed are at most 255.",
    )
    yield "NUL in a text", event(metadata={"a": "x\0"}), INVALID, "metadata.a holds a NUL character."
    yield "NUL in a key", event(metadata={"x\0": 1}), INVALID, "A key of metadata holds a NUL character."
    yield "NUL in an id", event(user_id="x\0"), INVALID, "user_id holds a NUL character."
    wide = "metadata.n is an integer beyond 64 bits; send it as a string."
    yield "integer too wide", event(metadata={"n": 2**64}), INVALID, wide
    yield "integer too low", event(metadata={"n": -(2**63) - 1}), INVALID, wide
    yield (
        "integer too wide beside a float",
        event(metadata={"list": [1e30, {"n": 10**25}]}),
        INVALID,
        "metadata.list[1].n is an integer beyond 64 bits; send it as a string.",
    )
    yield (
        "time without offset",
        event(timestamp="2026-01-31T12:00:00"),
        INVALID,
        "timestamp has no offset from UTC; write it as 2026-01-31T12:00:00Z or 2026-01-31T14:00:00+02:00.",
    )
    yield "no time", event(timestamp="now"), INVALID, "timestamp is not ISO 8601; write it as 2026-01-31T12:00:00Z."
    no_day = "timestamp is on a day that does not exist: 2026-02-30."
    yield "day that does not exist", event(timestamp="2026-02-30T12:00:00Z"), INVALID, no_day
    yield "number as time", event(timestamp=1), INVALID, "timestamp must be a string such as 2026-01-31T12:00:00Z."
    ahead_sentence = "timestamp lies more than 24 hours ahead of the server's time."
    yield "time too far ahead", event(timestamp=ahead(26)), INVALID, ahead_sentence
    yield "time at the end of all times", event(timestamp="9999-12-31T23:59:59-12:00"), INVALID, ahead_sentence
    yield (
        "time before all times",
        event(timestamp="0001-01-01T00:00:00+14:00"),
        INVALID,
        "timestamp is out of range; allowed are the years 1 to 9999 in UTC.",
    )


@pytest.mark.parametrize(("body", "code", "sentence"), [pytest.param(*case, id=name) for name, *case in bad_events()])
def test_track_bad_event_is_400_with_code_and_sentence(client: Client, body: dict[str, Any], code: str, sentence: str):
    answer = client.track(body)
    assert (answer.status_code, answer.json()) == (400, {"success": False, "error": sentence, "code": code})


RAW_BODIES = {
    "empty": b"",
    "no JSON": b"hello",
    "cut off": b'{"name": "m", "metadata": {',
    "two values": b"{} {}",
    "list": b"[]",
    "null": b"null",
    "NaN": b'{"name":"m","metadata":{"a":NaN}}',
    "Infinity": b'{"name":"m","metadata":{"a":-Infinity}}',
    "float too great": b'{"name":"m","metadata":{"a":1e400}}',
    "bad UTF-8": b'{"name":"m","metadata":{"a":"\xff"}}',
    "UTF-16": '{"name":"m","metadata":{}}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"name":"m","metadata":{}}',
    "lone surrogate": b'{"name":"m","metadata":{"a":"\\ud800"}}',
    "deeper than any parser": b'{"name":"m","metadata":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
    "deep outside metadata": b'{"x":' + b"[" * 1100 + b"]" * 1100 + b',"name":"m","metadata":{}}',
}


@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in RAW_BODIES.items()])
def test_track_body_that_is_no_event_is_400(client: Client, body: bytes):
    answer = client.send(body)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST"), answer.text
    assert answer.json()["error"].endswith(".")


def test_track_deep_beside_a_wide_number_is_400(client: Client):
    body = b'{"x":' + b"[" * 1000 + b"]" * 1000 + b',"name":"m","metadata":{"n":18446744073709551616}}'
    assert client.send(body).status_code == 400


def test_track_duplicate_keys_the_last_counts(client: Client):
    answer = client.send(b'{"name":"m","metadata":{},"user_id":"first","user_id":"last"}')
    assert (answer.status_code, answer.json()["user_id"]) == (200, "last")


# ---------------------------------------------------------------------------------------- the request around the event


def test_track_other_methods_are_405_and_other_paths_404(client: Client):
    for method in ("GET", "PUT", "DELETE", "OPTIONS", "PATCH"):
        answer = client.http.request(method, "/track")
        assert (answer.status_code, answer.headers["allow"], answer.json()["code"]) == (405, "POST", INVALID)
    assert client.http.head("/track").status_code == 405
    assert client.http.post("/health/live").json()["code"] == INVALID
    for path in ("/", "/track/", "/tracks", "/Track", "/%00"):
        answer = client.http.post(path, json=event())
        assert (answer.status_code, answer.json()["code"]) == (404, INVALID)


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/json5", "application/json; charset=latin-1"])
def test_track_other_content_type_is_415(client: Client, content_type: str):
    answer = client.send(json.dumps(event()).encode(), {"Content-Type": content_type})
    assert (answer.status_code, answer.json()["code"]) == (415, INVALID)


def test_track_other_encoding_is_415(client: Client):
    assert client.send(b"{}", {"Content-Encoding": "br"}).status_code == 415


def test_track_body_too_large_is_413_declared_chunked_or_zipped(client: Client):
    body = json.dumps(event(metadata={"list": ["x" * 9000] * 200})).encode()
    usual = {"X-API-Key": client.key, "Content-Type": "application/json"}
    answers = [
        client.send(body),
        client.http.post("/track", content=iter([body[:1000], body[1000:]]), headers=usual),
        client.send(gzip.compress(body), {"Content-Encoding": "gzip"}),
        client.send(gzip.compress(bytes(100_000_000)), {"Content-Encoding": "gzip"}),
    ]
    sentence = "The body is too large; allowed are 1048576 bytes, also when decompressed."
    assert [(answer.status_code, answer.json()["error"]) for answer in answers] == [(413, sentence)] * 4


def test_track_damaged_gzip_is_400(client: Client):
    zipped = gzip.compress(json.dumps(event()).encode())
    for damaged in (b"", b"no gzip", zipped[:-9], zipped + b"x", zipped + zipped):
        answer = client.send(damaged, {"Content-Encoding": "gzip"})
        assert (answer.status_code, answer.json()["code"]) == (400, INVALID)


def test_health_and_docs_answer(client: Client):
    assert client.http.get("/health/live").json() == {"status": "live"}
    assert client.http.get("/health/ready").json() == {"status": "ready"}
    page = client.http.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "X-API-Key" in page.text
    assert "<script" not in page.text
    assert "http" not in page.text.replace("HTTP", "")
