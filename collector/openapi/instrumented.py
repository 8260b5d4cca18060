"""Declarations of the routes for other libraries, OpenTelemetry's and Segment's, for the OpenAPI document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter, Security
from fastapi.security import APIKeyHeader, HTTPBasic, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from collector.http.exchange import FORM_TYPE, PROTOBUF_TYPE, error_body
from collector.http.otlp_routes import (
    INVALID_ARGUMENT,
    LANGFUSE_PATH,
    LOGS_PATH,
    MAX_RECORDS,
    RESOURCE_EXHAUSTED,
    TRACES_PATH,
    UNAUTHENTICATED,
    UNAVAILABLE,
)
from collector.http.segment_calls import EVENT_CALLS, NO_BATCH, NO_CALL, PERSON_CALLS, SEGMENT_BATCH_PATH
from contracts.events import MAX_BATCH_EVENTS, ErrorCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contracts.settings import Settings

    Responses = dict[int | str, dict[str, Any]]

EXAMPLE_SPANS = {
    "resourceSpans": [
        {
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "support-bot"}}]},
            "scopeSpans": [
                {
                    "scope": {"name": "opentelemetry.instrumentation.genai.openai"},
                    "spans": [
                        {
                            "traceId": "5b8efff798038103d269b633813fc60c",
                            "spanId": "eee19b7ec3c1b174",
                            "name": "chat gpt-5",
                            "startTimeUnixNano": "1769860800000000000",
                            "endTimeUnixNano": "1769860800820000000",
                            "attributes": [
                                {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
                                {
                                    "key": "gen_ai.input.messages",
                                    "value": {"stringValue": '[{"role": "user", "content": "Where is my order?"}]'},
                                },
                                {"key": "session.id", "value": {"stringValue": "chat-42"}},
                            ],
                        }
                    ],
                }
            ],
        }
    ]
}
EXAMPLE_LOGS = {
    "resourceLogs": [
        {
            "scopeLogs": [
                {
                    "logRecords": [
                        {
                            "timeUnixNano": "1769860800000000000",
                            "traceId": "5b8efff798038103d269b633813fc60c",
                            "eventName": "gen_ai.user.message",
                            "body": {
                                "kvlistValue": {
                                    "values": [{"key": "content", "value": {"stringValue": "Where is my order?"}}]
                                }
                            },
                        }
                    ]
                }
            ]
        }
    ]
}
EXAMPLE_CALL = {
    "type": "track",
    "event": "message",
    "messageId": "segment-2001",
    "userId": "user-7",
    "timestamp": "2026-01-31T12:00:00Z",
    "properties": {"prompt": "Where is my order 1234?", "session_id": "chat-42"},
}
EXAMPLE_CALLS = {"batch": [EXAMPLE_CALL, {"type": "identify", "userId": "user-7", "traits": {"plan": "pro"}}]}


class Resource(BaseModel):
    """Who sent it."""

    attributes: list[dict[str, Any]] = []


class Spans(BaseModel):
    """Spans of one resource."""

    model_config = ConfigDict(title="ResourceSpans")

    resource: Resource = Resource()
    scopeSpans: list[dict[str, Any]] = []  # noqa: N815  # OTLP's name


class Logs(BaseModel):
    """Log events of one resource."""

    model_config = ConfigDict(title="ResourceLogs")

    resource: Resource = Resource()
    scopeLogs: list[dict[str, Any]] = []  # noqa: N815  # OTLP's name


class SpansExport(BaseModel):
    """OTLP's ExportTraceServiceRequest; ids are hexadecimal and 64-bit numbers are texts."""

    resourceSpans: list[Spans] = Field([], description="Spans, by resource and scope.")  # noqa: N815  # OTLP's name


class LogsExport(BaseModel):
    """OTLP's ExportLogsServiceRequest; ids are hexadecimal and 64-bit numbers are texts."""

    resourceLogs: list[Logs] = Field([], description="Log events, by resource and scope.")  # noqa: N815  # OTLP's name


class Exported(BaseModel):
    """OTLP's response; `partialSuccess` is present only if messages were refused."""

    partialSuccess: dict[str, Any] | SkipJsonSchema[None] = None  # noqa: N815  # OTLP's name


