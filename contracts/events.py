"""The event: limits that every entry point checks, the error codes, and the line that lands on disk."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal, TypedDict

MAX_NAME_CHARACTERS = 255
MAX_ID_CHARACTERS = 255
MAX_TEXT_CHARACTERS = 10_000
MAX_DEPTH = 32
MAX_METADATA_KEYS = 1_000
MAX_KEY_CHARACTERS = 255
MAX_BATCH_EVENTS = 1_000
MAX_AHEAD = timedelta(hours=24)

FEEDBACK_NAME = "turret.feedback"
"""The name of a landed line that is feedback and no event. No event may have it."""
FEEDBACK_ID_START = "turret.feedback:"
"""Begins the landed event_id of feedback, before its feedback_id, so that it cannot be the id of an event."""
COMMENT_FIELD = "turret.feedback.comment"
"""Stands for the field of comments of feedback, which have topics as text fields do. A field of metadata that is called
so has no values outside `fct_events.metadata`."""
MAX_FEEDBACK_ID_CHARACTERS = 200
MAX_LABEL_CHARACTERS = 255
MIN_SCALE, MAX_SCALE = 2, 100

PLACEHOLDER_IDS = (
    "",
    "undefined",
    "null",
    "none",
    "nil",
    "nan",
    "n/a",
    "na",
    "unknown",
    "anonymous",
    "default",
    "true",
    "false",
    "(null)",
    "<null>",
    "(none)",
    "(not set)",
    "not set",
    "#n/a",
    "guest",
    "-",
    "--",
    "[object object]",
    "0",
    "-1",
    "00000000-0000-0000-0000-000000000000",
)
"""Ids, stripped and in lower case, that programs send instead of a missing one."""

ErrorCode = Literal[
    "INVALID_API_KEY",
    "MISSING_REQUIRED_FIELD",
    "INVALID_REQUEST",
    "TEXT_TOO_LONG",
    "RATE_LIMIT_EXCEEDED",
    "UNAVAILABLE",
]

HTTP_STATUS: dict[ErrorCode, int] = {
    "INVALID_API_KEY": 401,
    "MISSING_REQUIRED_FIELD": 400,
    "INVALID_REQUEST": 400,
    "TEXT_TOO_LONG": 400,
    "RATE_LIMIT_EXCEEDED": 429,
    "UNAVAILABLE": 503,
}


class LandedEvent(TypedDict):
    """One line of a sealed segment: JSON, UTF-8, newline at its end. The keys are in this order.

    Feedback has the same form, under the name `FEEDBACK_NAME`: its session_id and user_id are those that the app sent,
    and `metadata` holds `event_id`, `session_id`, `score`, `scale`, `label` and `comment`, as far as they were sent.

    The `*_given` flags say whether the app sent the value or the server generated it. Both times are UTC with
    microseconds, such as `2026-01-31T12:00:00.000000Z`.
    """

    event_id: str
    project_id: str
    name: str
    session_id: str
    session_id_given: bool
    user_id: str
    user_id_given: bool
    occurred_at: str
    received_at: str
    metadata: dict[str, Any]
