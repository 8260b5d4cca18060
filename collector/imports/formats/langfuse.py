"""Langfuse: blob storage exports (enriched observations, or traces and observations) and pages of its API.

An observation's `input` is text or JSON in text. Times have no zone and are UTC. Column names are in snake case in
exports, and in camel case in the API and in downloads from its pages.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from collector.conversations import answer_text, user_texts
from collector.imports.formats.reading import Format, as_list, as_number, as_object, as_text, first, labels
from collector.imports.formats.traces import Place, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.imports.formats.reading import Payload, Reading

TYPES = {"SPAN", "GENERATION", "EVENT", "AGENT", "TOOL", "CHAIN", "RETRIEVER", "EVALUATOR", "EMBEDDING", "GUARDRAIL"}
SILENT = {"TOOL", "RETRIEVER", "EVALUATOR", "EMBEDDING", "GUARDRAIL"}
TRACE_KEYS = {"id", "timestamp", "input", "output", "session_id"}
TRACE_MARKS = {"bookmarked", "public", "release"}
"""Columns that tables of other programs are unlikely to have."""
SCORE_KEYS = {"data_type", "trace_id", "value"}
_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")


def looks(record: dict[str, Any]) -> bool:
    """Say whether a record is an observation, a trace or a score."""
    keys = {_snake(key) for key in record}
    is_observation = keys >= {"trace_id", "type", "start_time"} and _type(record) in TYPES
    is_trace = keys >= TRACE_KEYS and bool(keys & TRACE_MARKS)
    return is_observation or is_trace or keys >= SCORE_KEYS


def read(record: dict[str, Any], reading: Reading) -> Iterator[Payload | Span]:
    """Yield the span of an observation, or of a trace."""
    row = {_snake(key): value for key, value in record.items()}
    if as_text(row.get("environment")).startswith("langfuse-"):
        reading.skip("Langfuse's own calls, such as evaluations")
    elif row.keys() >= {"trace_id", "start_time"}:
        yield _observation(row, reading)
    elif row.keys() >= {"trace_id", "value"}:
        reading.skip("scores")
    else:
        span = _span(as_text(row.get("id")), Place.TRACE, row, reading)
        span.at = reading.time(row.get("timestamp"))
        yield span


def _observation(row: dict[str, Any], reading: Reading) -> Span:
    is_call = _type(row) == "GENERATION"
    place = Place.ROOT if not as_text(row.get("parent_observation_id")) else Place.CALL if is_call else Place.INNER
    span = _span(as_text(row.get("trace_id")), place, row, reading)
    usage, cost = as_object(row.get("usage_details")), as_object(row.get("cost_details"))
    span.at = reading.time(row.get("start_time"))
    span.is_call = is_call
    span.model = first(row.get("provided_model_name"), row.get("model"))
    span.input_tokens = as_number(usage.get("input", row.get("prompt_tokens")))
    span.output_tokens = as_number(usage.get("output", row.get("completion_tokens")))
    span.cost_usd = as_number(row.get("total_cost", cost.get("total")))
    latency_s = as_number(row.get("latency"))
    span.latency_ms = None if latency_s is None else round(latency_s * 1000)
    if _type(row) in SILENT:
        span.texts = []
    if row.get("level") == "ERROR":
        span.error = as_text(row.get("status_message"))[:100] or "error"
    span.labels |= {"tools": [name for name in as_list(row.get("tool_call_names")) if isinstance(name, str)][:50]}
    return span


def _span(trace_id: str, place: Place, row: dict[str, Any], reading: Reading) -> Span:
    return Span(
        trace_id,
        place,
        texts=[] if place is Place.INNER else user_texts(row.get("input")),
        answer=answer_text(row.get("output")),
        session=as_text(row.get("session_id")),
        user=first(row.get("user_id"), reading.owner),
        labels={
            **labels(row.get("metadata"), lambda key: key in {"resourceAttributes", "scope", "attributes"}),
            "environment": as_text(row.get("environment")),
            "release": as_text(row.get("release")),
            "tags": [tag for tag in as_list(row.get("tags")) if isinstance(tag, str)][:50],
        },
    )


def _type(row: dict[str, Any]) -> str:
    return as_text(row.get("type")).upper()


def _snake(key: str) -> str:
    return _HUMP.sub(r"_\1", key).lower()


LANGFUSE = Format("langfuse", looks, read)
