"""The HTTP contract of POST /feedback, and of feedback in POST /batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from contracts.settings import load_settings
from projects import open_projects
from tests.collector.conftest import make_project
from tests.factories.collector_process import run_collector
from tests.factories.landed_segments import landed_events

if TYPE_CHECKING:
    from pathlib import Path

    from tests.collector.conftest import Client


def send(client: Client, **fields: Any) -> httpx.Response:
    return client.http.post("/feedback", json=fields, headers={"X-API-Key": client.key})


def test_feedback_lands_under_its_reserved_name_and_id(tmp_path: Path):
    home = tmp_path / "home"
    _, key = make_project(home)
    sent: dict[str, Any] = {
        "event_id": "m-1",
        "score": 4,
        "scale": 5,
        "label": "helpful",
        "comment": "Good, but slow",
        "user_id": "ada",
        "timestamp": "2026-01-31T14:00:00+02:00",
        "feedback_id": "m-1",
        "unknown": "ignored",
    }
    items = [
        {"name": "message", "metadata": {}, "event_id": "m-1"},
        {"type": "feedback", "session_id": "s", "score": 0},
    ]
    with run_collector(home) as collector, httpx.Client(base_url=collector.url, headers={"X-API-Key": key}) as http:
        alone = http.post("/feedback", json=sent)
        batch = http.post("/batch", json={"events": [*items, {"type": "feedback", "score": 0}]}).json()
        usage = http.get("/usage").json()
    assert alone.json() == {"success": True, "message": "Feedback recorded successfully", "feedback_id": "m-1"}
    assert [result["success"] for result in batch["results"]] == [True, True, False]
    assert batch["results"][2]["error"] == "Missing required field: event_id or session_id"
    made_id = batch["results"][1]["feedback_id"]
    assert usage["used"] == 3
    first, event, second = landed_events(home)
    assert (event["event_id"], event["name"]) == ("m-1", "message")
    assert first["metadata"] == {
        "event_id": "m-1",
        "score": 4,
        "scale": 5,
        "label": "helpful",
        "comment": "Good, but slow",
    }
    given = {"user_id": "ada", "user_id_given": True, "session_id_given": False}
    assert given.items() <= first.items()
    assert first["occurred_at"] == "2026-01-31T12:00:00.000000Z"
    assert (first["name"], first["event_id"]) == ("turret.feedback", "turret.feedback:m-1")
    assert second["event_id"] == f"turret.feedback:{made_id}"
    assert (second["session_id"], second["session_id_given"]) == ("s", True)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"event_id": ""}, "Missing required field: event_id or session_id"),
        (
            {"event_id": "turret.feedback:m-1"},
            "event_id begins with 'turret.feedback:', which is feedback; allowed is the id of an event.",
        ),
        ({"event_id": 7}, "event_id must be a string."),
        ({"score": None}, "Missing required field: score"),
        (
            {"score": 4},
            "score is not a number from -1 to 1; send the scale of other scores, such as 5 for 1 to 5.",
        ),
        ({"score": True}, "score is not a number from -1 to 1; send the scale of other scores, such as 5 for 1 to 5."),
        ({"score": 0, "scale": 5}, "score is not a number from 1 to 5."),
        ({"scale": 5.5}, "scale is not a whole number from 2 to 100, the best score of a scale from 1."),
        ({"scale": "5"}, "scale is not a whole number from 2 to 100, the best score of a scale from 1."),
        ({"label": "x" * 256}, "label has 256 characters; allowed are at most 255."),
        ({"comment": ["no"]}, "comment must be a string."),
        ({"comment": "a\0b"}, "comment holds a NUL character."),
        ({"feedback_id": ""}, "feedback_id has 0 characters; allowed are 1 to 200."),
        ({"feedback_id": "x" * 201}, "feedback_id has 201 characters; allowed are at most 200."),
        ({"timestamp": "yesterday"}, "timestamp is not ISO 8601; write it as 2026-01-31T12:00:00Z."),
    ],
)
def test_invalid_feedback_is_refused_with_the_reason(client: Client, changes: dict[str, Any], sentence: str):
    answer = send(client, **{"event_id": "m-1", "score": 1, **changes})
    assert (answer.status_code, answer.json()["error"]) == (400, sentence)
    is_missing = sentence.startswith("Missing")
    assert answer.json()["code"] == ("MISSING_REQUIRED_FIELD" if is_missing else "INVALID_REQUEST")


def test_other_refusals_of_feedback_are_those_of_track(client: Client):
    long = send(client, event_id="m", score=1, comment="x" * 10_001)
    assert (long.status_code, long.json()["code"]) == (400, "TEXT_TOO_LONG")
    answer = client.http.post("/feedback", json=[])
    assert (answer.status_code, answer.json()["error"]) == (401, "Invalid API key")
    answer = client.send(b"[]", path="/feedback")
    assert (answer.status_code, answer.json()["error"]) == (400, "Feedback must be a JSON object.")
    answer = client.http.get("/feedback")
    assert (answer.status_code, answer.json()["error"]) == (405, "/feedback allows only POST.")


def test_feedback_uses_up_the_plan(tmp_path: Path):
    home = tmp_path / "home"
    with open_projects(load_settings(home=home, database_url="")) as projects:
        projects.create_project("shop", "pro", 1)
        headers = {"X-API-Key": projects.create_key("shop").secret}
    with run_collector(home) as collector, httpx.Client(base_url=collector.url, headers=headers) as http:
        answers = [http.post("/feedback", json={"event_id": "m", "score": -1}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert answers[1].json()["code"] == "RATE_LIMIT_EXCEEDED"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": "turret.feedback"}, "name is turret.feedback, which is reserved; send feedback to POST /feedback."),
        (
            {"event_id": "turret.feedback:1"},
            "event_id begins with turret.feedback:, which is reserved for feedback.",
        ),
    ],
)
def test_an_event_cannot_pretend_to_be_feedback(client: Client, fields: dict[str, Any], sentence: str):
    answer = client.track({"name": "message", "metadata": {}, **fields})
    assert (answer.status_code, answer.json()["error"]) == (400, sentence)


def test_an_event_of_any_type_stays_an_event(client: Client):
    """Such items were events before there was feedback; they always have metadata."""
    item = {"type": "feedback", "name": "rated", "metadata": {"score": 1}, "event_id": "typed"}
    answer = client.http.post("/batch", json={"events": [item]}, headers={"X-API-Key": client.key})
    assert answer.json()["results"][0]["event_id"] == "typed"
