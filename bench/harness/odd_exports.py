"""Exports of OpenTelemetry and calls of Segment's libraries as no library writes them, as hypothesis strategies."""

from __future__ import annotations

import gzip
import json
from typing import Any

from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from harness.odd_bodies import ANY_TEXT, GOOD_EVENTS, TIMES, VALUES, OddRequest, damaged

JSON_TYPE, PROTOBUF_TYPE = "application/json", "application/x-protobuf"
KEYS = st.sampled_from(
    [
        *("gen_ai.operation.name", "gen_ai.input.messages", "gen_ai.prompt.0.content", "gen_ai.response.model"),
        *("llm.input_messages.0.message.content", "langfuse.observation.input", "langfuse.observation.type"),
        *("input.value", "session.id", "user.id", "gen_ai.usage.input_tokens", "error.type", "metadata"),
        *("traceloop.association.properties.plan", "pydantic_ai.all_messages", "openinference.span.kind"),
    ]
)
MESSAGES = st.lists(st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant", "tool"]), "content": VALUES}))
TEXTS = ANY_TEXT | MESSAGES.map(json.dumps) | VALUES.map(json.dumps) | st.sampled_from(["chat", "LLM", "[", "{}"])
ATTRIBUTES = st.dictionaries(KEYS | ANY_TEXT, TEXTS, max_size=6)
IDS = st.sampled_from(["", "5b8efff798038103d269b633813fc60c", "zz", 7, None])
TIMES_NS = st.sampled_from(["1769860800000000000", 0, -1, 2**64, "x", 1e30, None])
CONTENT_ENCODINGS = st.sampled_from(["", "", "", "gzip", "deflate"])


def _attributes(values: dict[str, str]) -> list[dict[str, Any]]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in values.items()]


def _export(record: dict[str, Any], attributes: dict[str, str], *, is_log: bool) -> dict[str, Any]:
    names = ("resourceLogs", "scopeLogs", "logRecords") if is_log else ("resourceSpans", "scopeSpans", "spans")
    held: Any = {**record, "attributes": _attributes(attributes)}
    for name in reversed(names):
        held = {name: [held]}
    return dict(held)


def _in_json(export: dict[str, Any], *, is_log: bool) -> OddRequest:
    return OddRequest("/v1/logs" if is_log else "/v1/traces", json.dumps(export).encode("utf-8", "surrogatepass"))


def _in_protobuf(attributes: dict[str, str], ids: bytes, *, is_log: bool) -> OddRequest:
    request = ExportLogsServiceRequest() if is_log else ExportTraceServiceRequest()
    if isinstance(request, ExportLogsServiceRequest):
        record: Any = request.resource_logs.add().scope_logs.add().log_records.add(trace_id=ids)
    else:
        record = request.resource_spans.add().scope_spans.add().spans.add(trace_id=ids, name="chat")
    for key, value in attributes.items():
        kept = (text.encode("utf-8", "replace").decode() for text in (key, value))
        record.attributes.add(key=next(kept)).value.string_value = next(kept)
    return OddRequest("/v1/logs" if is_log else "/v1/traces", request.SerializeToString(), kind=PROTOBUF_TYPE)


def _damage(request: OddRequest, place: float, piece: bytes) -> OddRequest:
    return request._replace(body=damaged(request.body, place, piece))


def _encode(request: OddRequest, encoding: str) -> OddRequest:
    body = gzip.compress(request.body) if encoding == "gzip" else request.body
    return request._replace(body=body, encoding=encoding)


RECORDS = st.fixed_dictionaries(
    {"traceId": IDS, "name": ANY_TEXT},
    optional={
        "startTimeUnixNano": TIMES_NS,
        "timeUnixNano": TIMES_NS,
        "events": VALUES,
        "status": VALUES,
        "body": VALUES,
    },
)
IN_JSON = st.builds(
    lambda record, attributes, is_log: _in_json(_export(record, attributes, is_log=is_log), is_log=is_log),
    RECORDS,
    ATTRIBUTES,
    st.booleans(),
)
IN_PROTOBUF = st.builds(_in_protobuf, ATTRIBUTES, st.binary(max_size=17), is_log=st.booleans())
NOT_OTLP = st.builds(
    OddRequest,
    st.sampled_from(["/v1/traces", "/v1/logs"]),
    VALUES.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60),
    st.just(""),
    st.sampled_from([JSON_TYPE, PROTOBUF_TYPE]),
)
EXPORTS = IN_JSON | IN_PROTOBUF | st.builds(_damage, IN_JSON | IN_PROTOBUF, st.floats(0, 1), st.binary(max_size=4))

CALLS = st.builds(
    lambda event, kind, moved: {
        "type": kind,
        "event": event["name"],
        "messageId": event.get("event_id"),
        "properties": event["metadata"],
        "timestamp": event.get("timestamp"),
        **moved,
    },
    GOOD_EVENTS,
    st.sampled_from(["track", "page", "screen", "identify", "group", "alias", "", None]),
    st.dictionaries(st.sampled_from(["userId", "anonymousId", "context", "event", "properties", "messageId"]), VALUES),
)
BATCHES = st.builds(
    lambda calls, sent_at: OddRequest("/v1/batch", json.dumps({"batch": calls, "sentAt": sent_at}).encode()),
    st.lists(CALLS | VALUES, max_size=4),
    TIMES | VALUES,
)
SINGLE_CALLS = st.builds(
    lambda path, call: OddRequest(path, json.dumps(call).encode()),
    st.sampled_from(["/v1/track", "/v1/page", "/v1/identify"]),
    CALLS | VALUES,
)
EXPORT_REQUESTS = st.builds(_encode, EXPORTS | NOT_OTLP | BATCHES | SINGLE_CALLS, CONTENT_ENCODINGS)
