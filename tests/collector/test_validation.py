"""`validate` against anything: it gives an event that the warehouse can load, or a reason, and never anything else."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import duckdb
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.errors import RejectedError
from collector.validation import decode_exactly, decode_json, landed_time, validate

if TYPE_CHECKING:
    from contracts.events import LandedEvent

PROJECT = "prj_0000000000000001"
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**65), 2**65)
    | st.floats()
    | st.text(st.characters(exclude_categories=[]), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
EVENTS = st.fixed_dictionaries(
    {"name": st.text(max_size=10) | JSON_VALUES, "metadata": st.dictionaries(st.text(), JSON_VALUES) | JSON_VALUES},
    optional=dict.fromkeys(("session_id", "user_id", "event_id", "timestamp"), JSON_VALUES),
)
LIKELY_EVENTS = st.fixed_dictionaries(
    {
        "name": st.text(min_size=1, max_size=5),
        "metadata": st.dictionaries(st.text(max_size=5), JSON_VALUES, max_size=3),
    },
    optional=dict.fromkeys(("session_id", "user_id", "event_id"), st.text(min_size=1, max_size=9)),
)


def python_json(value: Any) -> bytes:
    """Encode as Python does: with NaN, lone surrogates and integers of any size."""
    return json.dumps(value).encode()


def judge_body(body: bytes) -> LandedEvent | None:
    """Take bytes the way of a request; None where they are refused."""
    try:
        payload = decode_json(body)
        return validate(payload, project_id=PROJECT, received_at=landed_time(NOW), reread=partial(decode_exactly, body))
    except RejectedError:
        return None


@given(st.binary(max_size=200) | JSON_VALUES.map(python_json) | EVENTS.map(python_json))
@settings(max_examples=150, deadline=None)
def test_judge_any_body_is_refused_or_can_be_encoded(body: bytes):
    event = judge_body(body)
    if event is not None:
        line = orjson.dumps(event)
        assert b"\n" not in line
        assert orjson.loads(line) == event
        assert "\0" not in str(event)


@given(st.lists(LIKELY_EVENTS.map(python_json), max_size=5))
@settings(max_examples=20, deadline=None)
def test_judge_accepted_events_all_load_into_duckdb(tmp_path_factory: pytest.TempPathFactory, bodies: list[bytes]):
    good = b'{"name":"m","metadata":{"a":"b"}}'
    events = [event for event in map(judge_body, [good, *bodies]) if event]
    path = tmp_path_factory.mktemp("landed") / "events.ndjson"
    path.write_bytes(b"".join(orjson.dumps(event) + b"\n" for event in events))
    columns = {"event_id": "VARCHAR", "occurred_at": "TIMESTAMP", "received_at": "TIMESTAMP", "metadata": "JSON"}

    with duckdb.connect() as connection:
        rows = connection.read_json(str(path), columns=columns, format="newline_delimited").fetchall()

    assert [(row[0], orjson.loads(row[3])) for row in rows] == [
        (event["event_id"], event["metadata"]) for event in events
    ]


@pytest.mark.parametrize(
    ("given", "landed"),
    [
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000000Z"),
        ("2026-01-31T14:00:00.5+02:00", "2026-01-31T12:00:00.500000Z"),
        ("2026-01-31T12:00:00.123456789Z", "2026-01-31T12:00:00.123456Z"),
        ("20260131T120000Z", "2026-01-31T12:00:00.000000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
        (None, "2026-01-31T12:00:00.000000Z"),
    ],
)
def test_judge_timestamp_lands_in_utc_with_microseconds(given: str | None, landed: str):
    event = validate(
        {"name": "m", "metadata": {}, "timestamp": given}, project_id=PROJECT, received_at=landed_time(NOW)
    )
    assert event["occurred_at"] == landed


def test_judge_remembers_which_ids_the_app_gave():
    payload = {"name": "m", "metadata": {}, "session_id": "s"}
    event = validate(payload, project_id=PROJECT, received_at=landed_time(NOW))
    assert (event["session_id_given"], event["user_id_given"]) == (True, False)
