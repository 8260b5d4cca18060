"""The examples of the OpenAPI document are what the collector really answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from collector.http.event_routes import ROUTES
from contracts.settings import load_settings
from projects import open_projects
from tests.factories.collector_process import run_collector

if TYPE_CHECKING:
    from pathlib import Path

    from tests.collector.conftest import Client


def track_operation(client: Client) -> dict[str, Any]:
    return operation(client, "/track")


def operation(client: Client, path: str, method: str = "post") -> dict[str, Any]:
    found: dict[str, Any] = client.http.get("/openapi.json").json()["paths"][path][method]
    return found


def example(operation: dict[str, Any], status: int) -> Any:
    return operation["responses"][str(status)]["content"]["application/json"]["example"]


def test_openapi_example_event_gets_the_example_answer(client: Client):
    track = track_operation(client)
    event = track["requestBody"]["content"]["application/json"]["example"]
    assert client.track(event).json() == example(track, 200)


def test_openapi_example_refusals_are_the_real_ones(client: Client):
    track = track_operation(client)
    answers = [
        client.track({"metadata": {}}),
        client.send(b"{}", {"X-API-Key": "tk_wrong"}),
        client.send(b" " * 2_000_000),
        client.send(b"{}", {"Content-Type": "text/plain"}),
    ]
    for answer, status in zip(answers, (400, 401, 413, 415), strict=True):
        assert (answer.status_code, answer.json()) == (status, example(track, status))


def test_openapi_example_batch_gets_the_example_answer(client: Client):
    batch = operation(client, "/batch")
    body = batch["requestBody"]["content"]["application/json"]["example"]
    answer = client.http.post("/batch", json=body, headers={"X-API-Key": client.key})
    assert answer.json() == example(batch, 200)


def test_openapi_example_feedback_gets_the_example_answers(client: Client):
    feedback = operation(client, "/feedback")
    body = feedback["requestBody"]["content"]["application/json"]["example"]
    for sent, status in ((body, 200), ({"score": 1}, 400)):
        answer = client.http.post("/feedback", json=sent, headers={"X-API-Key": client.key})
        assert (answer.status_code, answer.json()) == (status, example(feedback, status))


def test_openapi_names_every_route(client: Client):
    paths = client.http.get("/openapi.json").json()["paths"]
    assert [*paths][:4] == ["/track", "/feedback", "/batch", "/usage"]
    others = {"/users/{user_id}", "/erasures/{erasure_id}", "/usage", "/health/live", "/health/ready", "/metrics"}
    assert {*paths} == {*ROUTES, *others}


@pytest.mark.parametrize("path", [path for path in ROUTES if path not in {"/track", "/feedback", "/batch"}])
def test_openapi_examples_of_other_libraries_get_the_answers_shown(client: Client, path: str):
    shown = operation(client, path)
    body = shown["requestBody"]["content"]["application/json"]["example"]
    is_otlp = shown["tags"] == ["OpenTelemetry"]
    answer = client.http.post(path, json=body, headers={"X-API-Key": client.key})
    assert (answer.status_code, answer.json()) == (200, {} if is_otlp else {"success": True})
    refused = [
        (400, client.send(b"[]", path=path)),
        (401, client.send(b"{}", {"X-API-Key": "tk_wrong"}, path=path)),
        (413, client.send(b" " * (17 << 20), path=path)),
        (415, client.send(b"{}", {"Content-Type": "text/plain"}, path=path)),
    ]
    for status, answer in refused:
        assert (answer.status_code, answer.json()) == (status, example(shown, status))


def test_openapi_example_limit_and_usage_have_the_shape_of_the_real_ones(tmp_path: Path):
    home = tmp_path / "home"
    with open_projects(load_settings(home=home, database_url="")) as projects:
        projects.create_project("shop", "pro", 1)
        headers = {"X-API-Key": projects.create_key("shop").secret}
    with run_collector(home) as collector, httpx.Client(base_url=collector.url, headers=headers) as http:
        paths = http.get("/openapi.json").json()["paths"]
        event = paths["/track"]["post"]["requestBody"]["content"]["application/json"]["example"]
        first, refused = (http.post("/track", json=event) for _ in range(2))
        usage = http.get("/usage")
    limit = paths["/track"]["post"]["responses"]["429"]
    for name, header in limit["headers"].items():
        assert same_shape(refused.headers[name], str(header.get("example", "1"))), name
        assert name == "Retry-After" or same_shape(first.headers[name], header["example"])
    told, real = limit["content"]["application/json"]["example"], refused.json()
    assert list(told) == list(real)
    assert same_shape(real["error"], told["error"])
    shown = paths["/usage"]["get"]["responses"]["200"]["content"]["application/json"]["example"]
    assert {name: type(value) for name, value in shown.items()} == {
        name: type(value) for name, value in usage.json().items()
    }


def same_shape(one: str, other: str) -> bool:
    """Whether two texts differ only in their numbers."""
    return re.sub(r"[0-9,]+", "1", one) == re.sub(r"[0-9,]+", "1", other)
