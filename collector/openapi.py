"""What the OpenAPI document says of the routes for events. Its examples are true: a test compares them with answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collector.answers import TRACKED_MESSAGE, error_body
from collector.batch import BATCH_PATH
from collector.openapi_schemas import SCHEMAS
from collector.track import TRACK_PATH
from collector.usage import USAGE_PATH

if TYPE_CHECKING:
    from contracts.settings import Settings

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
        "The count starts anew on 2026-02-01 at 00:00 UTC; a larger plan helps at once.",
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
_RETRY_AFTER = {"schema": {"type": "integer"}, "description": "Seconds."}
_LIMIT_HEADERS = {
    "RateLimit-Policy": {
        "schema": {"type": "string"},
        "description": "The plan, its events (q) and its window in seconds (w); missing without a limit.",
        "example": '"pro";q=1000000;w=2678400',
    },
    "RateLimit": {
        "schema": {"type": "string"},
        "description": "The plan, the events that remain (r) and the seconds until it starts anew (t).",
        "example": '"pro";r=958623;t=43200',
    },
}
_MEANINGS = {
    "400": "It is wrong; sending it again as it is will not help.",
    "401": "The key is missing, unknown or revoked.",
    "413": "The body is too large, zipped or unzipped.",
    "415": "The body is not JSON in UTF-8.",
    "429": "The events of the plan are used up, or its trial has ended; the sentence says which.",
    "503": "Nothing of it is on disk; send it again after Retry-After seconds.",
}


def describe(document: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """Add the routes for events, their schemas and the API key to the document that FastAPI made."""
    components = document.setdefault("components", {})
    components.setdefault("schemas", {}).update(SCHEMAS)
    components["securitySchemes"] = {
        "ApiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        "BearerKey": {"type": "http", "scheme": "bearer"},
    }
    paths = {
        TRACK_PATH: {"post": _track_operation(settings.max_body_bytes)},
        BATCH_PATH: {"post": _batch_operation(settings.max_batch_bytes)},
        USAGE_PATH: {"get": _usage_operation()},
    }
    document["paths"] = {**paths, **document["paths"]}
    return document


def _track_operation(max_bytes: int) -> dict[str, Any]:
    missing = error_body("MISSING_REQUIRED_FIELD", "Missing required field: name")
    return {
        "summary": "Track one event",
        "description": "The answer 200 is sent once the event is on disk. Sending an event again is harmless when it "
        f"has an event_id. Bodies may be sent with gzip; allowed are {max_bytes} bytes.",
        "operationId": "track",
        "tags": ["Events"],
        "security": [{"ApiKey": []}, {"BearerKey": []}],
        "requestBody": _json_body("Event", EXAMPLE_EVENT),
        "responses": {
            "200": {**_json_answer("The event is on disk.", "Tracked", EXAMPLE_ANSWER), "headers": _LIMIT_HEADERS},
            **_refusals(missing, max_bytes),
        },
    }


def _batch_operation(max_bytes: int) -> dict[str, Any]:
    missing = error_body("MISSING_REQUIRED_FIELD", "Missing required field: events")
    return {
        "summary": "Track up to 1,000 events",
        "description": "Each event is judged on its own: the answer 200 says that the batch was processed and lists "
        "what became of each event by its index. Accepted ones are on disk. Other answers speak of the whole batch, of "
        f"which nothing was taken. Bodies may be sent with gzip; allowed are {max_bytes} bytes.",
        "operationId": "batch",
        "tags": ["Events"],
        "security": [{"ApiKey": []}, {"BearerKey": []}],
        "requestBody": _json_body("Batch", EXAMPLE_BATCH),
        "responses": {
            "200": {
                **_json_answer("The batch was processed.", "BatchProcessed", EXAMPLE_BATCH_ANSWER),
                "headers": _LIMIT_HEADERS,
            },
            **_refusals(missing, max_bytes),
        },
    }


def _usage_operation() -> dict[str, Any]:
    examples = {
        "401": error_body("INVALID_API_KEY", "Invalid API key"),
        "503": error_body("UNAVAILABLE", "The usage cannot be read now; ask again."),
    }
    return {
        "summary": "How much of the plan is used",
        "description": "The events taken between starts_at and ends_at; other worker processes report what they took "
        "about once a second. limit and remaining are null without a limit.",
        "operationId": "usage",
        "tags": ["Events"],
        "security": [{"ApiKey": []}, {"BearerKey": []}],
        "responses": {"200": _json_answer("The usage.", "Usage", EXAMPLE_USAGE), **_answers(examples)},
    }


def _refusals(missing: dict[str, Any], max_bytes: int) -> dict[str, Any]:
    too_large = f"The body is too large; allowed are {max_bytes} bytes, also when unzipped."
    examples = {
        "400": missing,
        "401": error_body("INVALID_API_KEY", "Invalid API key"),
        "413": error_body("INVALID_REQUEST", too_large),
        "415": error_body("INVALID_REQUEST", "The Content-Type must be application/json."),
        "429": EXAMPLE_LIMIT,
        "503": error_body("UNAVAILABLE", "The event could not be written to disk; send it again."),
    }
    return _answers(examples)


def _answers(examples: dict[str, dict[str, Any]]) -> dict[str, Any]:
    answers = {status: _json_answer(_MEANINGS[status], "Refusal", example) for status, example in examples.items()}
    for status in {"429", "503"} & set(answers):
        answers[status]["headers"] = {"Retry-After": _RETRY_AFTER}
    if "429" in answers:
        answers["429"]["headers"].update(_LIMIT_HEADERS)
    return answers


def _json_body(schema: str, example: dict[str, Any]) -> dict[str, Any]:
    content = {"schema": {"$ref": f"#/components/schemas/{schema}"}, "example": example}
    return {"required": True, "content": {"application/json": content}}


def _json_answer(meaning: str, schema: str, example: dict[str, Any]) -> dict[str, Any]:
    content = {"schema": {"$ref": f"#/components/schemas/{schema}"}, "example": example}
    return {"description": meaning, "content": {"application/json": content}}
