"""Small archives in the shapes in which other programs write them, and what lands of each."""

from __future__ import annotations

import gzip
import json
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from pathlib import Path

NOON = 1769860800  # 2026-01-31T12:00:00Z


def node(name: str, parent: str | None, *children: str, role: str = "", **message: Any) -> dict[str, Any]:
    """A node of a ChatGPT conversation; without a role it is the root, which holds no message."""
    content = {"content_type": message.pop("kind", "text"), "parts": message.pop("parts", [])}
    whole = {"id": f"m-{name}", "author": {"role": role}, "content": content, "recipient": "all", **message}
    return {"id": name, "parent": parent, "children": list(children), "message": whole if role else None}


def chatgpt_conversation(number: int = 1) -> dict[str, Any]:
    """A conversation with an edited question, an answer made twice, a picture, and a time that is missing."""
    model = {"metadata": {"model_slug": "gpt-5"}}
    context = {"kind": "user_editable_context", "metadata": {"is_visually_hidden_from_conversation": True}}
    nodes = [
        node("root", None, "hidden"),
        node("hidden", "root", "typo", "q1", role="user", parts=["I am a cook."], create_time=None, **context),
        node("typo", "hidden", role="user", parts=["What is rue?"], create_time=NOON),
        node("q1", "hidden", "a1", "a1-again", role="user", parts=["What is roux?"], create_time=NOON + 60.5),
        node("a1", "q1", role="assistant", parts=["A sauce?"], create_time=NOON + 61, **model),
        node("a1-again", "q1", "think", role="assistant", parts=["Flour in fat."], create_time=NOON + 70, **model),
        node("think", "a1-again", "q2", role="assistant", kind="thoughts", create_time=NOON + 71),
        node(
            *("q2", "think", "tool"),
            role="user",
            kind="multimodal_text",
            parts=[{"content_type": "image_asset_pointer", "asset_pointer": "file://x"}, "Is this one \ud83d?"],
            create_time=None,
        ),
        node("tool", "q2", "a2", role="tool", parts=["looked"], create_time=NOON + 80),
        node("a2", "tool", "q3", role="assistant", parts=["Yes."], create_time=NOON + 81, **model),
        node("q3", "a2", role="user", kind="multimodal_text", parts=[{"content_type": "image_asset_pointer"}]),
    ]
    return {
        "title": "Sauces",
        "create_time": NOON,
        "conversation_id": f"conv-{number}",
        "mapping": {one["id"]: one for one in nodes},
        "current_node": "q3",
    }


