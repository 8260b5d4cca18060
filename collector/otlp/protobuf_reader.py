"""OTLP in protobuf, decoded by the messages of opentelemetry-proto."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from collector.errors import RejectedError
from collector.otlp.records import MAX_VALUE_DEPTH, UNREAD, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
    from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
    from opentelemetry.proto.trace.v1.trace_pb2 import Span

    from collector.otlp.records import Attributes


def read_spans(body: bytes) -> Iterator[Record]:
    """Yield the spans of a request.

    Raises:
        RejectedError: it is not an ExportTraceServiceRequest.
    """
    request = _decode(ExportTraceServiceRequest, body)
    return _records(request.resource_spans, "scope_spans", "spans", _span)


def read_logs(body: bytes) -> Iterator[Record]:
    """Yield the log events of a request.

    Raises:
        RejectedError: it is not an ExportLogsServiceRequest.
    """
    request = _decode(ExportLogsServiceRequest, body)
    return _records(request.resource_logs, "scope_logs", "log_records", _log)


def _records(
    groups: Any, scopes: str, records: str, read: Callable[[Any, Attributes, str], Record]
) -> Iterator[Record]:
    for group in groups:
        resource = _attributes(group.resource.attributes)
        for scoped in getattr(group, scopes):
            scope = scoped.scope.name
            for record in getattr(scoped, records):
                yield read(record, resource, scope)


def _decode(kind: Any, body: bytes) -> Any:
    try:
        return kind.FromString(body)
    except DecodeError:
        raise RejectedError("INVALID_REQUEST", f"The body is no {kind.DESCRIPTOR.name} in protobuf.") from None


def _span(span: Span, resource: Attributes, scope: str) -> Record:
    return Record(
        "span",
        span.name,
        span.trace_id.hex(),
        span.span_id.hex(),
        bool(span.parent_span_id),
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        _attributes(span.attributes),
        resource,
        scope,
        span.dropped_attributes_count,
        span.status.message,
        span.status.code == Status.STATUS_CODE_ERROR,
        None,
        [(event.name, _attributes(event.attributes)) for event in span.events],
    )


def _log(log: LogRecord, resource: Attributes, scope: str) -> Record:
    return Record(
        "log",
        log.event_name,
        log.trace_id.hex(),
        log.span_id.hex(),
        has_parent=True,
        start_ns=log.time_unix_nano or log.observed_time_unix_nano,
        end_ns=0,
        attributes=_attributes(log.attributes),
        resource=resource,
        scope=scope,
        n_dropped=log.dropped_attributes_count,
        body=_value(log.body, 1),
    )


def _attributes(pairs: Iterable[KeyValue], depth: int = 1) -> Attributes:
    # Nearly all values are texts or numbers, which this finds without determining their kind.
    return {
        key: (value := pair.value).string_value or value.int_value or _value(value, depth)
        for pair in pairs
        if (key := pair.key) not in UNREAD
    }


def _value(value: AnyValue, depth: int) -> Any:
    kind = value.WhichOneof("value")
    if kind is None or depth > MAX_VALUE_DEPTH:
        return None
    if kind == "array_value":
        return [_value(item, depth + 1) for item in value.array_value.values]
    if kind == "kvlist_value":
        return _attributes(value.kvlist_value.values, depth + 1)
    return None if kind == "bytes_value" else getattr(value, kind)
