"""The answers of the event routes: status, headers and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from collector.errors import RejectedError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import Send

    from collector.http.request_body import RequestHead
    from contracts.events import ErrorCode, LandedEvent

    Headers = tuple[tuple[bytes, bytes], ...]

JSON_TYPE = b"application/json"
TRACKED_MESSAGE = "Event tracked successfully"


class Answer(NamedTuple):
    """An HTTP answer; its body is JSON unless it says otherwise."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()
    content_type: bytes = JSON_TYPE

    async def send(self, send: Send) -> None:
        """Send it whole."""
        length = (b"content-length", b"%d" % len(self.body))
        headers = [(b"content-type", self.content_type), length, *self.headers]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def tracked(event: LandedEvent, headers: Headers = ()) -> Answer:
    """Return the answer to an event that is on disk."""
    body = {
        "success": True,
        "message": TRACKED_MESSAGE,
        "event_id": event["event_id"],
        "session_id": event["session_id"],
        "user_id": event["user_id"],
    }
    return Answer(200, orjson.dumps(body), headers)


def batch_processed(judged: Sequence[LandedEvent | RejectedError], headers: Headers = ()) -> Answer:
    """Return the answer to a batch: what became of each of its items, in their order. The good ones are on disk."""
    results = [
        _refused_item(index, item) if isinstance(item, RejectedError) else _taken_item(index, item)
        for index, item in enumerate(judged)
    ]
    n_accepted = sum(result["success"] for result in results)
    body = {"success": True, "accepted": n_accepted, "rejected": len(judged) - n_accepted, "results": results}
    return Answer(200, orjson.dumps(body), headers)


def _taken_item(index: int, event: LandedEvent) -> dict[str, Any]:
    return {
        "index": index,
        "success": True,
        "event_id": event["event_id"],
        "session_id": event["session_id"],
        "user_id": event["user_id"],
    }


def _refused_item(index: int, error: RejectedError) -> dict[str, Any]:
    return {"index": index, **refusal_body(error)}


def error_body(code: ErrorCode, sentence: str) -> dict[str, Any]:
    """Return the body that every refusal has."""
    return {"success": False, "error": sentence, "code": code}


def refusal_body(error: RejectedError) -> dict[str, Any]:
    """Return the body of a refusal."""
    return {**error_body(error.code, str(error)), **error.details}


def refused(error: RejectedError | UnavailableError, _: RequestHead | None = None) -> Answer:
    """Return the answer to what was not taken; an unavailable service asks to try again."""
    if isinstance(error, UnavailableError):
        body = orjson.dumps(error_body("UNAVAILABLE", str(error)))
        return Answer(503, body, ((b"retry-after", b"%d" % error.retry_after_s),))
    return Answer(error.status, orjson.dumps(refusal_body(error)), error.headers)
