"""The HTTP contract of POST /batch: every event validated on its own, all good ones kept."""

from __future__ import annotations

import gzip
import json
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.collector.conftest import make_project
from tests.factories.collector_process import run_collector
from tests.factories.landed_segments import landed_events

if TYPE_CHECKING:
    from pathlib import Path

    from tests.collector.conftest import Client


def event(**fields: Any) -> dict[str, Any]:
    return {"name": "message", "metadata": {"prompt": "hi"}, **fields}


def send(client: Client, events: object) -> httpx.Response:
    return client.http.post("/batch", json={"events": events}, headers={"X-API-Key": client.key})


def send_bytes(client: Client, body: bytes, **headers: str) -> httpx.Response:
    usual = {"X-API-Key": client.key, "Content-Type": "application/json"}
    return client.http.post("/batch", content=body, headers={**usual, **headers})


def test_batch_good_and_bad_items_are_answered_by_index_and_only_good_ones_land(tmp_path: Path):
    home = tmp_path / "home"
    _, key = make_project(home)
    items = [
        event(event_id="first", session_id="s", user_id="u"),
        {"metadata": {}},
        "no event",
        event(metadata={"prompt": "x" * 10_001}),
        event(event_id="wide", metadata={"n": 2**64}),
        event(event_id="last"),
    ]
    with run_collector(home) as collector:
        answer = httpx.post(f"{collector.url}/batch", json={"events": items}, headers={"X-API-Key": key})
    body = answer.json()
    assert answer.status_code == 200
    assert (body["success"], body["accepted"], body["rejected"]) == (True, 2, 4)
    assert [result["index"] for result in body["results"]] == list(range(6))
    assert body["results"][0] == {
        "index": 0,
        "success": True,
        "event_id": "first",
        "session_id": "s",
        "user_id": "u",
    }
    missing = "Missing required field: name"
    assert body["results"][1] == {
        "index": 1,
        "success": False,
        "error": missing,
        "code": "MISSING_REQUIRED_FIELD",
    }
    codes = [result.get("code") for result in body["results"]]
    assert codes[2:] == ["INVALID_REQUEST", "TEXT_TOO_LONG", "INVALID_REQUEST", None]
    assert [landed["event_id"] for landed in landed_events(home)] == ["first", "last"]


def test_batch_of_a_thousand_passes_and_one_more_fails(client: Client):
    answer = send(client, [event()] * 1000)
    assert (answer.status_code, answer.json()["accepted"], len(answer.json()["results"])) == (200, 1000, 1000)
    assert len({result["event_id"] for result in answer.json()["results"]}) == 1000

    answer = send(client, [event()] * 1001)
    assert (answer.status_code, answer.json()["error"]) == (400, "events has 1001 items; allowed are 1000.")


def test_batch_same_event_id_twice_is_accepted_twice(client: Client):
    assert send(client, [event(event_id="same")] * 2).json()["accepted"] == 2


def test_batch_all_bad_and_empty_batches_are_processed(client: Client):
    assert send(client, [{}, 1]).json()["accepted"] == 0
    assert send(client, []).json() == {"success": True, "accepted": 0, "rejected": 0, "results": []}


@pytest.mark.parametrize(
    ("body", "code", "says"),
    [
        (b"[]", "INVALID_REQUEST", "must be a JSON object"),
        (b"{}", "MISSING_REQUIRED_FIELD", "Missing required field: events"),
        (b'{"events": {}}', "INVALID_REQUEST", "events must be a list."),
        (b'{"events": [NaN]}', "INVALID_REQUEST", "The JSON cannot be read"),
        (b"", "INVALID_REQUEST", "The JSON cannot be read"),
    ],
)
def test_batch_body_that_is_no_batch_is_400(client: Client, body: bytes, code: str, says: str):
    answer = send_bytes(client, body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert says in answer.json()["error"]


def test_batch_whole_request_errors_are_those_of_track(client: Client):
    body = json.dumps({"events": [event()]}).encode()
    assert send_bytes(client, body, **{"X-API-Key": "tk_no"}).json()["code"] == "INVALID_API_KEY"
    assert send_bytes(client, body, **{"Content-Type": "text/plain"}).status_code == 415
    assert send_bytes(client, body, **{"Content-Encoding": "br"}).status_code == 415
    assert send_bytes(client, gzip.compress(body), **{"Content-Encoding": "gzip"}).status_code == 200
    assert send_bytes(client, gzip.compress(bytes(50_000_000)), **{"Content-Encoding": "gzip"}).status_code == 413
    answer = client.http.get("/batch")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_batch_item_larger_than_a_single_event_may_be_costs_only_itself(client: Client):
    large = event(metadata={"texts": ["x" * 10_000] * 110})
    answer = send(client, [event(), large, event()])
    assert [result["success"] for result in answer.json()["results"]] == [True, False, True]
    assert answer.json()["results"][1]["error"] == "The event is too large; allowed are 1048576 bytes."


def test_batch_times_never_run_backwards_within_a_worker(tmp_path: Path):
    home = tmp_path / "home"
    _, key = make_project(home)
    with run_collector(home) as collector, httpx.Client(base_url=collector.url, headers={"X-API-Key": key}) as http:
        before = time.time()
        for _ in range(20):
            http.post("/track", json=event())
            http.post("/batch", json={"events": [event()] * 5})
    times = [landed["received_at"] for landed in landed_events(home)]
    assert len(times) == 120
    assert times == sorted(times)
    assert times[0] >= time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(before))
