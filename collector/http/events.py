"""`POST /track`, `/feedback` and `/batch`: one, or many that are validated one by one; answered once on disk."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any, cast

import orjson

from collector.errors import RejectedError
from collector.feedback import feedback_id_of, is_feedback, validate_feedback
from collector.http.exchange import Response, refusal_body
from collector.validation import decode_exactly, decode_json, validate
from contracts.events import MAX_BATCH_EVENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from collector.http.exchange import Headers, RequestHead
    from collector.http.worker import Worker
    from collector.validation import Validated
    from contracts.events import LandedEvent

TRACK_PATH = "/track"
BATCH_PATH = "/batch"
FEEDBACK_PATH = "/feedback"
TRACKED_MESSAGE = "Event tracked successfully"
FEEDBACK_MESSAGE = "Feedback recorded successfully"


def validate_event(worker: Worker, project_id: str, _: RequestHead, body: bytes) -> list[Validated]:
    """Validate the event of a request.

    Raises:
        RejectedError: the event or the request is not valid.
    """
    payload = decode_json(body)
    reread = partial(decode_exactly, body)
    return [validate(payload, project_id=project_id, received_at=worker.clock.now(), reread=reread)]


def answer_event(_: Worker, validated: Sequence[Validated], _head: RequestHead, headers: Headers) -> Response:
    """Answer after the event is on disk."""
    event = cast("LandedEvent", validated[0])
    return Response(200, orjson.dumps({"success": True, "message": TRACKED_MESSAGE, **_ids(event)}), headers)


def validate_one_feedback(worker: Worker, project_id: str, _: RequestHead, body: bytes) -> list[Validated]:
    """Validate the feedback of a request.

    Raises:
        RejectedError: the feedback or the request is not valid.
    """
    return [validate_feedback(decode_json(body), project_id=project_id, received_at=worker.clock.now())]


def answer_feedback(_: Worker, validated: Sequence[Validated], _head: RequestHead, headers: Headers) -> Response:
    """Answer after the feedback is on disk."""
    feedback_id = feedback_id_of(cast("LandedEvent", validated[0]))
    body = {"success": True, "message": FEEDBACK_MESSAGE, "feedback_id": feedback_id}
    return Response(200, orjson.dumps(body), headers)


def validate_batch(worker: Worker, project_id: str, _: RequestHead, body: bytes) -> list[Validated]:
    """Validate every event, and all feedback, of a request on its own.

    Raises:
        RejectedError: the request is not a batch.
    """
    reread = cache(partial(decode_exactly, body))  # at most once for the whole body, whichever items ask
    max_bytes = worker.settings.collector_max_body_bytes
    validated: list[Validated] = []
    for index, item in enumerate(_items(decode_json(body))):
        try:
            received_at, exact = worker.clock.now(), partial(_item, reread, index)
            if is_feedback(item):
                event = validate_feedback(item, project_id=project_id, received_at=received_at)
            else:
                event = validate(item, project_id=project_id, received_at=received_at, reread=exact)
            if len(body) > max_bytes:
                _check_size(item, max_bytes)
        except RejectedError as problem:
            validated.append(problem)
        else:
            validated.append(event)
    return validated


def answer_batch(worker: Worker, validated: Sequence[Validated], _: RequestHead, headers: Headers) -> Response:
    """Answer after the valid events are on disk, with the result of each item, in their order."""
    worker.count_refused(validated)
    results: list[dict[str, Any]] = [
        {"index": index, **refusal_body(item)}
        if isinstance(item, RejectedError)
        else {"index": index, "success": True, **(_feedback_ids(item) or _ids(item))}
        for index, item in enumerate(validated)
    ]
    n_accepted = sum(result["success"] for result in results)
    body = {"success": True, "accepted": n_accepted, "rejected": len(results) - n_accepted, "results": results}
    return Response(200, orjson.dumps(body), headers)


def _feedback_ids(landed: LandedEvent) -> dict[str, str]:
    """Return the id of feedback; nothing for an event."""
    feedback_id = feedback_id_of(landed)
    return {"feedback_id": feedback_id} if feedback_id else {}


def _ids(event: LandedEvent) -> dict[str, str]:
    return {"event_id": event["event_id"], "session_id": event["session_id"], "user_id": event["user_id"]}


def _items(payload: Any) -> list[Any]:
    if not isinstance(payload, dict):
        raise RejectedError("INVALID_REQUEST", 'A batch must be a JSON object: {"events": [...]}.')
    items = payload.get("events")
    if items is None:
        raise RejectedError("MISSING_REQUIRED_FIELD", "Missing required field: events")
    if not isinstance(items, list):
        raise RejectedError("INVALID_REQUEST", "events must be a list.")
    if len(items) > MAX_BATCH_EVENTS:
        raise RejectedError("INVALID_REQUEST", f"events has {len(items)} items; allowed are {MAX_BATCH_EVENTS}.")
    return items


def _item(reread: Callable[[], Any], index: int) -> Any:
    return reread()["events"][index]


def _check_size(item: Any, max_bytes: int) -> None:
    """Refuse events that are too large for /track: readers of the landed files limit the length of a line."""
    if len(orjson.dumps(item)) > max_bytes:
        raise RejectedError("INVALID_REQUEST", f"The event is too large; allowed are {max_bytes} bytes.")
