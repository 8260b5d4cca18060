"""What the OpenAPI document says of the hot route. Its examples are true: a test compares them with real answers."""

from __future__ import annotations

from typing import Any

from collector.answers import TRACKED_MESSAGE, error_body
from collector.track import TRACK_PATH
from contracts.events import (
    MAX_DEPTH,
    MAX_ID_CHARACTERS,
    MAX_METADATA_KEYS,
    MAX_NAME_CHARACTERS,
    MAX_TEXT_CHARACTERS,
)

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
EXAMPLE_REFUSALS: dict[str, dict[str, Any]] = {
    "400": error_body("MISSING_REQUIRED_FIELD", "Missing required field: name"),
    "401": error_body("INVALID_API_KEY", "Invalid API key"),
    "413": error_body("INVALID_REQUEST", "The body is too large; allowed are 1048576 bytes, also when unzipped."),
    "415": error_body("INVALID_REQUEST", "The Content-Type must be application/json."),
    "503": error_body("UNAVAILABLE", "The event could not be written to disk; send it again."),
}
_MEANINGS = {
    "400": "The event is wrong; sending it again as it is will not help.",
    "401": "The key is missing, unknown or revoked.",
    "413": "The body is too large, zipped or unzipped.",
    "415": "The body is not JSON in UTF-8.",
    "503": "The event is not on disk; send it again after Retry-After seconds.",
}


def describe(document: dict[str, Any], max_body_bytes: int) -> dict[str, Any]:
    """Add the hot route, its schemas and the API key to the document that FastAPI made."""
    components = document.setdefault("components", {})
    components.setdefault("schemas", {}).update(
        {"Event": _event_schema(), "Tracked": _tracked_schema(), "Refusal": _refusal_schema()}
    )
    components["securitySchemes"] = {"ApiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"}}
    document["paths"] = {TRACK_PATH: {"post": _track_operation(max_body_bytes)}, **document["paths"]}
    return document


def _track_operation(max_body_bytes: int) -> dict[str, Any]:
    answers = {"200": _json_answer("The event is on disk.", "Tracked", EXAMPLE_ANSWER)}
    for status, example in EXAMPLE_REFUSALS.items():
        answers[status] = _json_answer(_MEANINGS[status], "Refusal", example)
    answers["503"]["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
    return {
        "summary": "Track one event",
        "description": "The answer 200 is sent once the event is on disk. Sending an event again is harmless when it "
        f"has an event_id. Bodies may be sent with gzip; allowed are {max_body_bytes} bytes.",
        "operationId": "track",
        "tags": ["Events"],
        "security": [{"ApiKey": []}],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/Event"}, "example": EXAMPLE_EVENT}
            },
        },
        "responses": answers,
    }


def _json_answer(meaning: str, schema: str, example: dict[str, Any]) -> dict[str, Any]:
    content = {"schema": {"$ref": f"#/components/schemas/{schema}"}, "example": example}
    return {"description": meaning, "content": {"application/json": content}}


def _event_schema() -> dict[str, Any]:
    made = "the server makes a UUID where it is missing, null or empty"
    return {
        "type": "object",
        "required": ["name", "metadata"],
        "properties": {
            "name": {
                "type": "string",
                "minLength": 1,
                "maxLength": MAX_NAME_CHARACTERS,
                "description": "What happened.",
            },
            "metadata": {
                "type": "object",
                "additionalProperties": True,
                "maxProperties": MAX_METADATA_KEYS,
                "description": f"Any JSON values; a text has at most {MAX_TEXT_CHARACTERS} characters, "
                f"nesting at most {MAX_DEPTH} levels.",
            },
            "session_id": _optional_text(f"The conversation; {made}."),
            "user_id": _optional_text(f"The user; {made}."),
            "timestamp": {
                "type": ["string", "null"],
                "format": "date-time",
                "description": "When it happened, ISO 8601 with offset; at most 24 hours ahead. "
                "The server's time where it is missing.",
            },
            "event_id": {
                **_optional_text("Makes a retry harmless: the same id in a project counts once."),
                "minLength": 1,
            },
        },
    }


def _optional_text(description: str) -> dict[str, Any]:
    return {"type": ["string", "null"], "maxLength": MAX_ID_CHARACTERS, "description": description}


def _tracked_schema() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "type": "object",
        "required": list(EXAMPLE_ANSWER),
        "properties": {
            "success": {"const": True},
            "message": text,
            "event_id": text,
            "session_id": text,
            "user_id": text,
        },
    }


def _refusal_schema() -> dict[str, Any]:
    codes = sorted({body["code"] for body in EXAMPLE_REFUSALS.values()} | {"TEXT_TOO_LONG"})
    return {
        "type": "object",
        "required": ["success", "error", "code"],
        "properties": {
            "success": {"const": False},
            "error": {"type": "string", "description": "One sentence for people."},
            "code": {"type": "string", "enum": codes},
        },
    }
