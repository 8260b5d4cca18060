"""OTLP in JSON, read as its specification maps protobuf to JSON.

Ids are hexadecimal, 64-bit numbers are strings (or numbers), enums are integers, names are lowerCamelCase, and unknown
fields are ignored. protobuf's own JSON reader would silently decode the ids as base64.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn

from collector.errors import RejectedError
from collector.otlp.records import MAX_VALUE_DEPTH, Record
from collector.validation import decode_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from collector.otlp.records import Attributes

ERROR_STATUS = (2, "STATUS_CODE_ERROR")
MAX_NS = 2**64 - 1
PLAIN_KINDS: dict[str, tuple[type, ...]] = {"stringValue": (str,), "boolValue": (bool,), "doubleValue": (int, float)}
_HEX = re.compile(r"[0-9a-fA-F]*")
_INTEGER = re.compile(r"-?[0-9]{1,20}")


def read_spans(body: bytes) -> Iterator[Record]:
    """Yield the spans of a request.

    Raises:
        RejectedError: it is not an ExportTraceServiceRequest; the message names what is wrong.
    """
    return _records(_objects(_request(body), "resourceSpans"), "scopeSpans", "spans", _span)


def read_logs(body: bytes) -> Iterator[Record]:
    """Yield the log events of a request.

    Raises:
        RejectedError: it is not an ExportLogsServiceRequest; the message names what is wrong.
    """
    return _records(_objects(_request(body), "resourceLogs"), "scopeLogs", "logRecords", _log)


def _records(
    groups: list[dict[str, Any]], scopes: str, records: str, read: Callable[[dict[str, Any], Attributes, str], Record]
) -> Iterator[Record]:
    for group in groups:
        resource = _attributes(_object(group, "resource"))
        for scoped in _objects(group, scopes):
            scope = _text(_object(scoped, "scope"), "name")
            for record in _objects(scoped, records):
                yield read(record, resource, scope)


def _span(span: dict[str, Any], resource: Attributes, scope: str) -> Record:
    status = _object(span, "status")
    return Record(
        "span",
        _text(span, "name"),
        _id(span, "traceId", 32),
        _id(span, "spanId", 16),
        bool(_id(span, "parentSpanId", 16)),
        _integer(span, "startTimeUnixNano"),
        _integer(span, "endTimeUnixNano"),
        _attributes(span),
        resource,
        scope,
        _integer(span, "droppedAttributesCount"),
        _text(status, "message"),
        status.get("code") in ERROR_STATUS,
        None,
        [(_text(event, "name"), _attributes(event)) for event in _objects(span, "events")],
    )


def _log(log: dict[str, Any], resource: Attributes, scope: str) -> Record:
    return Record(
        "log",
        _text(log, "eventName"),
        _id(log, "traceId", 32),
        _id(log, "spanId", 16),
        has_parent=True,
        start_ns=_integer(log, "timeUnixNano") or _integer(log, "observedTimeUnixNano"),
        end_ns=0,
        attributes=_attributes(log),
        resource=resource,
        scope=scope,
        n_dropped=_integer(log, "droppedAttributesCount"),
        body=_value(_object(log, "body"), 1),
    )


def _request(body: bytes) -> dict[str, Any]:
    request = decode_json(body)
    if not isinstance(request, dict):
        _refuse("The body must be a JSON object.")
    return request


def _object(holder: dict[str, Any], name: str) -> dict[str, Any]:
    value = holder.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        _refuse(f"{name} must be an object.")
    return value


def _objects(holder: dict[str, Any], name: str) -> list[dict[str, Any]]:
    values = holder.get(name)
    if values is None:
        return []
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        _refuse(f"{name} must be a list of objects.")
    return values


def _text(holder: dict[str, Any], name: str) -> str:
    value = holder.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        _refuse(f"{name} must be a string.")
    return value


def _id(holder: dict[str, Any], name: str, n_digits: int) -> str:
    value = _text(holder, name)
    if not _HEX.fullmatch(value) or len(value) not in {0, n_digits}:
        _refuse(f"{name} must be {n_digits} hexadecimal digits.")
    return value.lower()


def _integer(holder: dict[str, Any], name: str) -> int:
    value = holder.get(name)
    number = _as_integer(value)
    if value is not None and (number is None or not 0 <= number <= MAX_NS):
        _refuse(f"{name} must be an integer, written as a string or a number.")
    return number or 0


def _as_integer(value: Any) -> int | None:
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _attributes(holder: dict[str, Any], name: str = "attributes", depth: int = 1) -> Attributes:
    return {_text(pair, "key"): _value(_object(pair, "value"), depth) for pair in _objects(holder, name)}


def _value(value: dict[str, Any], depth: int) -> Any:
    """Return an AnyValue; null for an unknown kind, or a value that does not match its kind."""
    if not value or depth > MAX_VALUE_DEPTH:
        return None
    kind, held = next(iter(value.items()))
    if kind == "intValue":
        return _as_integer(held)
    if kind == "arrayValue" and isinstance(held, dict):
        return [_value(item, depth + 1) for item in _objects(held, "values")]
    if kind == "kvlistValue" and isinstance(held, dict):
        return _attributes(held, "values", depth + 1)
    return held if isinstance(held, PLAIN_KINDS.get(kind, ())) else None


def _refuse(sentence: str) -> NoReturn:
    raise RejectedError("INVALID_REQUEST", f"The body is no OTLP in JSON: {sentence}")
