"""Whatever arrives, the readers give events that `validate` takes, or refuse the request in words; nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from collector.errors import RejectedError
from collector.otlp import json_reader, protobuf_reader
from collector.otlp.events import METADATA_KEYS, SESSION_KEYS, USER_KEYS, read_records
from collector.otlp.gen_ai import WRAPPER_INPUTS
from collector.validation import validate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

NOW = "2026-01-31T12:00:00.000000Z"
KEYS = st.sampled_from(
    [
        *("gen_ai.input.messages", "gen_ai.operation.name", "gen_ai.prompt.0.content", "gen_ai.prompt.0.role"),
        *("llm.input_messages.1.message.role", "llm.input_messages.1.message.content"),
        *("llm.input_messages.99.message.contents.3.message_content.text", "openinference.span.kind"),
        *("langfuse.observation.type", "langfuse.observation.usage_details", "pydantic_ai.all_messages"),
        *("pydantic_ai.new_message_index", "request_data", "gen_ai.tool.definitions", "metadata", "event.name"),
        *("traceloop.association.properties.plan", "traceloop.association.properties.", "logfire.msg_template"),
        *(*SESSION_KEYS, *USER_KEYS, *WRAPPER_INPUTS, *(key for keys in METADATA_KEYS.values() for key in keys)),
    ]
)
PARTS = st.fixed_dictionaries({"type": st.sampled_from(["text", "tool_call_response"]), "content": st.text()})
MESSAGES = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "USER", "assistant", "tool", "system", ""])},
    optional={"content": st.text() | st.none() | st.lists(PARTS), "parts": st.lists(PARTS | st.integers())},
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
TEXTS = st.one_of(
    st.sampled_from(["chat", "LLM", "generation", "user", "__REDACTED__", "gen_ai.user.message", "[", '"', "{}", "\0"]),
    st.text(),
    st.lists(MESSAGES, max_size=5).map(json.dumps),
    JSON_VALUES.map(json.dumps),
)
VALUES = st.recursive(
    TEXTS
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.binary(max_size=8)
    | st.none()
    | MESSAGES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(), inner, max_size=4),
    max_leaves=10,
)
ATTRIBUTES = st.dictionaries(KEYS | st.text(max_size=5), VALUES, max_size=8)
NANOSECONDS = st.sampled_from([0, 1, 1_790_000_000_000_000_000, 2**64 - 1])


def as_any(value: Any) -> AnyValue:  # noqa: PLR0911  # one a kind
    match value:
        case None:
            return AnyValue()
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=max(-(2**63), min(value, 2**63 - 1)))
        case float():
            return AnyValue(double_value=value)
        case bytes():
            return AnyValue(bytes_value=value)
        case str():
            return AnyValue(string_value=value)
        case list():
            return AnyValue(array_value=ArrayValue(values=map(as_any, value)))
        case _:
            return AnyValue(kvlist_value=KeyValueList(values=as_pairs(value)))


def as_pairs(attributes: dict[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=as_any(value)) for key, value in attributes.items()]


def as_json_any(value: Any) -> dict[str, Any]:  # noqa: PLR0911  # one a kind
    match value:
        case None | bytes():
            return {}
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case str():
            return {"stringValue": value}
        case list():
            return {"arrayValue": {"values": [as_json_any(item) for item in value]}}
        case _:
            return {"kvlistValue": {"values": as_json_pairs(value)}}


def as_json_pairs(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": as_json_any(value)} for key, value in attributes.items()]


def take(read: Callable[[bytes], Iterable[Any]], body: bytes) -> None:
    """Read and validate as the route does; a refusal is an answer, everything else a failure."""
    try:
        reading = read_records(read(body))
    except RejectedError:
        return
    for payload in reading.payloads:
        event = validate(payload, project_id="prj_0123456789abcdef", received_at=NOW, reread=None)
        assert event["metadata"]["prompt"]
        assert orjson.loads(orjson.dumps(event)) == event


@given(ATTRIBUTES, ATTRIBUTES, st.text(max_size=9), NANOSECONDS, st.binary(max_size=16), VALUES)
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_protobuf_any_attributes_are_read_or_refused(  # noqa: PLR0913, PLR0917  # parts of a span
    attributes: dict[str, Any], others: dict[str, Any], name: str, at: int, trace_id: bytes, body: Any
):
    event = Span.Event(name=name, attributes=as_pairs(others))
    span = Span(name=name, trace_id=trace_id, start_time_unix_nano=at, end_time_unix_nano=at, events=[event])
    span.attributes.extend(as_pairs(attributes))
    scopes = [ScopeSpans(spans=[span, span])]
    traces = ExportTraceServiceRequest(resource_spans=[ResourceSpans(scope_spans=scopes)])
    take(protobuf_reader.read_spans, traces.SerializeToString())
    log = LogRecord(event_name=name, trace_id=trace_id, attributes=as_pairs(attributes), body=as_any(body))
    logs = ExportLogsServiceRequest(resource_logs=[ResourceLogs(scope_logs=[ScopeLogs(log_records=[log])])])
    take(protobuf_reader.read_logs, logs.SerializeToString())


@given(ATTRIBUTES, st.dictionaries(st.sampled_from(["traceId", "name", "status", "events", "kind"]), JSON_VALUES))
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_json_any_attributes_and_fields_are_read_or_refused(attributes: dict[str, Any], odd: dict[str, Any]):
    span = {"traceId": "ab" * 16, "startTimeUnixNano": "1", "attributes": as_json_pairs(attributes), **odd}
    for read, names in [
        (json_reader.read_spans, ("resourceSpans", "scopeSpans", "spans")),
        (json_reader.read_logs, ("resourceLogs", "scopeLogs", "logRecords")),
    ]:
        body: Any = span
        for one in reversed(names):
            body = {one: [body]}
        take(read, json.dumps(body).encode())


@given(JSON_VALUES)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_json_any_document_is_read_or_refused(value: Any):
    body = json.dumps({"resourceSpans": value, "resourceLogs": value}).encode()
    take(json_reader.read_spans, body)
    take(json_reader.read_logs, body)


@given(st.binary(max_size=400))
@settings(max_examples=100, deadline=None)
def test_bytes_any_are_read_or_refused(body: bytes):
    for reader in (protobuf_reader, json_reader):
        take(reader.read_spans, body)
        take(reader.read_logs, body)


def test_many_messages_and_attributes_take_no_time():
    messages = orjson.dumps([{"role": "user", "content": f"Question {number % 7}"} for number in range(200_000)])
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.input.messages": messages.decode()}
    span = {"attributes": as_json_pairs(attributes | {f"key.{number}": number for number in range(50_000)})}
    body = orjson.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})
    assert len(read_records(json_reader.read_spans(body)).payloads) == 100
