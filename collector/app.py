"""The collector's application: `create_app(settings)`."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException

from collector.answers import error_body
from collector.docs_page import render_docs
from collector.event_routes import EventRoutes
from collector.openapi import describe
from collector.worker import Worker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from contracts.settings import Settings


def create_app(settings: Settings) -> EventRoutes:
    """Build the ASGI application of one worker; its files, threads and database open when it starts."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        worker = await Worker.start(settings)
        route.worker = worker
        try:
            yield
        finally:
            route.worker = None
            await worker.stop()

    api = FastAPI(title="Turret collector", docs_url=None, redoc_url=None, redirect_slashes=False, lifespan=lifespan)
    route = EventRoutes(api)
    api.add_exception_handler(HTTPException, _answer_http_error)
    _add_routes(api, route)
    _describe_event_routes(api, settings)
    return route


def _add_routes(api: FastAPI, route: EventRoutes) -> None:
    @api.get("/health/live", summary="The process answers", tags=["Health"])
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @api.get("/health/ready", summary="Events can be made durable", tags=["Health"])
    async def ready() -> JSONResponse:
        if route.worker is None or not route.worker.commits.is_healthy:
            body = error_body("UNAVAILABLE", "Events cannot be made durable now.")
            return JSONResponse(body, 503, headers={"Retry-After": "5"})
        return JSONResponse({"status": "ready"})

    @api.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(render_docs(api.openapi()))


def _describe_event_routes(api: FastAPI, settings: Settings) -> None:
    """Put the routes for events, which FastAPI does not know, into its OpenAPI document."""
    generate = api.openapi

    def openapi() -> dict[str, Any]:
        if api.openapi_schema is None:
            api.openapi_schema = describe(generate(), settings)
        return api.openapi_schema

    api.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend it


async def _answer_http_error(_: Request, error: Exception) -> JSONResponse:
    """Give 404 and 405 the shape that every refusal has."""
    if not isinstance(error, HTTPException):
        raise error
    sentences = {
        404: "There is no such path; events go to POST /track or /batch.",
        405: "This path does not take that method.",
    }
    sentence = sentences.get(error.status_code, str(error.detail))
    return JSONResponse(error_body("INVALID_REQUEST", sentence), error.status_code, headers=error.headers)
