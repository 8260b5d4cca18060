"""Every event is acknowledged once the sender returns; a refusal is understood."""

from __future__ import annotations

from typing import Any

import pytest

from demo.errors import KeyRefusedError, SendError
from demo.sender import send_events
from tests.factories.scripted_server import Answer, scripted_server

EVENTS = [{"name": "message", "event_id": f"e{number}", "metadata": {}} for number in range(40)]


def accepted(body: dict[str, Any]) -> Answer:
    return 200, {}, {"success": True, "event_id": body["event_id"]}


def refused(status: int, sentence: str, **headers: str) -> Answer:
    return status, headers, {"success": False, "error": sentence, "code": "X"}


def test_send_events_each_is_posted_once_with_the_key():
    done: list[None] = []
    with scripted_server(lambda _number, body: accepted(body)) as server:
        counts = send_events(server.url, "secret", EVENTS, lambda: done.append(None))
    assert (counts.n_sent, counts.n_retries, len(done)) == (40, 0, 40)
    assert {(path, key) for path, key, _ in server.requests} == {("/track", "secret")}
    assert sorted(body["event_id"] for _, _, body in server.requests) == sorted(event["event_id"] for event in EVENTS)


def test_send_events_feedback_goes_to_its_own_address_and_is_acknowledged_by_its_id():
    def script(_number: int, body: dict[str, Any]) -> Answer:
        key = "feedback_id" if "score" in body else "event_id"
        return 200, {}, {"success": True, key: body[key]}

    feedback = [{"feedback_id": f"f{number}", "event_id": f"e{number}", "score": 1} for number in range(3)]
    with scripted_server(script) as server:
        counts = send_events(server.url, "k", EVENTS[:5], feedback=feedback)
    assert counts.n_sent == 8
    paths = sorted((path, body.get("feedback_id", "")) for path, _, body in server.requests)
    assert paths[:3] == [("/feedback", "f0"), ("/feedback", "f1"), ("/feedback", "f2")]
    refusing = scripted_server(lambda *_: refused(400, "The score is too high."))
    with (
        refusing as server,
        pytest.raises(SendError, match="refused feedback f0 with status 400: The score is too high"),
    ):
        send_events(server.url, "k", [], feedback=feedback[:1])


@pytest.mark.parametrize("refusal", [refused(503, "Busy.", **{"Retry-After": "0"}), refused(429, "Slow."), (0, {}, {})])
def test_send_events_refused_for_a_moment_asks_again(refusal: Answer):
    with scripted_server(lambda number, body: refusal if number < 3 else accepted(body)) as server:
        counts = send_events(server.url, "k", EVENTS[:5])
    assert counts.n_sent == 5
    assert counts.n_retries >= 1
    assert {body["event_id"] for _, _, body in server.requests} == {"e0", "e1", "e2", "e3", "e4"}


def test_send_events_told_to_wait_for_hours_gives_up_with_the_reason():
    answer = refused(429, "The plan's events are used up.", **{"Retry-After": "86400"})
    with scripted_server(lambda *_: answer) as server, pytest.raises(SendError, match="events are used up") as failed:
        send_events(server.url, "k", EVENTS)
    assert server.url in str(failed.value)


def test_send_events_unknown_key_is_told_apart():
    with scripted_server(lambda *_: refused(401, "Invalid API key")) as server, pytest.raises(KeyRefusedError):
        send_events(server.url, "k", EVENTS)


def test_send_events_bad_event_is_named_with_the_reason():
    def script(_number: int, body: dict[str, Any]) -> Answer:
        return refused(400, "The text is too long.") if body["event_id"] == "e7" else accepted(body)

    with scripted_server(script) as server, pytest.raises(SendError, match="event e7 with status 400: The text is too"):
        send_events(server.url, "k", EVENTS)


def test_send_events_answer_for_another_event_is_no_success():
    answer: Answer = (200, {}, {"success": True, "event_id": "other"})
    with scripted_server(lambda *_: answer) as server, pytest.raises(SendError, match="acknowledges 'other' instead"):
        send_events(server.url, "k", EVENTS[:1])
