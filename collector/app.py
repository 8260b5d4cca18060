"""The collector's application: `create_app(settings)`."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import Request  # noqa: TC002  # FastAPI reads the annotation of a route

from collector.errors import CollectorError, RejectedError, UnavailableError
from collector.http.erasures import ERASURES_PATH, USERS_PATH, answer_erasure, request_erasure
from collector.http.event_routes import EventRoutes
from collector.http.exchange import error_body, refused
from collector.http.usage import USAGE_PATH, answer_usage
from collector.http.worker import Worker, find_problems
from collector.openapi.docs_page import render_docs
from collector.openapi.document import describe
from collector.wal.journal import GroupCommit
from contracts.home import HOME_HEADER, Home

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from contracts.settings import Settings

NOT_READY: dict[int | str, dict[str, Any]] = {
    503: {
        "description": "Events cannot be made durable now. The sentence gives the reason.",
        "content": {"application/json": {"example": error_body("UNAVAILABLE", "The last write to disk failed.")}},
    }
}
METRICS_PATH = "/metrics"
METRICS_TYPE = "text/plain; version=0.0.4"


def create_app(
    settings: Settings, *, metrics_folder: Path | None = None, commits: type[GroupCommit] = GroupCommit
) -> EventRoutes:
    """Build the ASGI application of one worker; its files, threads and database open when it starts.

    Args:
        settings: the collector's settings.
        metrics_folder: the folder in which the workers of one server share their metrics; None for a single worker.
        commits: Makes events durable. Only bench/ passes a replacement, to measure the handler without durability, or
            to show that its trials detect a collector that answers before it writes.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with TemporaryDirectory() as own_folder:
            worker = await Worker.start(settings, commits, metrics_folder or Path(own_folder))
            route.worker = worker
            try:
                yield
            finally:
                route.worker = None
                await worker.stop()

    api = FastAPI(title="Turret collector", docs_url=None, redoc_url=None, redirect_slashes=False, lifespan=lifespan)
    route = EventRoutes(api)
    api.add_exception_handler(HTTPException, _answer_http_error)
    api.add_exception_handler(CollectorError, _answer_collector_error)
    _add_routes(api, route, Home(settings.home).mark)
    api.openapi = cache(partial(describe, api, settings))  # type: ignore[method-assign]  # FastAPI's documented way
    return route


def _add_routes(api: FastAPI, route: EventRoutes, home_mark: str) -> None:
    @api.get("/health/live", summary="The process answers", tags=["Health"])
    async def live() -> JSONResponse:
        return JSONResponse({"status": "live"})

    @api.get("/health/ready", summary="Events can be made durable", tags=["Health"], responses=NOT_READY)
    async def ready() -> JSONResponse:
        problems = await find_problems(route.worker) if route.worker else ["The collector is starting."]
        if problems:
            return JSONResponse(error_body("UNAVAILABLE", " ".join(problems)), 503, headers={"Retry-After": "5"})
        return JSONResponse({"status": "ready"}, headers={HOME_HEADER: home_mark})

    @api.get(
        METRICS_PATH,
        summary="Numbers of all worker processes, for Prometheus",
        tags=["Health"],
        response_class=PlainTextResponse,
    )
    async def metrics() -> Response:
        page = await asyncio.to_thread(route.running_worker().metrics_page)
        return Response(page, media_type=METRICS_TYPE)

    @api.get(USAGE_PATH, include_in_schema=False)
    async def usage(request: Request) -> Response:
        return await answer_usage(route.running_worker(), request)

    @api.delete(USERS_PATH, include_in_schema=False)
    async def erase_user(request: Request, user_id: str) -> Response:
        return await request_erasure(route.running_worker(), request, user_id)

    @api.get(ERASURES_PATH, include_in_schema=False)
    async def erasure(request: Request, erasure_id: str) -> Response:
        return await answer_erasure(route.running_worker(), request, erasure_id)

    @api.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(render_docs(api.openapi()))


async def _answer_collector_error(_: Request, error: Exception) -> Response:
    if not isinstance(error, RejectedError | UnavailableError):
        raise error
    response = refused(error)
    headers = {name.decode(): value.decode() for name, value in response.headers}
    return Response(response.body, response.status, headers, "application/json")


async def _answer_http_error(_: Request, error: Exception) -> JSONResponse:
    """Answer 404 and 405 in the format of every other error."""
    if not isinstance(error, HTTPException):
        raise error
    sentences = {
        404: "This path does not exist; send events to POST /track or /batch, and feedback to POST /feedback.",
        405: "This path does not allow this method.",
    }
    sentence = sentences.get(error.status_code, str(error.detail))
    return JSONResponse(error_body("INVALID_REQUEST", sentence), error.status_code, headers=error.headers)
