"""Validate feedback about an event or a session: JSON values in, a landed line or the reason out.

Feedback lands among the events, under a name and an id that no event may have. So it shares their files, checksums,
quota, deduplication and deletion; `stg_raw__events` and `stg_raw__feedback` tell the two apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collector.errors import RejectedError
from collector.validation import check_text, new_uuid, occurred_at, optional_text, reject
from contracts.events import (
    FEEDBACK_ID_START,
    FEEDBACK_NAME,
    MAX_FEEDBACK_ID_CHARACTERS,
    MAX_LABEL_CHARACTERS,
    MAX_SCALE,
    MIN_SCALE,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from contracts.events import LandedEvent

FEEDBACK_TYPE = "feedback"
"""The `type` of an item of a batch, or of a row of a file, that is feedback."""
GENERATED_ID_START = "fbk_"


def is_feedback(item: object) -> bool:
    """Return whether an item of a batch or a row of a file is feedback: its type says so, and it has no metadata.

    An event always has metadata, so no event that was accepted before there was feedback becomes feedback.
    """
    return isinstance(item, dict) and item.get("type") == FEEDBACK_TYPE and item.get("metadata") is None


def validate_feedback(
    payload: object, *, project_id: str, received_at: str, make_id: Callable[[], str] | None = None
) -> LandedEvent:
    """Validate decoded feedback and return its landed form.

    Args:
        payload: The result of `decode_json`.
        project_id: Whose feedback it is.
        received_at: The server's time in landed form; see `Clock.now`.
        make_id: Makes the id of feedback without one; random by default.

    Raises:
        RejectedError: with the code and the message for the app.
    """
    if not isinstance(payload, dict):
        reject("Feedback must be a JSON object.")
    event_id = optional_text(payload, "event_id")
    session_id = optional_text(payload, "session_id")
    if not event_id and not session_id:
        raise RejectedError("MISSING_REQUIRED_FIELD", "Missing required field: event_id or session_id")
    if event_id.startswith(FEEDBACK_ID_START):
        reject(f"event_id begins with {FEEDBACK_ID_START!r}, which is feedback; allowed is the id of an event.")
    said = {
        "event_id": event_id or None,
        "session_id": session_id or None,
        **_score(payload),
        "label": optional_text(payload, "label", MAX_LABEL_CHARACTERS) or None,
        "comment": _comment(payload) or None,
    }
    user_id = optional_text(payload, "user_id")
    return {
        "event_id": FEEDBACK_ID_START + (_feedback_id(payload) or (make_id or _new_id)()),
        "project_id": project_id,
        "name": FEEDBACK_NAME,
        "session_id": session_id or new_uuid(),
        "session_id_given": bool(session_id),
        "user_id": user_id or new_uuid(),
        "user_id_given": bool(user_id),
        "occurred_at": occurred_at(payload, received_at) or received_at,
        "received_at": received_at,
        "metadata": {key: value for key, value in said.items() if value is not None},
    }


def feedback_id_of(landed: LandedEvent) -> str:
    """Return the feedback_id of a landed line; empty if it is an event."""
    return landed["event_id"][len(FEEDBACK_ID_START) :] if landed["name"] == FEEDBACK_NAME else ""


def _feedback_id(payload: dict[str, Any]) -> str:
    feedback_id = optional_text(payload, "feedback_id", MAX_FEEDBACK_ID_CHARACTERS)
    if feedback_id == "" and payload.get("feedback_id") is not None:
        reject(f"feedback_id has 0 characters; allowed are 1 to {MAX_FEEDBACK_ID_CHARACTERS}.")
    return feedback_id


def _new_id() -> str:
    return GENERATED_ID_START + new_uuid().replace("-", "")


def _score(payload: dict[str, Any]) -> dict[str, Any]:
    """Return the score and, if it was sent, its scale."""
    scale = payload.get("scale")
    if scale is not None and not (_is_number(scale) and scale in range(MIN_SCALE, MAX_SCALE + 1)):
        reject(f"scale is not a whole number from {MIN_SCALE} to {MAX_SCALE}, the best score of a scale from 1.")
    score = payload.get("score")
    if score is None:
        raise RejectedError("MISSING_REQUIRED_FIELD", "Missing required field: score")
    least, most = (-1, 1) if scale is None else (1, int(scale))
    if not _is_number(score) or not least <= score <= most:
        hint = "" if scale else "; send the scale of other scores, such as 5 for 1 to 5"
        reject(f"score is not a number from {least} to {most}{hint}.")
    return {"score": score} if scale is None else {"score": score, "scale": int(scale)}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _comment(payload: dict[str, Any]) -> str:
    comment = payload.get("comment")
    if comment is None:
        return ""
    if not isinstance(comment, str):
        reject("comment must be a string.")
    check_text(comment, "comment")
    return comment
