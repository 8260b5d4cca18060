"""`POST /v1/track`, `/v1/batch` and similar routes: calls from Segment's and RudderStack's libraries.

Calls about actions (`track`, `page`, `screen`) are events. Calls about identities (`identify`, `group`,
`alias`) are acknowledged but not stored: Turret keeps no properties of people.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import orjson

from collector.errors import RejectedError, UnavailableError
from collector.http.exchange import Response, refusal_body, refused
from collector.validation import decode_exactly, decode_json, validate
from contracts.events import MAX_BATCH_EVENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from collector.http.exchange import Headers, RequestHead
    from collector.http.worker import Worker
    from collector.validation import Validated

SEGMENT_BATCH_PATH = "/v1/batch"
EVENT_CALLS = ("track", "page", "screen")
PERSON_CALLS = ("identify", "group", "alias")
SESSION_KEYS = ("session_id", "sessionId", "conversation_id", "conversationId", "thread_id", "threadId")
NO_CALL = "A call must be a JSON object."
NO_BATCH = 'A batch must be a JSON object: {"batch": [...]}.'
MAX_AHEAD = timedelta(minutes=1)
MAX_BEHIND = timedelta(hours=24)
"""A clock is wrong if its `sentAt` is ahead, or further behind than the time for which libraries retry."""


def validate_calls(worker: Worker, project_id: str, _: RequestHead, body: bytes) -> list[Validated]:
    """Validate the calls of a batch one by one.

    Raises:
        RejectedError: the request is not a batch of calls.
    """
    document = decode_json(body)
    calls = document.get("batch") if isinstance(document, dict) else None
    if not isinstance(calls, list):
        raise RejectedError("INVALID_REQUEST", NO_BATCH)
    if len(calls) > MAX_BATCH_EVENTS:
        raise RejectedError("INVALID_REQUEST", f"batch has {len(calls)} items; allowed are {MAX_BATCH_EVENTS}.")
    shift = _clock_shift(document.get("sentAt"))
    reread = cache(partial(decode_exactly, body))
    validated: list[Validated] = []
    for index, call in enumerate(calls):
        kind = call.get("type") if isinstance(call, dict) else None
        if kind not in PERSON_CALLS:
            validated.append(_validate(worker, project_id, kind, shift, call, partial(_item, reread, index)))
    return validated


def call_validator(kind: str) -> Callable[[Worker, str, RequestHead, bytes], list[Validated]]:
    """Return a validator for the single call of a request, of its path's kind; it refuses anything but an object."""

    def validate_call(worker: Worker, project_id: str, _: RequestHead, body: bytes) -> list[Validated]:
        call = decode_json(body)
        if not isinstance(call, dict):
            raise RejectedError("INVALID_REQUEST", NO_CALL)
        if kind in PERSON_CALLS:
            return []
        shift = _clock_shift(call.get("sentAt"))
        return [_validate(worker, project_id, kind, shift, call, partial(decode_exactly, body))]

    return validate_call


def answer_calls(worker: Worker, validated: Sequence[Validated], head: RequestHead, headers: Headers) -> Response:
    """Answer once the events are on disk; if none was accepted, with the first reason."""
    worker.count_refused(validated)
    problems = [item for item in validated if isinstance(item, RejectedError)]
    if problems and len(problems) == len(validated):
        return refuse_calls(problems[0], head)
    body: dict[str, Any] = {"success": True}
    if problems:
        body |= {"rejected": len(problems), "error": str(problems[0])}
    return Response(200, orjson.dumps(body), headers)


def refuse_calls(error: RejectedError | UnavailableError, _: RequestHead) -> Response:
    """Return the error of a whole request; these libraries read the reason from `message`."""
    response = refused(error)
    body = orjson.loads(response.body) if isinstance(error, UnavailableError) else refusal_body(error)
    return response._replace(body=orjson.dumps({**body, "message": str(error)}))


def _validate(  # noqa: PLR0913, PLR0917  # the context of a call
    worker: Worker, project_id: str, kind: Any, shift: timedelta, call: Any, reread: Callable[[], Any]
) -> Validated:
    try:
        payload = _payload(kind, call, shift)
        return validate(
            payload,
            project_id=project_id,
            received_at=worker.clock.now(),
            reread=lambda: _payload(kind, reread(), shift),
        )
    except RejectedError as problem:
        return problem


def _payload(kind: Any, call: Any, shift: timedelta) -> dict[str, Any]:
    """Return a call as an event of `/track`."""
    if not isinstance(call, dict):
        raise RejectedError("INVALID_REQUEST", NO_CALL)
    if kind not in EVENT_CALLS:
        allowed = ", ".join((*EVENT_CALLS, *PERSON_CALLS))
        raise RejectedError("INVALID_REQUEST", f"type is not one of {allowed}.")
    if kind == "track" and call.get("event") is None:
        raise RejectedError("MISSING_REQUIRED_FIELD", "Missing required field: event")
    properties = call.get("properties")
    if properties is None:
        properties = {}
    if not isinstance(properties, dict):
        raise RejectedError("INVALID_REQUEST", "properties must be an object.")
    places = [place for place in (properties, call.get("context")) if isinstance(place, dict)]
    sessions = (place.get(key) for place in places for key in SESSION_KEYS)
    metadata = {key: value for key, value in properties.items() if key not in SESSION_KEYS}
    if kind != "track":
        metadata |= {key: call[key] for key in ("name", "category") if isinstance(call.get(key), str)}
    return {
        "name": call["event"] if kind == "track" else kind,
        "metadata": metadata,
        "session_id": next((_id(value) for value in sessions if value), None),
        "user_id": _id(call.get("userId")) or _id(call.get("anonymousId")),
        "event_id": _id(call.get("messageId")) or None,
        "timestamp": _shifted(call.get("timestamp"), shift),
    }


def _id(value: Any) -> Any:
    """Return an id as text; RudderStack's sessions are numbers."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _clock_shift(sent_at: Any) -> timedelta:
    """Return the correction for the times of a request whose clock is clearly wrong, else zero."""
    sent = _time(sent_at)
    if sent is None:
        return timedelta()
    behind = datetime.now(UTC) - sent
    return behind if behind < -MAX_AHEAD or behind > MAX_BEHIND else timedelta()


def _shifted(timestamp: Any, shift: timedelta) -> Any:
    moment = _time(timestamp) if shift else None
    try:
        return timestamp if moment is None else (moment + shift).isoformat()
    except OverflowError:
        return timestamp


def _time(value: Any) -> datetime | None:
    """Return an aware time; None for an invalid one, which `validate` reports."""
    try:
        time = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return None if time.utcoffset() is None else time


def _item(reread: Callable[[], Any], index: int) -> Any:
    return reread()["batch"][index]
