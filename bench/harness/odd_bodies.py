"""Bodies that no client should send, and some that it may, as hypothesis strategies: bytes, not values.

Most are near misses: an event that is right but for one thing gets further than noise does.
"""

from __future__ import annotations

import gzip
import json
from typing import Any, NamedTuple

from hypothesis import strategies as st

ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=30)
NUMBERS = (
    st.integers(-(2**70), 2**70)
    | st.floats()
    | st.sampled_from([2**53 + 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 1e308, 5e-324, -0.0])
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=10,
)
PLAIN_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
PLAIN_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | PLAIN_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PLAIN_TEXT, inner, max_size=4),
    max_leaves=10,
)
TIMES = st.datetimes().map(lambda time: time.isoformat() + "Z") | st.sampled_from(
    [
        "2026-01-31T12:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "2026-02-30T00:00:00Z",
        "2026-01-31T12:00:00+00:00:30",
        "2026-W05-6T12:00:00Z",
        "20260131T120000Z",
        "2026-01-31 12:00:00.123456789Z",
        "2026-01-31T24:00:00Z",
    ]
)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "name": ANY_TEXT,
    "metadata": st.dictionaries(ANY_TEXT, VALUES, max_size=5),
    "session_id": ANY_TEXT,
    "user_id": ANY_TEXT,
    "event_id": ANY_TEXT,
    "timestamp": TIMES,
}
GOOD_EVENTS = st.fixed_dictionaries(
    {"name": PLAIN_TEXT.filter(bool), "metadata": st.dictionaries(PLAIN_TEXT, PLAIN_VALUES, max_size=5)},
    optional={"session_id": PLAIN_TEXT, "user_id": PLAIN_TEXT, "event_id": PLAIN_TEXT.filter(bool), "timestamp": TIMES},
)
NEAR_EVENTS = st.builds(
    lambda event, field, value: {**event, field: value}, GOOD_EVENTS, st.sampled_from([*FIELDS, "extra"]), VALUES
)
EDGES = st.sampled_from(
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'"text"',
        b"\xef\xbb\xbf{}",
        b'{"name":"m","metadata":{"n":NaN}}',
        b'{"name":"m","metadata":{"n":1e400}}',
        b'{"name":"m","metadata":{"n":18446744073709551616}}',
        b'{"name":"m","metadata":{"t":"\\ud800"}}',
        b'{"name":"m","metadata":{"t":"\\u0000"}}',
        b'{"name":"m","metadata":{"t":"\xff"}}',
        b'{"name":"m","metadata":{"a":1,"a":2},"metadata":{"a":3}}',
        b'{"name":"m","metadata":' + b'{"a":' * 31 + b"1" + b"}" * 31 + b"}",
        b'{"name":"m","metadata":' + b'{"a":' * 40 + b"1" + b"}" * 40 + b"}",
        b'{"name":"m","metadata":{"a":' + b"[" * 1500 + b"]" * 1500 + b"}}",
        json.dumps({"name": "m", "metadata": {f"key {number}": number for number in range(1001)}}).encode(),
        json.dumps({"name": "m", "metadata": {f"key {number}": number for number in range(1000)}}).encode(),
        json.dumps({"name": "m", "metadata": {"t": "é" * 10_000}}).encode(),
        json.dumps({"name": "m", "metadata": {"t": "é" * 10_001}}).encode(),
        json.dumps({"name": "m", "metadata": {"": "", " ": " ", "a.b": {"c": 1}, "a": {"b.c": 2}}}).encode(),
        json.dumps({"name": "\u2028", "metadata": {"t": "\u2028\u2029\r\n\x7f\x1b"}}).encode(),
    ]
)


def _encode(event: dict[str, Any], *, is_escaped: bool) -> bytes:
    """Encode as Python does, which lets NaN, long integers and lone surrogates pass."""
    return json.dumps(event, ensure_ascii=is_escaped).encode("utf-8", "surrogatepass")


def damaged(body: bytes, place: float, piece: bytes) -> bytes:
    """Return a body with a piece of it overwritten."""
    at = int(place * len(body))
    return body[:at] + piece + body[at + len(piece) :]


GOOD_BODIES = st.builds(_encode, GOOD_EVENTS, is_escaped=st.booleans())
NEAR_BODIES = st.builds(_encode, NEAR_EVENTS, is_escaped=st.booleans())
DAMAGED_BODIES = st.builds(damaged, GOOD_BODIES, st.floats(0, 1), st.binary(max_size=4))
CUT_BODIES = st.builds(lambda body, share: body[: int(share * len(body))], GOOD_BODIES, st.floats(0, 1))
BATCH_BODIES = st.lists(GOOD_EVENTS | NEAR_EVENTS | VALUES, max_size=4).map(
    lambda events: _encode({"events": events}, is_escaped=True)
)
ODD_BODIES = NEAR_BODIES | DAMAGED_BODIES | CUT_BODIES | BATCH_BODIES | EDGES | st.binary(max_size=60)


class OddRequest(NamedTuple):
    """A body, where it goes, its Content-Encoding, which may be a lie, and its Content-Type."""

    path: str
    body: bytes
    encoding: str = ""
    kind: str = "application/json"


def _requests(
    path: st.SearchStrategy[str], body: st.SearchStrategy[bytes], encoding: st.SearchStrategy[str]
) -> st.SearchStrategy[OddRequest]:
    return st.builds(OddRequest, path, body, encoding, st.just("application/json"))


_TRACK, _EITHER, _PLAIN = st.just("/track"), st.sampled_from(["/track", "/batch"]), st.just("")
REQUESTS = (
    _requests(_TRACK, GOOD_BODIES, _PLAIN)
    | _requests(st.just("/batch"), BATCH_BODIES, _PLAIN)
    | _requests(_EITHER, ODD_BODIES, _PLAIN)
    | _requests(_TRACK, (GOOD_BODIES | ODD_BODIES).map(gzip.compress), st.just("gzip"))
    | _requests(_TRACK, GOOD_BODIES, st.sampled_from(["gzip", "br", "identity", "x"]))
)
