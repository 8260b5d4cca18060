"""The read API, an ASGI application mounted at /api/v1 of the dashboard's server."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import date
from importlib.metadata import version as package_version
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import urlsplit

from fastapi import FastAPI, Request, Security
from fastapi.openapi.utils import get_openapi
from fastapi.security import APIKeyHeader, HTTPBearer
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from dashboard.api.choices import FILTERS, Choices, page_link
from dashboard.api.cursors import question_of
from dashboard.api.formats import MEDIA_TYPES, arrow_table, choose_format, write_arrow, write_csv, write_json
from dashboard.api.keys import ReadKeys
from dashboard.api.problems import ApiProblem, Problem, answer_problem, problem_response
from dashboard.api.reading import Days, Reader, short_name
from dashboard.api.resources import RESOURCES
from dashboard.api.sql import SqlAnswer, SqlQuestion, SqlRunner, sql_question
from dashboard.data.address import VALUE_PREFIX

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from dashboard.api.reading import Answer
    from dashboard.api.resources import Resource
    from dashboard.data.published import Published, Snapshot
    from projects import Projects

DESCRIPTION = (
    "The figures of Turret's dashboard, for programs. A key of the scope `read` reads one project. All numbers of an "
    "answer are of one published version; an ETag names it. Parameters are those of the pages' addresses, and "
    f"`{VALUE_PREFIX}<field>=<value>`, which may be repeated, chooses values of an enum field."
)
SHARED = {"cache-control": "private, no-cache", "vary": "Accept, X-API-Key, Authorization"}
BUILD = package_version("turret")

DETAILS_FROM = "Numbers count the sessions that began on this day or later; null if they count all sessions."

Row = TypeVar("Row", bound=BaseModel)


class Page(BaseModel, Generic[Row]):
    """A page of a list."""

    version: str = Field(description="The published version that the answer comes from.")
    fresh_until: str | None = Field(description="Time of the newest event in this version.")
    details_from: date | None = Field(description=DETAILS_FROM)
    days: Days
    data: list[Row]
    next_cursor: str | None = Field(description="Pass it as `cursor` to get the next page; null on the last page.")


class One(BaseModel, Generic[Row]):
    """A single object."""

    version: str = Field(description="The published version that the answer comes from.")
    fresh_until: str | None = Field(description="Time of the newest event in this version.")
    details_from: date | None = Field(description=DETAILS_FROM)
    days: Days
    data: Row


def create_api(published: Published, projects: Projects) -> FastAPI:
    """Create the application; it checks the key itself, so nothing in front of it should ask for another sign-in."""
    api = FastAPI(title="Turret read API", version="1", docs_url=None, redoc_url=None, description=DESCRIPTION)
    reader, keys = Reader(published, projects), ReadKeys(projects)
    header = Security(APIKeyHeader(name="X-API-Key", auto_error=False))
    for resource in RESOURCES:
        api.add_api_route(
            resource.path,
            _endpoint(resource, reader, keys),
            response_model=(One if resource.is_one else Page)[resource.model],
            summary=(resource.model.__doc__ or "").splitlines()[0],
            operation_id=resource.name,
            openapi_extra={"parameters": _parameters(resource)},
            dependencies=[header, Security(HTTPBearer(auto_error=False))],
        )
    _add_sql(api, reader, keys, [header, Security(HTTPBearer(auto_error=False))])
    api.add_exception_handler(ApiProblem, answer_problem)
    api.add_exception_handler(HTTPException, _answer_http_exception)
    api.add_exception_handler(Exception, answer_problem)  # and whoever runs the server finds it in the log
    api.openapi = lambda: _document(api)  # type: ignore[method-assign]  # as FastAPI's documentation has it
    return api


def _endpoint(resource: Resource, reader: Reader, keys: ReadKeys) -> Callable[..., Awaitable[Response]]:
    async def read(request: Request) -> Response:
        project_id = await keys.project_of(request.headers)
        with keys.turn(project_id):
            return await asyncio.to_thread(_respond, resource, reader, project_id, request)

    return read


def _respond(resource: Resource, reader: Reader, project_id: str, request: Request) -> Response:
    choices = Choices.read(request.query_params.multi_items(), resource.takes)
    what = str(request.path_params.get("id", ""))
    format_ = choose_format(choices.format, request.headers.get("accept", ""))
    snapshot = reader.snapshot(reader.cursor(resource, project_id, choices, what))
    # With the question in it, the ETag of another path matches nothing, and what is not there is 404.
    question = question_of(f"{resource.path} {what}", project_id, choices)
    etag = f'"{snapshot.version.removesuffix(".duckdb")}.{BUILD}.{question}.{format_}"'
    headers = SHARED | {"etag": etag} | _details_header(snapshot, project_id)
    known = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    if resource.is_of_version and etag in known:
        return Response(status_code=304, headers=headers)
    answer = reader.read(resource, project_id, choices, what, snapshot)
    body = write(answer, format_)
    if not resource.is_of_version:
        headers["etag"] = f'"{hashlib.sha256(body).hexdigest()[:32]}.{format_}"'
    if known == ["*"] or headers["etag"] in known:
        return Response(status_code=304, headers=headers)
    if answer.next_cursor:
        headers["link"] = f'<{page_link(urlsplit(str(request.url)), answer.next_cursor)}>; rel="next"'
    return Response(body, headers=headers, media_type=MEDIA_TYPES[format_])


def _details_header(snapshot: Snapshot, project_id: str) -> dict[str, str]:
    """Say in a header from which day on sessions are published, for formats that only have rows."""
    first = snapshot.details_from.get(project_id)
    return {} if first is None else {"x-turret-details-from": first.isoformat()}


def _add_sql(api: FastAPI, reader: Reader, keys: ReadKeys, security: list[Any]) -> None:
    runner = SqlRunner()

    async def run(request: Request) -> Response:
        project_id = await keys.project_of(request.headers)
        question, chosen = await sql_question(request)
        format_ = choose_format(chosen, request.headers.get("accept", ""))
        with keys.turn(project_id):
            snapshot = await asyncio.to_thread(reader.snapshot)
            result = await asyncio.to_thread(runner.run, snapshot.file, project_id, question)
        headers = SHARED | {"x-turret-version": short_name(snapshot.version)}
        headers["x-turret-is-cut"] = str(result.is_cut).lower()
        headers |= _details_header(snapshot, project_id)
        details_from = snapshot.details_from.get(project_id)
        body = {
            "json": lambda: write_json(result.document(short_name(snapshot.version), details_from)),
            "csv": lambda: write_csv([name for name, _ in result.columns], [list(row.values()) for row in result.rows]),
            "arrow": lambda: write_arrow(result.table),
        }[format_]
        return Response(await asyncio.to_thread(body), headers=headers, media_type=MEDIA_TYPES[format_])

    in_query = [
        {"name": name, "in": "query", "required": name == "query", "description": words, "schema": schema}
        for name, schema in SqlQuestion.model_json_schema()["properties"].items()
        for words in [schema.pop("description", "")]
    ]
    in_body = {"content": {"application/json": {"schema": SqlQuestion.model_json_schema()}}}
    asked: dict[str, dict[str, Any]] = {"GET": {"parameters": in_query}, "POST": {"requestBody": in_body}}
    for method, extra in asked.items():
        api.add_api_route(
            "/sql",
            run,
            methods=[method],
            response_model=SqlAnswer,
            summary="Run one SELECT over the project's part of the marts.",
            operation_id=f"{method.lower()}_sql",
            openapi_extra=extra,
            dependencies=security,
        )


def write(answer: Answer, format_: str) -> bytes:
    """Write an answer in the requested format."""
    if format_ == "json":
        return write_json(answer.document)
    if format_ == "csv":
        names = list(answer.resource.model.model_fields)
        return write_csv(names, [list(row.values()) for row in answer.rows])
    return write_arrow(arrow_table(answer.resource.model, answer.rows))


async def _answer_http_exception(_request: Request, error: Exception) -> Response:
    """Answer what FastAPI refuses by itself: unknown paths and methods."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    sentence = {
        404: "This path does not exist; /api/v1/openapi.json lists all paths.",
        405: "This method is not allowed; use GET, or POST for /sql.",
    }.get(status, "The request cannot be answered.")
    return problem_response(ApiProblem(status, sentence))


