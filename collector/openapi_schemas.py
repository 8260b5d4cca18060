"""The JSON schemas of bodies and answers, for the OpenAPI document."""

from __future__ import annotations

from typing import Any, get_args

from contracts.events import (
    MAX_BATCH_EVENTS,
    MAX_DEPTH,
    MAX_ID_CHARACTERS,
    MAX_METADATA_KEYS,
    MAX_NAME_CHARACTERS,
    MAX_TEXT_CHARACTERS,
    ErrorCode,
)
from projects.records import Plan

_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}
_COUNT_OR_NONE = {"type": ["integer", "null"], "minimum": 0}
_TIME = {"type": "string", "format": "date-time"}
_MADE = "the server makes a UUID where it is missing, null or empty"


def _optional_text(description: str, least: int = 0) -> dict[str, Any]:
    return {
        "type": ["string", "null"],
        "minLength": least,
        "maxLength": MAX_ID_CHARACTERS,
        "description": description,
    }


def _answer(**properties: Any) -> dict[str, Any]:
    """Return the schema of an object that has all of these properties."""
    return {"type": "object", "required": list(properties), "properties": properties}


_EVENT = {
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
        "session_id": _optional_text(f"The conversation; {_MADE}."),
        "user_id": _optional_text(f"The user; {_MADE}."),
        "timestamp": {
            "type": ["string", "null"],
            "format": "date-time",
            "description": "When it happened, ISO 8601 with offset; at most 24 hours ahead. "
            "The server's time where it is missing.",
        },
        "event_id": _optional_text("Makes a retry harmless: the same id in a project counts once.", least=1),
    },
}
_BATCH = {
    "type": "object",
    "required": ["events"],
    "properties": {
        "events": {
            "type": "array",
            "maxItems": MAX_BATCH_EVENTS,
            "items": {"$ref": "#/components/schemas/Event"},
            "description": f"Up to {MAX_BATCH_EVENTS:,} events, each with the fields of /track.",
        }
    },
}
_ERROR = {"type": "string", "description": "One sentence for people."}
_CODE = {"type": "string", "enum": list(get_args(ErrorCode))}
_RETRY_AFTER = {"type": "integer", "description": "Seconds after which to try again; where the quota is used up."}
_IDS = {"event_id": _TEXT, "session_id": _TEXT, "user_id": _TEXT}


def _refusal(**properties: Any) -> dict[str, Any]:
    schema = _answer(**properties, success={"const": False}, error=_ERROR, code=_CODE)
    return {**schema, "properties": {**schema["properties"], "retry_after": _RETRY_AFTER}}


_RESULT = {
    "oneOf": [
        _answer(index=_COUNT, success={"const": True}, **_IDS),
        _refusal(index=_COUNT),
    ]
}

SCHEMAS: dict[str, dict[str, Any]] = {
    "Event": _EVENT,
    "Batch": _BATCH,
    "Tracked": _answer(success={"const": True}, message=_TEXT, **_IDS),
    "BatchProcessed": _answer(
        success={"const": True}, accepted=_COUNT, rejected=_COUNT, results={"type": "array", "items": _RESULT}
    ),
    "Usage": _answer(
        success={"const": True},
        project_id=_TEXT,
        plan={"type": "string", "enum": list(get_args(Plan))},
        limit=_COUNT_OR_NONE,
        used=_COUNT,
        remaining=_COUNT_OR_NONE,
        starts_at=_TIME,
        ends_at=_TIME,
    ),
    "Refusal": _refusal(),
}
"""By the names that `$ref` uses."""
