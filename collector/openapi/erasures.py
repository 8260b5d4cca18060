"""Declare the routes of erasures for the OpenAPI document. `describe` in `document` is the entry point."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Security
from fastapi.security import APIKeyHeader, HTTPBearer
from pydantic import BaseModel, Field

from collector.http.erasures import ERASURES_PATH, USERS_PATH
from collector.http.exchange import error_body
from contracts.events import MAX_ID_CHARACTERS, ErrorCode
from projects.records import LaterEvents

Count = Annotated[int, Field(ge=0)]


class Erasure(BaseModel):
    """A requested erasure. The numbers are null until a run begins it."""

    success: Literal[True]
    erasure_id: str
    later_events: LaterEvents
    requested_at: datetime
    finished_at: datetime | None
    n_events: Count | None
    n_sessions: Count | None
    n_texts: Count | None


class Refused(BaseModel):
    """Why a request about an erasure was refused."""

    success: Literal[False]
    error: str
    code: ErrorCode


EXAMPLE = {
    "success": True,
    "erasure_id": "ers_0123456789abcdef",
    "later_events": "drop",
    "requested_at": "2026-01-31T12:00:00.000000Z",
    "finished_at": None,
    "n_events": None,
    "n_sessions": None,
    "n_texts": None,
}


def declare_erasures() -> APIRouter:
    """Declare the routes. Only their signatures are read; nothing calls these functions."""
    header, bearer = APIKeyHeader(name="X-API-Key", scheme_name="ApiKey"), HTTPBearer(scheme_name="BearerKey")
    router = APIRouter(
        tags=["Erasures"],
        dependencies=[Security(header), Security(bearer)],
        generate_unique_id_function=lambda route: route.name,
    )
    refusals: dict[int | str, dict[str, Any]] = {
        401: _refusal(
            "The key is missing, unknown or revoked, or not of the scope erase.",
            error_body("INVALID_API_KEY", "Invalid API key"),
        ),
        503: _refusal(
            "The projects database cannot be used now; send the request again.",
            error_body("UNAVAILABLE", "The projects database cannot be used now; send the request again."),
        ),
    }

    @router.delete(
        USERS_PATH,
        response_model=Erasure,
        status_code=202,
        summary="Erase a user",
        description="The next run of the pipeline erases all that the user said from every file of Turret. A repeated "
        "request is the same request. The key must have the scope erase.",
        response_description="The erasure is requested.",
        responses={
            202: {"content": {"application/json": {"example": EXAMPLE}}},
            400: _refusal(
                "The id or the choice is not allowed.",
                error_body("INVALID_REQUEST", "The id to erase has 0 characters; allowed are 1 to 255."),
            ),
            **refusals,
        },
    )
    def erase_user(
        user_id: Annotated[str, Field(min_length=1, max_length=MAX_ID_CHARACTERS)],
        later: Annotated[
            LaterEvents, Query(description="What happens to events of the user that arrive later: erased too, or kept.")
        ] = "drop",
    ) -> None: ...

    @router.get(
        ERASURES_PATH,
        response_model=Erasure,
        summary="Whether an erasure is done",
        description="finished_at is null until a run has finished it.",
        response_description="The erasure.",
        responses={
            200: {"content": {"application/json": {"example": EXAMPLE}}},
            404: _refusal(
                "The project of the key has no such erasure.",
                error_body("INVALID_REQUEST", "This project has no such erasure."),
            ),
            **refusals,
        },
    )
    def erasure(erasure_id: str) -> None: ...

    return router


def _refusal(meaning: str, example: dict[str, Any]) -> dict[str, Any]:
    return {"model": Refused, "description": meaning, "content": {"application/json": {"example": example}}}
