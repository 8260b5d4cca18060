"""A span or a log event, in any encoding."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Signal = Literal["span", "log"]
Attributes = dict[str, Any]
MAX_VALUE_DEPTH = 32
"""Maximum nesting of attribute values, as for metadata; deeper values are read as null."""

UNREAD = frozenset(
    {
        *(
            "gen_ai.output.messages",
            "gen_ai.response.id",
            "gen_ai.system_instructions",
            "server.address",
            "server.port",
        ),
        *("output.value", "output.mime_type", "llm.invocation_parameters", "langfuse.observation.output"),
        *("logfire.json_schema", "model_request_parameters", "openai.api.type", "url.full"),
    }
)
"""Common attributes that nothing here reads, some of them long: decoding them costs a fifth of a span."""


@dataclass(slots=True)
class Record:
    """One span or log event.

    Args:
        signal: Which of the two.
        name: The name of the span, or of the event.
        trace_id: 32 hexadecimal digits, or empty.
        span_id: 16 hexadecimal digits, or empty.
        has_parent: Whether the span has a parent; log events count as having one.
        start_ns: When it began, in nanoseconds since 1970; 0 if unknown.
        end_ns: When it ended; 0 if unknown.
        attributes: As JSON values, without bytes.
        resource: Attributes of the sender.
        scope: The name of the instrumentation.
        n_dropped: Attributes that the sender's SDK dropped.
        error: The description of an error status, or an empty string.
        is_error: Whether the status is an error.
        body: The body of a log event.
        events: Names and attributes of a span's events.
    """

    signal: Signal
    name: str
    trace_id: str
    span_id: str
    has_parent: bool
    start_ns: int
    end_ns: int
    attributes: Attributes
    resource: Attributes
    scope: str
    n_dropped: int = 0
    error: str = ""
    is_error: bool = False
    body: Any = None
    events: list[tuple[str, Attributes]] = field(default_factory=list)
