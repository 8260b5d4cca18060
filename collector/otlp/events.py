"""Turn records into payloads of `/track`: one for each new message of a user in a call."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import TYPE_CHECKING, Any

from collector.conversations import (
    AGENT,
    ERROR,
    FINISH_REASON,
    INPUT_TOKENS,
    LATENCY_MS,
    MODEL,
    OUTPUT_TOKENS,
    PROMPT,
    PROVIDER,
    TOOLS,
)
from collector.otlp.gen_ai import is_call, read_call, read_wrapper
from collector.otlp.messages import clean, load_json
from collector.validation import EVENT_ID_START, MAX_INTEGER, MIN_INTEGER, landed_time, new_event_id
from contracts.events import MAX_AHEAD, MAX_ID_CHARACTERS, MAX_TEXT_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from collector.otlp.gen_ai import Conversation
    from collector.otlp.messages import NewMessage
    from collector.otlp.records import Attributes, Record

Copies = dict[str, dict[str, dict[str, Any]]]
"""For each event_id, the payload of each conversation that a record names; empty if it names none."""
EVENT_NAME = "message"
"""The name of every event from a span or a log event."""
DIGEST_BYTES = 16
NS_PER_US = 1000
NS_PER_MS = 1_000_000
MAX_AHEAD_NS = int(MAX_AHEAD.total_seconds()) * 1_000_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_LABEL_CHARACTERS = 1000
MAX_LABELS = 50
MAX_PLAIN = 2**53

OWN_SESSION_KEYS = (
    "langfuse.session.id",
    "traceloop.association.properties.session_id",
    "traceloop.association.properties.conversation_id",
    "traceloop.association.properties.thread_id",
    "traceloop.association.properties.chat_id",
    *(f"ai.telemetry.metadata.{name}" for name in ("sessionId", "conversationId", "threadId", "chatId")),
    *(f"ai.telemetry.metadata.{name}" for name in ("session_id", "conversation_id", "thread_id", "chat_id")),
)
SESSION_KEYS = (*OWN_SESSION_KEYS[:1], "session.id", *OWN_SESSION_KEYS[1:], "gen_ai.conversation.id")
"""`session.id` before `gen_ai.conversation.id`, which Pydantic AI generates for each run if the app sends none."""
USER_KEYS = (
    "langfuse.user.id",
    "user.id",
    "enduser.id",
    "enduser.pseudo.id",
    "traceloop.association.properties.user_id",
    "ai.telemetry.metadata.userId",
    "ai.telemetry.metadata.user_id",
    "gen_ai.request.user",
)
METADATA_KEYS: dict[str, tuple[str, ...]] = {
    MODEL: (
        "gen_ai.response.model",
        "gen_ai.request.model",
        "llm.model_name",
        "langfuse.observation.model.name",
        "model_name",
    ),
    PROVIDER: ("gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system"),
    INPUT_TOKENS: ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt"),
    OUTPUT_TOKENS: ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion"),
    AGENT: ("gen_ai.agent.name", "agent.name", "agent_name", "traceloop.entity.name", "ai.telemetry.functionId"),
    FINISH_REASON: ("gen_ai.response.finish_reasons", "llm.finish_reason"),
    ERROR: ("error.type", "exception.type"),
}
RESOURCE_KEYS: dict[str, tuple[str, ...]] = {
    "service": ("service.name",),
    "environment": ("deployment.environment.name", "deployment.environment", "langfuse.environment"),
}
NO_SERVICE = "unknown_service"
USAGE_DETAILS = "langfuse.observation.usage_details"
TOOL_KEYS = ("gen_ai.tool.definitions", "gen_ai.request.tools", "ai.prompt.tools")
LABEL_PREFIXES = (
    "traceloop.association.properties.",
    "langfuse.trace.metadata.",
    "langfuse.observation.metadata.",
    "ai.telemetry.metadata.",
)
NO_LABELS = frozenset(
    {
        *("session_id", "user_id", "conversation_id", "thread_id", "chat_id"),
        *("sessionId", "userId", "conversationId", "threadId", "chatId"),
    }
)


@dataclass
class Reading:
    """The result of the records of one request.

    Args:
        payloads: Payloads of `/track`.
        outcomes: Number of records by `message`, `history` (a call without a new one), `no_text` and `other` (no call).
        n_dropped: Attributes that senders dropped from calls, possibly including `session.id`.
        sources: For each instrumentation (scope, service) its calls with text, without text, and dropped attributes.
    """

    payloads: list[dict[str, Any]] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    n_dropped: int = 0
    sources: dict[tuple[str, str], list[int]] = field(default_factory=dict)


def read_records(records: Iterable[Record]) -> Reading:
    """Turn the records of a request into payloads, one per message, however often it occurs."""
    reading = Reading()
    wrappers: list[Record] = []
    traces_with_text: set[str] = set()
    found: Copies = {}
    for record in records:
        if not is_call(record):
            wrappers.append(record)
            continue
        conversation = read_call(record)
        if conversation.has_text:
            traces_with_text.add(record.trace_id)
        _count(reading, record, conversation)
        _add(found, record, conversation)
    for record in wrappers:
        conversation = read_wrapper(record)
        if conversation.new and record.trace_id not in traces_with_text:
            reading.outcomes["message"] += 1
            _add(found, record, conversation)
        else:
            reading.outcomes["other"] += 1
    reading.payloads = [payload for event_id, copies in found.items() for payload in _messages(event_id, copies)]
    return reading


def _count(reading: Reading, record: Record, conversation: Conversation) -> None:
    outcome = "message" if conversation.new else "history" if conversation.has_text else "no_text"
    reading.outcomes[outcome] += 1
    reading.n_dropped += record.n_dropped
    service = record.resource.get("service.name")
    source = (record.scope[:MAX_ID_CHARACTERS], service[:MAX_ID_CHARACTERS] if isinstance(service, str) else "")
    counts = reading.sources.setdefault(source, [0, 0, 0])
    counts[0] += conversation.has_text
    counts[1] += not conversation.has_text and not record.is_error
    counts[2] += record.n_dropped


def _add(found: Copies, record: Record, conversation: Conversation) -> None:
    if not conversation.new:
        return
    whole, metadata = _payload(record), _metadata(record)
    session_id = whole.get("session_id", "")
    for message in conversation.new:
        event_id = _event_id(record, message)
        payload = {**whole, "event_id": event_id, "metadata": {**_texts(message.text), **metadata}}
        copies = found.setdefault(event_id, {})
        # Of several records with the same message, the most complete one counts.
        if session_id not in copies or _n_known(payload) > _n_known(copies[session_id]):
            copies[session_id] = payload


def _messages(event_id: str, copies: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield a message for each conversation that its copies name; copies without one belong to the first.

    The first keeps the id, because a log event of the same call has the same one. It may arrive in another request and
    name no conversation.
    """
    first, *others = sorted(filter(None, copies)) or [""]
    yield copies[first]
    for session_id in others:
        yield {**copies[session_id], "event_id": _digest(event_id, session_id)}