class RpcStatus(BaseModel):
    """A google.rpc.Status: nothing was accepted."""

    code: int
    message: str = Field(description="One sentence for people.")


class Call(BaseModel):
    """A call from Segment's and RudderStack's libraries; other keys are ignored."""

    type: Literal["track", "page", "screen", "identify", "group", "alias"] = Field(
        description="Calls about what somebody did (track, page, screen) are stored; calls about who somebody "
        "is are not."
    )
    event: str | None = Field(None, description="The event's name; of track only, and required there.")
    properties: dict[str, Any] | None = Field(
        None, description="The metadata; session_id, conversation_id or thread_id in it is the conversation."
    )
    messageId: str | None = Field(None, description="Makes a retry harmless.")  # noqa: N815  # Segment's name
    userId: str | int | None = Field(None, description="The user.")  # noqa: N815  # Segment's name
    anonymousId: str | int | None = Field(None, description="The user where userId is missing.")  # noqa: N815
    timestamp: str | None = Field(None, description="When it happened, ISO 8601 with offset.")


class OneCall(Call):
    """A call whose kind is given by the path."""

    type: str | None = Field(None, description="Not read: the path says it.")  # type: ignore[assignment]


class Calls(BaseModel):
    """Several calls."""

    batch: list[Call] = Field(description=f"Up to {MAX_BATCH_EVENTS:,} calls.")
    sentAt: str | None = Field(None, description="Corrects a clock that is plainly wrong.")  # noqa: N815


class CallsTaken(BaseModel):
    """The response to calls whose events are on disk."""

    success: Literal[True]
    rejected: int | SkipJsonSchema[None] = Field(None, description="How many were refused; missing where none was.")
    error: str | SkipJsonSchema[None] = Field(None, description="Why the first of them was.")


class CallsRefused(BaseModel):
    """The response to calls of which none was accepted."""

    success: Literal[False]
    error: str
    code: ErrorCode
    message: str = Field(description="The same as error: these libraries read it here.")
    retry_after: int | SkipJsonSchema[None] = None


def declare_instrumented(settings: Settings) -> APIRouter:
    """Declare the routes. Only their signatures are read; nothing calls these functions."""
    security = [
        Security(APIKeyHeader(name="X-API-Key", scheme_name="ApiKey")),
        Security(HTTPBearer(scheme_name="BearerKey")),
        Security(HTTPBasic(scheme_name="BasicKey", description="The key as the name or as the password.")),
    ]
    router = APIRouter(dependencies=security, generate_unique_id_function=lambda route: route.name)
    _declare_otlp(router, settings.max_batch_bytes)
    _declare_segment(router, settings)
    return router


def _declare_otlp(router: APIRouter, max_bytes: int) -> None:
    said = (
        f"OTLP over HTTP. Each new message of a user in a model call becomes an event; everything else is "
        f"accepted and ignored. The response 200, in the encoding of the request, means that the messages are "
        f"on disk. Bodies may be compressed with gzip; allowed are {max_bytes} bytes and {MAX_RECORDS:,} spans "
        f"or log events."
    )
    for path, name in ((TRACES_PATH, "spans"), (LANGFUSE_PATH, "langfuse_spans")):

        @router.post(
            path,
            name=name,
            tags=["OpenTelemetry"],
            response_model=Exported,
            summary="Take spans" if path == TRACES_PATH else "Take spans of Langfuse's libraries",
            description=said,
            response_description="The messages are on disk.",
            responses=_otlp_responses(max_bytes),
            openapi_extra=_otlp_body(EXAMPLE_SPANS),
        )
        def spans(export: SpansExport) -> None: ...

    @router.post(
        LOGS_PATH,
        tags=["OpenTelemetry"],
        response_model=Exported,
        summary="Take log events",
        description=said,
        response_description="The messages are on disk.",
        responses=_otlp_responses(max_bytes),
        openapi_extra=_otlp_body(EXAMPLE_LOGS),
    )
    def log_events(export: LogsExport) -> None: ...