def chatgpt(path: Path) -> None:
    """The zip of an account."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("chat.html", "<html></html>")
        archive.writestr("conversations.json", json.dumps([chatgpt_conversation()]))
        archive.writestr("message_feedback.json", json.dumps([{"id": "m-a1", "rating": "thumbs_up"}]))
        archive.writestr("user.json", json.dumps({"id": "user-ann", "chatgpt_plus_user": True}))


def claude(path: Path) -> None:
    """The zip of an account, with a branch that was left."""

    def message(uuid: str, sender: str, text: str, parent: str) -> dict[str, Any]:
        content = [{"type": "text", "text": text}, {"type": "tool_use", "name": "search", "input": {}}]
        return {
            "uuid": uuid,
            "sender": sender,
            "text": text + " [tool]",
            "content": content,
            "attachments": [],
            "created_at": "2026-01-31T12:00:00.000000Z",
            "parent_message_uuid": parent,
        }

    conversation = {
        "uuid": "c1",
        "name": "Sauces",
        "created_at": "2026-01-31T11:00:00Z",
        "account": {"uuid": "ann"},
        "current_leaf_message_uuid": "m4",
        "chat_messages": [
            message("m1", "human", "What is roux?", "root"),
            message("m2", "assistant", "Flour in fat.", "m1"),
            message("m3", "human", "Left", "m2"),
            message("m4", "human", "And stock?", "m2"),
        ],
    }
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("conversations.json", json.dumps([conversation]))
        archive.writestr("users.json", json.dumps([{"uuid": "ann", "full_name": "Ann"}]))


def langfuse(folder: Path) -> None:
    """Enriched observations: a root, a call below it that repeats the history, one in a loop of tools, and a score."""
    history = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    asked = [*history, {"role": "user", "content": "Where is my order?"}]
    shared = {"trace_id": "t1", "session_id": "chat-1", "user_id": "ann", "environment": "production"}
    call = {"type": "GENERATION", "provided_model_name": "gpt-5", "usage_details": {"input": 20, "output": 5}}
    rows = [
        {
            **shared,
            "id": "o2",
            "parent_observation_id": "o1",
            "start_time": "2026-01-31 12:00:01.000000",
            **call,
            "input": json.dumps({"messages": asked}),
            "output": "",
            "latency": 0.5,
            "total_cost": 0.25,
        },
        {
            **shared,
            "id": "o3",
            "parent_observation_id": "o1",
            "start_time": "2026-01-31 12:00:02.000000",
            **call,
            "input": json.dumps([*asked, {"role": "tool", "content": "sent"}]),
            "total_cost": 0.25,
        },
        {
            **shared,
            "id": "o1",
            "parent_observation_id": "",
            "type": "AGENT",
            "level": "DEFAULT",
            "start_time": "2026-01-31 12:00:00.000000",
            "input": "Where is my order?",
            "latency": 1.25,
            "output": '{"answer": "On its way."}',
            "metadata": {"plan": "pro"},
            "tool_call_names": ["track_order"],
        },
        {
            "id": "o9",
            "trace_id": "t9",
            "environment": "langfuse-llm-as-a-judge",
            "type": "GENERATION",
            "parent_observation_id": "",
            "start_time": "2026-01-31 12:00:00.000000",
            "input": "Judge this.",
        },
    ]
    (folder / "observations_v2").mkdir(parents=True)
    (folder / "scores").mkdir()
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "observations_v2" / "20260131.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    score = {"id": "s1", "trace_id": "t1", "name": "helpful", "value": 1, "data_type": "NUMERIC"}
    (folder / "scores" / "20260131.jsonl").write_text(json.dumps(score))


def langsmith(path: Path) -> None:
    """A bulk export: Parquet with UUID columns, times without zone, and objects as JSON text."""
    trace, call = UUID(int=1), UUID(int=2)
    metadata = {"thread_id": "other", "session_id": "chat-1", "user_id": "ann", "plan": "pro", "ls_model_name": "gpt-5"}
    moment = datetime.fromtimestamp(NOON, UTC).replace(tzinfo=None)
    table = pa.table(
        {
            "id": pa.array([trace.bytes, call.bytes], pa.uuid()),
            "trace_id": pa.array([trace.bytes, trace.bytes], pa.uuid()),
            "parent_run_id": pa.array([None, trace.bytes], pa.uuid()),
            "session_id": pa.array([UUID(int=7).bytes] * 2, pa.uuid()),
            "run_type": ["chain", "llm"],
            "inputs": [
                json.dumps({"messages": [{"type": "human", "content": "Where is my order?"}]}),
                json.dumps({"messages": [[{"id": ["langchain", "HumanMessage"], "kwargs": {"content": "rewritten"}}]]}),
            ],
            "outputs": [json.dumps({"output": "On its way."}), json.dumps({"generations": [[{"text": "x"}]]})],
            "start_time": pa.array([moment] * 2, pa.timestamp("us")),
            "end_time": pa.array([moment] * 2, pa.timestamp("us")),
            "extra": [json.dumps({"metadata": metadata})] * 2,
            "prompt_tokens": [20, 20],
            "completion_tokens": [5, 5],
            "tags": [["beta"], []],
        }
    )
    pq.write_table(table, path)


def phoenix(path: Path) -> None:
    """A data frame of spans as it is saved to Parquet: attributes are columns, lists of structs among them."""
    moment = datetime.fromtimestamp(NOON, UTC)
    messages = [{"message.role": "system", "message.content": "Be kind."}]
    table = pa.table(
        {
            "context.trace_id": ["t1", "t1"],
            "context.span_id": ["s1", "s2"],
            "parent_id": [None, "s1"],
            "span_kind": ["CHAIN", "LLM"],
            "status_code": ["OK", "OK"],
            "start_time": pa.array([moment] * 2, pa.timestamp("us", "UTC")),
            "end_time": pa.array([moment] * 2, pa.timestamp("us", "UTC")),
            "attributes.session.id": ["chat-1", None],
            "attributes.user.id": ["ann", None],
            "attributes.input.value": ['{"k": 3}', None],
            "attributes.output.value": ["On its way.", None],
            "attributes.llm.model_name": [None, "gpt-5"],
            "attributes.llm.token_count.prompt": pa.array([None, 20.0]),
            "attributes.llm.input_messages": [
                None,
                [*messages, {"message.role": "user", "message.content": "Where is my order?"}],
            ],
            "attributes.llm.output_messages": [None, [{"message.role": "assistant", "message.content": "On its way."}]],
        }
    )
    pq.write_table(table, path)


def posthog(path: Path) -> None:
    """A download of events: a generation, one of the app's own, and one that PostHog captured."""
    rows: list[dict[str, Any]] = [
        {
            "uuid": "u1",
            "event": "$ai_generation",
            "distinct_id": "ann",
            "timestamp": "2026-01-31T12:00:00Z",
            "properties": {
                "$ai_trace_id": "t1",
                "$ai_session_id": "chat-1",
                "$ai_model": "gpt-5",
                "$ai_latency": 1.5,
                "$ai_input": [{"role": "user", "content": [{"type": "text", "text": "Where is my order?"}]}],
                "$ai_output_choices": [{"role": "assistant", "content": "On its way."}],
                "$ai_input_tokens": 20,
                "$ai_output_tokens": 5,
                "plan": "pro",
                "$browser": "Firefox",
            },
        },
        {
            "uuid": "u2",
            "event": "order cancelled",
            "distinct_id": "ann",
            "timestamp": "2026-01-31T12:00:05Z",
            "properties": json.dumps({"reason": "too late", "$session_id": "web-1", "$lib": "web"}),
        },
        {
            "uuid": "u3",
            "event": "$pageview",
            "distinct_id": "ann",
            "timestamp": "2026-01-31T12:00:06Z",
            "properties": {},
        },
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def segment(path: Path) -> None:
    """Raw calls: a phone's clock is two hours ahead, an archived call is corrected already, and one says who it is."""
    shared = {"type": "track", "event": "message", "anonymousId": "anon-1"}
    calls: list[dict[str, Any]] = [
        {
            **shared,
            "messageId": "m1",
            "properties": {"prompt": "Where is my order?", "session_id": "chat-1"},
            "timestamp": "2026-01-31T14:00:00Z",
            "sentAt": "2026-01-31T14:00:03Z",
            "receivedAt": "2026-01-31T12:00:03Z",
        },
        {
            **shared,
            "messageId": "m2",
            "userId": "ann",
            "properties": {"prompt": "Hello?"},
            "timestamp": "2026-01-31T12:00:00Z",
            "originalTimestamp": "2026-01-31T14:00:00Z",
            "sentAt": "2026-01-31T14:00:03Z",
            "receivedAt": "2026-01-31T12:00:03Z",
        },
        {"type": "identify", "messageId": "m3", "userId": "ann", "traits": {"plan": "pro"}},
    ]
    path.write_bytes(gzip.compress("".join(json.dumps(call) + "\n" for call in calls).encode()))


def sharegpt(path: Path) -> None:
    """A data set: no times, one conversation without an id."""
    turns = [{"from": "human", "value": "What is roux?"}, {"from": "gpt", "value": "Flour in fat."}]
    more = [{"from": "human", "value": "And stock?"}, {"from": "gpt", "value": "Juice."}]
    path.write_text(json.dumps([{"id": "a_0", "conversations": [*turns, *more]}, {"conversations": turns}]))


def wildchat(path: Path) -> None:
    """A data set in Parquet: a list of structs, of which the answers have times."""
    moment = datetime.fromtimestamp(NOON, UTC)
    said = [("user", "What is roux?", None), ("assistant", "Flour in fat.", moment)]
    turns = [
        {"role": role, "content": text, "timestamp": at, "turn_identifier": 17, "hashed_ip": "ip-1", "country": "Chile"}
        for role, text, at in said
    ]
    columns = {"conversation_hash": ["h1"], "model": ["gpt-4"], "timestamp": [moment], "language": ["English"]}
    pq.write_table(pa.table({**columns, "conversation": [turns]}), path)


def openai(path: Path) -> None:
    """Logged calls, of which the second repeats the first, and a conversation as it is written for fine-tuning."""
    first = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "What is roux?"}]
    answer = {"role": "assistant", "content": "Flour in fat."}
    shared = {"model": "gpt-5", "conversation_id": "chat-1", "user": "ann"}
    answered = {"choices": [{"message": answer, "finish_reason": "stop"}], "usage": {"prompt_tokens": 9}}
    lines = [
        {**shared, "id": "r1", "created": NOON, "messages": first, "response": answered},
        {
            **shared,
            "id": "r2",
            "created": NOON + 9,
            "messages": [*first, answer, {"role": "user", "content": "And stock?"}],
        },
        {"messages": [*first, answer], "timestamp": "2026-01-31T12:00:00Z"},
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def rasa(path: Path) -> None:
    """A tracker: a session begins, a button, a message and two answers."""
    events: list[dict[str, Any]] = [
        {"event": "session_started", "timestamp": NOON - 1},
        {"event": "user", "text": "/greet", "timestamp": NOON - 0.5},
        {
            "event": "user",
            "text": "Where is my order?",
            "timestamp": NOON,
            "message_id": "m1",
            "parse_data": {"intent": {"name": "track_order", "confidence": 0.75}},
        },
        {"event": "bot", "text": "Let me look.", "timestamp": NOON + 1},
        {"event": "slot", "name": "order", "value": "7"},
        {"event": "bot", "text": "On its way.", "timestamp": NOON + 2},
    ]
    path.write_text(json.dumps({"sender_id": "ann", "events": events}))


MAKERS = {
    "chatgpt-export.zip": chatgpt,
    "claude-export.zip": claude,
    "langfuse": langfuse,
    "langsmith.parquet": langsmith,
    "phoenix.parquet": phoenix,
    "posthog.jsonl": posthog,
    "segment.jsonl.gz": segment,
    "sharegpt.json": sharegpt,
    "wildchat.parquet": wildchat,
    "requests.jsonl": openai,
    "rasa.json": rasa,
}
"""By the names that docs/import.md uses."""