def _parameters(resource: Resource) -> list[dict[str, Any]]:
    """Return the parameters of a resource, for the OpenAPI document."""
    properties = Choices.model_json_schema()["properties"]
    names = [*FILTERS, *resource.takes]
    described = [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": properties[name].get("description", ""),
            "schema": {key: value for key, value in properties[name].items() if key not in {"description", "title"}},
        }
        for name in names
    ]
    in_path = (
        [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}] if "{id" in resource.path else []
    )
    return in_path + described


def _document(api: FastAPI) -> dict[str, Any]:
    """Build the OpenAPI document: FastAPI's own, with the other formats and the problems added to each answer."""
    if api.openapi_schema is None:
        made = get_openapi(title=api.title, version=api.version, description=DESCRIPTION, routes=api.routes)
        made["components"]["schemas"]["Problem"] = Problem.model_json_schema()
        problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        for operations in made["paths"].values():
            for operation in operations.values():
                content = operation["responses"]["200"]["content"]
                content["text/csv"] = {"schema": {"type": "string"}}
                content[MEDIA_TYPES["arrow"]] = {"schema": {"type": "string", "format": "binary"}}
                operation["responses"]["304"] = {"description": "Nothing has been published since."}
                operation["responses"]["default"] = {
                    "description": "The request failed; the sentence says why.",
                    "content": problem,
                }
        made["servers"] = [{"url": "/api/v1"}]
        api.openapi_schema = made
    return api.openapi_schema