def _n_known(payload: dict[str, Any]) -> int:
    return len(payload) + len(payload["metadata"])


def _payload(record: Record) -> dict[str, Any]:
    """Return a payload without its message."""
    attributes = record.attributes
    payload: dict[str, Any] = {"name": EVENT_NAME}
    session_id = _first_id(attributes, SESSION_KEYS)
    if session_id:
        payload["session_id"] = session_id
    user_id = _first_id(attributes, USER_KEYS) or _first_id(record.resource, USER_KEYS)
    if user_id:
        payload["user_id"] = user_id
    # A time further ahead than `validate` allows comes from a wrong clock; the server's time is closer.
    if 0 < record.start_ns < time.time_ns() + MAX_AHEAD_NS:
        payload["timestamp"] = landed_time(EPOCH + timedelta(microseconds=record.start_ns // NS_PER_US))
    return payload


def _texts(text: str) -> dict[str, Any]:
    """Return the field of the text; for one over the maximum length, its beginning and its length."""
    if len(text) <= MAX_TEXT_CHARACTERS:
        return {PROMPT: text}
    return {PROMPT: text[:MAX_TEXT_CHARACTERS], "prompt_characters": len(text)}


def _event_id(record: Record, message: NewMessage) -> str:
    """Make the id of a message, which is the same in every record of its trace, whenever it arrives.

    A trace may span several conversations, so the conversation is part of the id if a library writes it on each
    record of a call. `session.id` is not: an app's span processor puts it on spans, but not on the log event of the
    same call. Without a trace, every name of a conversation counts. A record without a place and time is a separate
    message, because a copy of it cannot be distinguished from the same words of somebody else.
    """
    if not (record.trace_id or record.span_id or record.start_ns):
        return new_event_id()
    attributes = record.attributes
    is_on_each = "openinference.span.kind" in attributes or _is_langfuse(attributes)
    keys = SESSION_KEYS if is_on_each or not record.trace_id else OWN_SESSION_KEYS
    place = record.trace_id or f"{record.span_id} {record.start_ns}"
    return _digest(place, _first_id(attributes, keys), str(message.n_before), message.text)


def _digest(*parts: str) -> str:
    digest = hashlib.blake2b("\0".join(parts).encode(), digest_size=DIGEST_BYTES)
    return EVENT_ID_START + digest.hexdigest()


def _is_langfuse(attributes: Attributes) -> bool:
    return "langfuse.observation.type" in attributes


def _first_id(attributes: Attributes, keys: Iterable[str]) -> str:
    """Return the first id; one over the maximum length is replaced by its hash."""
    for key in keys:
        if key not in attributes:
            continue
        value = attributes[key]
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if isinstance(value, str) and (text := clean(value)):
            is_long = len(text) > MAX_ID_CHARACTERS
            return hashlib.blake2b(text.encode(), digest_size=DIGEST_BYTES).hexdigest() if is_long else text
    return ""


def _metadata(record: Record) -> dict[str, Any]:
    attributes = record.attributes
    metadata: dict[str, Any] = {}
    for name, keys in METADATA_KEYS.items():
        _put_first(metadata, name, attributes, keys)
    if record.resource:
        for name, keys in RESOURCE_KEYS.items():
            _put_first(metadata, name, record.resource, keys)
        if "service" in metadata and str(metadata["service"]).startswith(NO_SERVICE):
            del metadata["service"]
    if record.end_ns > record.start_ns > 0:
        metadata[LATENCY_MS] = (record.end_ns - record.start_ns) // NS_PER_MS
    if record.is_error:
        metadata.setdefault(ERROR, _error(record))
    for name, value in _own_labels(attributes):
        metadata.setdefault(name, value)
    metadata.pop(PROMPT, None)
    return metadata


def _put_first(metadata: dict[str, Any], name: str, attributes: Attributes, keys: Iterable[str]) -> None:
    for key in keys:
        if key in attributes:
            value = attributes[key]
            label = value if type(value) is int and -MAX_PLAIN < value < MAX_PLAIN else _label(value)
            if label is not None:
                metadata[name] = label
                return


def _error(record: Record) -> str:
    """Name the kind of an error. The description of the status is not used, because it may quote the message."""
    kinds = (attributes.get("exception.type") for name, attributes in record.events if name == "exception")
    return next((kind for kind in kinds if isinstance(kind, str)), "error")[:MAX_LABEL_CHARACTERS]


def _label(value: Any) -> Any:
    """Return a value that may be metadata, or None; the first such value of a list, which may be JSON text."""
    if isinstance(value, str):
        if value[:1] in {"[", '"'}:
            held = load_json(value)
            if isinstance(held, list) or (isinstance(held, str) and held[:1] not in {"[", '"'}):
                return _label(held)
        return clean(value)[:MAX_LABEL_CHARACTERS] or None
    if isinstance(value, list):
        return next((label for one in value if not isinstance(one, list) and (label := _label(one)) is not None), None)
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, int):
        return value if MIN_INTEGER <= value <= MAX_INTEGER else str(value)[:MAX_LABEL_CHARACTERS]
    return None


def _own_labels(attributes: Attributes) -> Iterator[tuple[str, Any]]:
    """Yield metadata that only some libraries and apps write."""
    if USAGE_DETAILS in attributes:
        yield from _langfuse_tokens(attributes[USAGE_DETAILS]).items()
    for key in TOOL_KEYS:
        if key in attributes and (names := list(_tool_names(attributes[key]))):
            yield TOOLS, names[:MAX_LABELS]
    yield from _labels(attributes)


def _labels(attributes: Attributes) -> Iterator[tuple[str, Any]]:
    """Yield the app's own metadata of the call: association properties and metadata."""
    own_keys = [key for key in attributes if key.startswith(LABEL_PREFIXES)]
    for key in own_keys[:MAX_LABELS]:
        prefix = next(prefix for prefix in LABEL_PREFIXES if key.startswith(prefix))
        name = key[len(prefix) :][:MAX_ID_CHARACTERS].replace("\0", "")
        label = None if name in NO_LABELS else _label(attributes[key])
        if name and label is not None:
            yield name, label
    own = attributes.get("metadata")  # OpenInference
    held = load_json(own) if isinstance(own, str) else None
    for name, value in list(held.items())[:MAX_LABELS] if isinstance(held, dict) else ():
        label = _label(value)
        if name and label is not None:
            yield clean(name)[:MAX_ID_CHARACTERS], label


def _langfuse_tokens(value: Any) -> dict[str, int]:
    details = load_json(value) if isinstance(value, str) else None
    if not isinstance(details, dict):
        return {}
    names = {
        INPUT_TOKENS: ("input_tokens", "prompt_tokens", "input"),
        OUTPUT_TOKENS: ("output_tokens", "completion_tokens", "output"),
    }
    found = {
        name: next((details[key] for key in keys if isinstance(details.get(key), int)), None)
        for name, keys in names.items()
    }
    return {name: value for name, value in found.items() if value is not None}


def _tool_names(value: Any) -> Iterator[str]:
    tools = load_json(value) if isinstance(value, str) else value
    for tool in tools if isinstance(tools, list) else ():
        held = load_json(tool) if isinstance(tool, str) else tool
        function = held.get("function", held) if isinstance(held, dict) else None
        name = function.get("name") if isinstance(function, dict) else None
        if isinstance(name, str) and (label := clean(name)):
            yield label[:MAX_ID_CHARACTERS]
