"""Rows of a file that are feedback. Their columns have the names of the fields of `/feedback`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collector.errors import RejectedError
from collector.feedback import FEEDBACK_TYPE, is_feedback
from contracts.events import FEEDBACK_ID_START, FEEDBACK_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable

FEEDBACK_FIELDS = (
    *("event_id", "session_id", "score", "scale", "label", "comment", "user_id", "timestamp", "feedback_id", "type"),
)
_NUMBERS = ("score", "scale")


def is_feedback_table(columns: Iterable[str]) -> bool:
    """Say whether the rows of a table are feedback: it has a score, what that is about, and nothing of an event."""
    names = {*columns}
    return "score" in names and bool(names & {"event_id", "session_id"}) and names <= {*FEEDBACK_FIELDS}


def landed_feedback(row: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the app sent if a row is landed feedback, else None."""
    if row.get("name") != FEEDBACK_NAME or not isinstance(row.get("metadata"), dict):
        return None
    named = {"user_id": row["user_id"]} if row["user_id_given"] else {}
    feedback_id = str(row["event_id"]).removeprefix(FEEDBACK_ID_START)
    return {
        **row["metadata"],
        **named,
        "feedback_id": feedback_id,
        "timestamp": row["occurred_at"],
        "type": FEEDBACK_TYPE,
    }


def feedback_payload(row: dict[str, Any], *, is_table: bool) -> dict[str, Any] | None:
    """Return the payload of a row that is feedback, else None.

    Args:
        row: The row; cells of a table may be text.
        is_table: Whether the columns of the whole file say that its rows are feedback.

    Raises:
        RejectedError: a field has no meaning here.
    """
    if not is_table and not is_feedback(row):
        return None
    unknown = [name for name, value in row.items() if name not in FEEDBACK_FIELDS and value is not None]
    if unknown:
        raise RejectedError(
            "INVALID_REQUEST", f"Feedback has no field {unknown[0]!r}; it has {', '.join(FEEDBACK_FIELDS)}."
        )
    payload = {**row, "type": FEEDBACK_TYPE}
    for name in _NUMBERS:
        if is_table and isinstance(payload.get(name), str):
            payload[name] = _number(payload[name])
    return payload


def _number(cell: str) -> Any:
    """Return the number of a cell; another text is returned unchanged, for `validate_feedback` to refuse."""
    try:
        return float(cell)
    except ValueError:
        return cell
