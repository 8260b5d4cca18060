"""The OpenAPI document of the routes for events, which FastAPI generates from the models and declarations here.

The routes themselves read their bodies by hand (`validation.py`). A test compares the examples with real answers.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Security
from fastapi.openapi.utils import get_openapi
from fastapi.security import APIKeyHeader, HTTPBearer
from pydantic import BaseModel, Field
from pydantic.json_schema import SkipJsonSchema

from collector.http.events import BATCH_PATH, FEEDBACK_MESSAGE, FEEDBACK_PATH, TRACK_PATH, TRACKED_MESSAGE
from collector.http.exchange import error_body
from collector.http.usage import USAGE_PATH
from collector.openapi.erasures import declare_erasures
from collector.openapi.instrumented import declare_instrumented
from contracts.events import (
    MAX_BATCH_EVENTS,
    MAX_DEPTH,
    MAX_FEEDBACK_ID_CHARACTERS,
    MAX_ID_CHARACTERS,
    MAX_LABEL_CHARACTERS,
    MAX_METADATA_KEYS,
    MAX_NAME_CHARACTERS,
    MAX_SCALE,
    MAX_TEXT_CHARACTERS,
    MIN_SCALE,
    ErrorCode,
)
from projects.records import Plan

if TYPE_CHECKING:
    from fastapi import FastAPI

    from contracts.settings import Settings

    Responses = dict[int | str, dict[str, Any]]

Id = Annotated[str, Field(max_length=MAX_ID_CHARACTERS)]
Count = Annotated[int, Field(ge=0)]
_DEFAULT_UUID = "the server generates a UUID if it is missing, null or empty"


class Event(BaseModel):
    """What happened."""

    name: str = Field(min_length=1, max_length=MAX_NAME_CHARACTERS, description="What happened.")
    metadata: dict[str, Any] = Field(
        max_length=MAX_METADATA_KEYS,
        description=f"Any JSON values. A text has at most  {MAX_TEXT_CHARACTERS} characters, "
        f"nesting at most {MAX_DEPTH} levels.",
    )
    session_id: Id | None = Field(None, description=f"The conversation; {_DEFAULT_UUID}.")
    user_id: Id | None = Field(None, description=f"The user; {_DEFAULT_UUID}.")
    timestamp: datetime | None = Field(
        None,
        description="When it happened, ISO 8601 with offset; at most 24 hours ahead. Default: the server's time.",
    )
    event_id: Annotated[Id, Field(min_length=1)] | None = Field(
        None, description="Makes retries safe: an id counts once in a project."
    )


class Feedback(BaseModel):
    """What somebody thinks of an event, such as an answer, or of a session; it needs one of the two ids."""

    score: float = Field(description="-1 (bad) to 1 (good); with a scale, 1 to that scale.")
    event_id: Id | None = Field(None, description="The event that it is about.")
    session_id: Id | None = Field(
        None, description="The session that it is about, or the session of the event if both ids are sent."
    )
    scale: Annotated[int, Field(ge=MIN_SCALE, le=MAX_SCALE)] | None = Field(
        None, description="The best score of a scale from 1, such as 5 for one to five stars."
    )
    label: Annotated[str, Field(max_length=MAX_LABEL_CHARACTERS)] | None = Field(
        None, description="The kind of feedback, or its reason in short."
    )
    comment: Annotated[str, Field(max_length=MAX_TEXT_CHARACTERS)] | None = Field(
        None, description="What the person wrote."
    )
    user_id: Id | None = Field(None, description="Who gave it. Default: the user of the event or of the session.")
    timestamp: datetime | None = Field(
        None,
        description="When it was given, ISO 8601 with offset; at most 24 hours ahead. Default: the server's time.",
    )
    feedback_id: Annotated[str, Field(min_length=1, max_length=MAX_FEEDBACK_ID_CHARACTERS)] | None = Field(
        None, description="Makes retries safe: an id counts once in a project."
    )


class FeedbackItem(Feedback):
    """Feedback as an item of a batch."""

    type: Literal["feedback"]


class Batch(BaseModel):
    """Several events, and feedback."""

    events: list[Event | FeedbackItem] = Field(
        max_length=MAX_BATCH_EVENTS,
        description=f"Up to {MAX_BATCH_EVENTS:,} events, each with the fields of /track. An item without metadata "
        'whose type is "feedback" has the fields of /feedback.',
    )


class TrackedIds(BaseModel):
    """The ids of an event that is on disk."""

    success: Literal[True]
    event_id: str
    session_id: str
    user_id: str


class Tracked(TrackedIds):
    """The response to an event that is on disk."""

    message: str


class TrackedItem(TrackedIds):
    """An item of a batch that is on disk."""

    index: Count


class FeedbackId(BaseModel):
    """The id of feedback that is on disk."""

    success: Literal[True]
    feedback_id: str


class Recorded(FeedbackId):
    """The response to feedback that is on disk."""

    message: str


class RecordedItem(FeedbackId):
    """Feedback in a batch that is on disk."""

    index: Count


class Refusal(BaseModel):
    """The response to a refused request."""

    success: Literal[False]
    error: str = Field(description="One sentence for people.")
    code: ErrorCode
    retry_after: int | SkipJsonSchema[None] = Field(
        None, description="Seconds until a retry makes sense, if the quota is used up."
    )


class RefusedItem(Refusal):
    """An item of a batch that was refused."""

    index: Count


class BatchProcessed(BaseModel):
    """The result of each item of a batch."""

    success: Literal[True]
    accepted: Count
    rejected: Count
    results: list[TrackedItem | RecordedItem | RefusedItem]


class Usage(BaseModel):
    """How much of its plan a project has used."""

    success: Literal[True]
    project_id: str
    plan: Plan
    limit: Count | None
    used: Count
    remaining: Count | None
    starts_at: datetime
    ends_at: datetime


EXAMPLE_EVENT = {
    "name": "message",
    "metadata": {"prompt": "Where is my order 1234?", "plan": "pro", "latency_ms": 820},
    "session_id": "chat-42",
    "user_id": "user-7",
    "timestamp": "2026-01-31T12:00:00Z",
    "event_id": "message-2001",
}
EXAMPLE_ANSWER = {
    "success": True,
    "message": TRACKED_MESSAGE,
    "event_id": "message-2001",
    "session_id": "chat-42",
    "user_id": "user-7",
}
EXAMPLE_FEEDBACK = {
    "event_id": "message-2001",
    "score": 1,
    "label": "solved",
    "comment": "Found it at once, thanks!",
    "feedback_id": "rating-77",
}
EXAMPLE_FEEDBACK_ANSWER = {"success": True, "message": FEEDBACK_MESSAGE, "feedback_id": "rating-77"}
EXAMPLE_BATCH = {"events": [EXAMPLE_EVENT, {"name": "message"}]}
EXAMPLE_BATCH_ANSWER = {
    "success": True,
    "accepted": 1,
    "rejected": 1,
    "results": [
        {"index": 0, "success": True, "event_id": "message-2001", "session_id": "chat-42", "user_id": "user-7"},
        {"index": 1, **error_body("MISSING_REQUIRED_FIELD", "Missing required field: metadata")},
    ],
}
EXAMPLE_LIMIT = {
    **error_body(
        "RATE_LIMIT_EXCEEDED",
        "The plan pro of this project allows 1,000,000 events a month, and they are used up. "
        "The quota resets on 2026-02-01 at 00:00 UTC; a larger plan applies at once.",
    ),
    "retry_after": 43_200,
}
EXAMPLE_USAGE = {
    "success": True,
    "project_id": "prj_0123456789abcdef",
    "plan": "pro",
    "limit": 1_000_000,
    "used": 41_377,
    "remaining": 958_623,
    "starts_at": "2026-01-01T00:00:00.000000Z",
    "ends_at": "2026-02-01T00:00:00.000000Z",
}
_RETRY_AFTER = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
_LIMIT_HEADERS = {
    "RateLimit-Policy": {
        "schema": {"type": "string"},
        "description": "The plan, its events (q) and its window in seconds (w); missing without a limit.",
        "example": '"pro";q=1000000;w=2678400',
    },
    "RateLimit": {
        "schema": {"type": "string"},
        "description": "The plan, the remaining events (r) and the seconds until the quota resets (t).",
        "example": '"pro";r=958623;t=43200',
    },
}
_UNAVAILABLE = "Nothing was stored; send the request again after Retry-After seconds."
_INVALID_KEY = error_body("INVALID_API_KEY", "Invalid API key")


def describe(api: FastAPI, settings: Settings) -> dict[str, Any]:
    """Generate the document of the routes for events and of those of `api`."""
    events = _declare(settings)
    routes = [*events.routes, *declare_erasures().routes, *declare_instrumented(settings).routes, *api.routes]
    document = get_openapi(title=api.title, version=api.version, routes=routes)
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("422", None)  # FastAPI's own; here the answer is 400
    for name in ("HTTPValidationError", "ValidationError"):
        del document["components"]["schemas"][name]
    return document


def _declare(settings: Settings) -> APIRouter:
    """Declare the routes. Only their signatures are read; nothing calls these functions."""
    header, bearer = APIKeyHeader(name="X-API-Key", scheme_name="ApiKey"), HTTPBearer(scheme_name="BearerKey")
    router = APIRouter(
        tags=["Events"],
        dependencies=[Security(header), Security(bearer)],
        generate_unique_id_function=lambda route: route.name,
    )
    _declare_events(router, settings)
    _declare_usage(router)
    return router


def _declare_events(router: APIRouter, settings: Settings) -> None:
    @router.post(
        TRACK_PATH,
        response_model=Tracked,
        summary="Track one event",
        description=f"The response 200 means that the event is on disk. Retries are safe if the event has an "
        f"event_id. Bodies may be compressed with gzip; allowed are {settings.collector_max_body_bytes} bytes.",
        response_description="The event is on disk.",
        responses=_responses("name", EXAMPLE_ANSWER, settings.collector_max_body_bytes),
        openapi_extra=_body_example(EXAMPLE_EVENT),
    )
    def track(event: Event) -> None: ...

    @router.post(
        FEEDBACK_PATH,
        response_model=Recorded,
        summary="Send feedback about an event or a session",
        description=f"Feedback may arrive before the event that it is about, or weeks after it. The response 200 means "
        f"that it is on disk. It uses one event of the plan. Bodies may be compressed with gzip; allowed are "
        f"{settings.collector_max_body_bytes} bytes.",
        response_description="The feedback is on disk.",
        responses=_responses("event_id or session_id", EXAMPLE_FEEDBACK_ANSWER, settings.collector_max_body_bytes),
        openapi_extra=_body_example(EXAMPLE_FEEDBACK),
    )
    def feedback(feedback: Feedback) -> None: ...

    @router.post(
        BATCH_PATH,
        response_model=BatchProcessed,
        summary="Track up to 1,000 events",
        description=f"The events are validated one by one. The response 200 means that the batch was processed, "
        f"and lists the result of each event by its index. Accepted events are on disk. Any other status "
        f"applies to the whole batch, of which nothing was stored. Bodies may be compressed with gzip; allowed "
        f"are {settings.max_batch_bytes} bytes.",
        response_description="The batch was processed.",
        responses=_responses("events", EXAMPLE_BATCH_ANSWER, settings.max_batch_bytes),
        openapi_extra=_body_example(EXAMPLE_BATCH),
    )
    def batch(batch: Batch) -> None: ...


def _declare_usage(router: APIRouter) -> None:
    @router.get(
        USAGE_PATH,
        response_model=Usage,
        summary="How much of the plan is used",
        description="The events accepted between starts_at and ends_at. Worker processes report about once a "
        "second. limit and remaining are null without a limit.",
        response_description="The usage.",
        responses={
            200: _json(EXAMPLE_USAGE),
            401: _refusal("The key is missing, unknown or revoked.", _INVALID_KEY),
            503: _refusal(
                _UNAVAILABLE,
                error_body("UNAVAILABLE", "The usage cannot be read now; try again."),
                headers=_RETRY_AFTER,
            ),
        },
    )
    def usage() -> None: ...


def _responses(missing: str, answer: dict[str, Any], max_bytes: int) -> Responses:
    too_large = f"The body is too large; allowed are {max_bytes} bytes, also when decompressed."
    not_written = "The event could not be written to disk; send it again."
    return {
        200: {**_json(answer), "headers": _LIMIT_HEADERS},
        400: _refusal(
            "The request is not valid; retrying it unchanged will not help.",
            error_body("MISSING_REQUIRED_FIELD", f"Missing required field: {missing}"),
        ),
        401: _refusal("The key is missing, unknown or revoked.", _INVALID_KEY),
        413: _refusal("The body is too large, compressed or decompressed.", error_body("INVALID_REQUEST", too_large)),
        415: _refusal(
            "The body is not JSON in UTF-8.",
            error_body("INVALID_REQUEST", "The Content-Type must be application/json."),
        ),
        429: _refusal(
            "The plan's events are used up, or its trial has ended; the sentence says which.",
            EXAMPLE_LIMIT,
            headers={**_RETRY_AFTER, **_LIMIT_HEADERS},
        ),
        503: _refusal(_UNAVAILABLE, error_body("UNAVAILABLE", not_written), headers=_RETRY_AFTER),
    }


def _refusal(meaning: str, example: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"model": Refusal, "description": meaning, **_json(example), **more}


def _json(example: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"example": example}}}


def _body_example(example: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": _json(example)}
