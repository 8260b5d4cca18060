"""What the libraries themselves sent becomes the messages that the app's users said: each once, none of the history."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from collector.otlp import json_reader
from collector.otlp.events import read_records
from tests.collector.otlp.recordings import NAMES, events_of, recording

if TYPE_CHECKING:
    from tests.collector.otlp.recordings import Request

SAID = {
    "How much is the team plan?": ("conversation-1", "ada"),
    "And for a whole year?": ("conversation-1", "ada"),
    "Where is my order 1234?": ("conversation-2", "ben"),
    "Which tyre fits a gravel bike?": ("conversation-3", "cleo"),
    "Does it come in blue?": ("conversation-3", "cleo"),
    "Tell me about your warranty.": ("conversation-4", "dora"),
    "What is broken on this wheel?": ("conversation-4", "dora"),
    "Can you book a repair for Monday?": ("conversation-4", "dora"),
}
NOT_SENT = {
    "traceloop": {"What is broken on this wheel?"},  # a text beside a picture in the request itself
    "openlit": {"Can you book a repair for Monday?"},  # a call that fails
    "pydantic_ai": {*list(SAID)[3:]},  # not said through an agent
}
CONVERSATIONS = [name for name in NAMES if name.endswith("-conversations")]


def best(copies: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the copy that the pipeline keeps: one that names its session before others."""
    return max(copies, key=lambda payload: "session_id" in payload)


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_recorded_conversations_each_message_is_one_event_of_its_session(name: str):
    library = name.removesuffix("-conversations")
    events = [best(copies) for copies in events_of(recording(name)).values()]
    expected = {text: ids for text, ids in SAID.items() if text not in NOT_SENT.get(library, set())}
    assert Counter(event["metadata"]["prompt"] for event in events) == Counter(expected.keys())
    assert {event["metadata"]["prompt"]: (event["session_id"], event["user_id"]) for event in events} == expected


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_recorded_conversations_ids_are_the_same_in_any_order_and_again(name: str):
    requests = recording(name)
    assert events_of([*reversed(requests), *requests]).keys() == events_of(requests).keys()


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_recorded_conversations_metadata_has_stable_names(name: str):
    for copies in events_of(recording(name)).values():
        metadata = best(copies)["metadata"]
        if metadata["prompt"] == "Where is my order 1234?":
            assert metadata["model"] == "gpt-4o-mini"
            assert (metadata["input_tokens"], metadata["output_tokens"]) == (21, 7)
            assert isinstance(metadata["latency_ms"], int)
        if metadata["prompt"] == "Can you book a repair for Monday?":
            assert metadata["error"] in {"openai.BadRequestError", "BadRequestError", "AI_APICallError", "error"}


def outcomes(requests: list[Request]) -> Counter[str]:
    return sum((request.read().outcomes for request in requests), Counter())


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("-content_off")])
def test_recorded_without_content_no_event_and_all_calls_counted(name: str):
    counts = outcomes(recording(name))
    assert not events_of(recording(name))
    assert counts["no_text"] >= 3
    assert not counts["message"]


def test_recorded_long_history_cut_by_the_sdk_brings_the_new_message_and_counts_what_was_dropped():
    (request,) = recording("openinference-long")
    reading = request.read()
    (payload,) = reading.payloads
    assert payload["metadata"]["prompt"] == "And for a whole year?"
    assert "session_id" not in payload
    assert reading.n_dropped == 173


def test_recorded_tool_loops_count_as_history():
    assert outcomes(recording("official-conversations"))["history"] == 2  # a span and its log event
    assert outcomes(recording("pydantic_ai-conversations"))["history"] == 1


def ids_and_sessions(*places: dict[str, str], signal: str = "log") -> list[tuple[str, str]]:
    """Read records that bring one same text; a place gives fields of a record, and attributes by names with a dot."""
    content = {"gen_ai.input.messages": orjson.dumps([{"role": "user", "content": "yes"}]).decode()}
    records = [
        {key: value for key, value in place.items() if "." not in key}
        | {
            "attributes": [
                {"key": key, "value": {"stringValue": value}}
                for key, value in {**content, **place}.items()
                if "." in key
            ]
        }
        for place in places
    ]
    if signal == "log":
        found = json_reader.read_logs(orjson.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}))
    else:
        found = json_reader.read_spans(orjson.dumps({"resourceSpans": [{"scopeSpans": [{"spans": records}]}]}))
    payloads = read_records(found).payloads
    return [(payload["event_id"], payload.get("session_id", "")) for payload in payloads]


@pytest.mark.parametrize("key", ["session.id", "gen_ai.conversation.id"])
@pytest.mark.parametrize("place", [{}, {"observedTimeUnixNano": "1790000000000000000"}, {"traceId": "ab" * 16}])
def test_same_words_of_two_conversations_are_two_messages(place: dict[str, str], key: str):
    signal = "span" if "traceId" in place else "log"
    both = ids_and_sessions({**place, key: "sA"}, {**place, key: "sB"}, signal=signal)
    assert {session_id for _, session_id in both} == {"sA", "sB"}
    assert len(dict(both)) == 2
    if place:
        again = ids_and_sessions({**place, key: "sB"}, {**place, key: "sA"}, {**place, key: "sB"}, signal=signal)
        assert dict(again) == dict(both)


def test_records_without_place_and_time_are_messages_of_their_own():
    assert len(dict(ids_and_sessions({}, {}))) == 2


def test_span_that_names_its_conversation_and_log_event_that_does_not_are_one_message():
    place = {"traceId": "ab" * 16, "spanId": "cd" * 8}
    [(span_id, session_id)] = ids_and_sessions({**place, "session.id": "sA"}, signal="span")
    assert session_id == "sA"
    assert [(span_id, "")] == ids_and_sessions(place)
    assert ids_and_sessions({**place, "session.id": "sA"}, place, signal="span") == [(span_id, "sA")]
