"""The errors of the read API: problem+json (RFC 9457), one sentence each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, Field
from starlette.responses import JSONResponse

from contracts.errors import TurretError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

TITLES = {
    400: "Bad request",
    401: "No valid key",
    403: "Key of another scope",
    404: "Not found",
    405: "Method not allowed",
    406: "No such format",
    410: "Version gone",
    413: "Too large",
    422: "Query refused",
    429: "Too many requests",
    500: "Something unexpected happened",
    503: "Not available now",
}


class Problem(BaseModel):
    """Why a request failed."""

    title: str = Field(description="A short title, the same for every problem of this status.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="One sentence: what is wrong, and what is allowed or what to do next.")


class ApiProblem(TurretError):  # noqa: N818  # RFC 9457 calls it a problem
    """A request that fails; the sentence says why."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = dict(headers or {})


def retry_later(status: int, detail: str, seconds: int) -> ApiProblem:
    """Create a problem that goes away by itself; the client is told when to retry."""
    return ApiProblem(status, detail, {"retry-after": str(seconds)})


def problem_response(problem: ApiProblem) -> JSONResponse:
    """Write a problem as a response."""
    title = TITLES.get(problem.status, "Not possible")
    body = Problem(title=title, status=problem.status, detail=str(problem)).model_dump()
    return JSONResponse(body, problem.status, problem.headers, media_type="application/problem+json")


async def answer_problem(_request: Request, error: Exception) -> JSONResponse:
    """Answer a request whose handler raised a problem."""
    return problem_response(error if isinstance(error, ApiProblem) else ApiProblem(500, TITLES[500] + "."))
