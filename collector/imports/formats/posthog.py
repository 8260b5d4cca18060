"""PostHog: events of a batch export or a file download, in JSON lines or Parquet, and pages of its events API.

Events of AI observability are spans of traces. Events that an app captured under its own names land unchanged. Events
that PostHog captures by itself, whose names begin with `$`, are skipped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collector.conversations import answer_text, user_texts
from collector.imports.formats.reading import Format, as_number, as_object, as_text, first, labels
from collector.imports.formats.traces import Place, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.imports.formats.reading import Payload, Reading

SESSION_KEYS = ("$ai_session_id", "conversation_id", "thread_id", "session_id", "$session_id")
INPUT_KEYS = ("$ai_input", "$ai_input_state")
OUTPUT_KEYS = ("$ai_output_choices", "$ai_output", "$ai_output_state")
AI_EVENTS = {"$ai_generation", "$ai_span", "$ai_trace"}


def looks(record: dict[str, Any]) -> bool:
    """Say whether a record is an event."""
    return record.keys() >= {"event", "distinct_id", "properties"}


def read(record: dict[str, Any], reading: Reading) -> Iterator[Payload | Span]:
    """Yield the event, or the span of an AI event."""
    name = as_text(record.get("event"))
    properties = as_object(record.get("properties"))
    if name in AI_EVENTS:
        yield _span(name, record, properties, reading)
    elif name.startswith("$"):
        reading.skip("events that PostHog captures by itself, whose names begin with $")
    else:
        yield reading.event(
            name,
            [first(record.get("uuid"), record.get("id"))],
            at=reading.time(record.get("timestamp")),
            session=first(*(properties.get(key) for key in SESSION_KEYS)),
            user=as_text(record.get("distinct_id")),
            metadata={key: value for key, value in properties.items() if not key.startswith("$")},
        )


def _span(name: str, record: dict[str, Any], properties: dict[str, Any], reading: Reading) -> Span:
    trace_id = first(properties.get("$ai_trace_id"), record.get("uuid"))
    is_call = name == "$ai_generation"
    is_root = first(properties.get("$ai_parent_id")) in {"", trace_id}
    below = Place.ROOT if is_root else Place.CALL if is_call else Place.INNER
    place = Place.TRACE if name == "$ai_trace" else below
    said = next((properties[key] for key in INPUT_KEYS if properties.get(key)), None)
    answered = next((properties[key] for key in OUTPUT_KEYS if properties.get(key)), None)
    latency_s = as_number(properties.get("$ai_latency"))
    return Span(
        trace_id,
        place,
        texts=[] if place is Place.INNER else user_texts(said),
        answer=answer_text(answered),
        at=reading.time(record.get("timestamp")),
        session=first(*(properties.get(key) for key in SESSION_KEYS)),
        user=as_text(record.get("distinct_id")),
        is_call=is_call,
        model=as_text(properties.get("$ai_model")),
        provider=as_text(properties.get("$ai_provider")),
        input_tokens=as_number(properties.get("$ai_input_tokens")),
        output_tokens=as_number(properties.get("$ai_output_tokens")),
        cost_usd=as_number(properties.get("$ai_total_cost_usd")),
        latency_ms=None if latency_s is None else round(latency_s * 1000),
        finish_reason=as_text(properties.get("$ai_stop_reason")),
        error="error" if properties.get("$ai_is_error") in (True, "true") else "",
        labels=labels(properties, lambda key: key.startswith("$") or key in SESSION_KEYS),
    )


POSTHOG = Format("posthog", looks, read)