def _declare_segment(router: APIRouter, settings: Settings) -> None:
    said = "As Segment's and RudderStack's libraries send it, with the key as their write key."

    @router.post(
        SEGMENT_BATCH_PATH,
        tags=["Segment"],
        response_model=CallsTaken,
        summary="Take calls of Segment's and RudderStack's libraries",
        description=f"{said} Each call is validated on its own. Allowed are {settings.max_batch_bytes} bytes.",
        response_description="The events are on disk.",
        responses=_segment_responses(NO_BATCH, settings.max_batch_bytes),
        openapi_extra=_body_examples(EXAMPLE_CALLS),
    )
    def calls(batch: Calls) -> None: ...

    for kind in (*EVENT_CALLS, *PERSON_CALLS):

        @router.post(
            f"/v1/{kind}",
            name=f"{kind}_call",
            tags=["Segment"],
            response_model=CallsTaken,
            summary=f"Take one {kind} call",
            description=said + ("" if kind in EVENT_CALLS else " The call is acknowledged but not stored."),
            response_description="The event is on disk." if kind in EVENT_CALLS else "Nothing is stored.",
            responses=_segment_responses(NO_CALL, settings.collector_max_body_bytes),
            openapi_extra=_body_examples({**EXAMPLE_CALL, "type": kind}),
        )
        def call(call: OneCall) -> None: ...


def _otlp_responses(max_bytes: int) -> Responses:
    too_large = f"The body is too large; allowed are {max_bytes} bytes, also when decompressed."
    refusals = {
        400: (
            "The body is not OTLP; exporters do not retry.",
            INVALID_ARGUMENT,
            "The body is no OTLP in JSON: The body must be a JSON object.",
        ),
        401: ("The key is missing, unknown or revoked.", UNAUTHENTICATED, "Invalid API key"),
        413: ("The body is too large, or has too many spans.", INVALID_ARGUMENT, too_large),
        415: (
            f"The body is neither JSON nor {PROTOBUF_TYPE.decode()}.",
            INVALID_ARGUMENT,
            f"The Content-Type must be application/json or {PROTOBUF_TYPE.decode()}.",
        ),
        429: ("The plan's events are used up; exporters retry.", RESOURCE_EXHAUSTED, "They are used up."),
        503: ("Nothing was stored; exporters retry.", UNAVAILABLE, "The event could not be written."),
    }
    binary = {PROTOBUF_TYPE.decode(): {"schema": {"type": "string", "format": "binary"}}}
    answers: Responses = {200: {"content": {**binary, "application/json": {"example": {}}}}}
    for status, (meaning, code, sentence) in refusals.items():
        example = {"example": {"code": code, "message": sentence}}
        answers[status] = {
            "model": RpcStatus,
            "description": meaning,
            "content": {**binary, "application/json": example},
        }
    return answers


def _segment_responses(wrong: str, max_bytes: int) -> Responses:
    too_large = f"The body is too large; allowed are {max_bytes} bytes, also when decompressed."
    refusals: Mapping[int, tuple[str, ErrorCode, str]] = {
        400: ("The request, or every event in it, is not valid.", "INVALID_REQUEST", wrong),
        401: ("The key is missing, unknown or revoked.", "INVALID_API_KEY", "Invalid API key"),
        413: ("The body is too large, compressed or decompressed.", "INVALID_REQUEST", too_large),
        415: (
            "The body is not JSON in UTF-8.",
            "INVALID_REQUEST",
            f"The Content-Type must be application/json or {FORM_TYPE.decode()}.",
        ),
        429: ("The events of the plan are used up.", "RATE_LIMIT_EXCEEDED", "The events of the plan are used up."),
        503: ("Nothing was stored; send it again.", "UNAVAILABLE", "The event could not be written to disk."),
    }
    return {
        status: {
            "model": CallsRefused,
            "description": meaning,
            "content": {"application/json": {"example": {**error_body(code, sentence), "message": sentence}}},
        }
        for status, (meaning, code, sentence) in refusals.items()
    }


def _otlp_body(example: dict[str, Any]) -> dict[str, Any]:
    body = _body_examples(example)
    body["requestBody"]["content"][PROTOBUF_TYPE.decode()] = {"schema": {"type": "string", "format": "binary"}}
    return body


def _body_examples(example: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"content": {"application/json": {"example": example}}}}
