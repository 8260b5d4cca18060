"""The examples of the OpenAPI document are what the collector really answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.collector.conftest import Client


def track_operation(client: Client) -> dict[str, Any]:
    operation: dict[str, Any] = client.http.get("/openapi.json").json()["paths"]["/track"]["post"]
    return operation


def example(operation: dict[str, Any], status: int) -> Any:
    return operation["responses"][str(status)]["content"]["application/json"]["example"]


def test_openapi_example_event_gets_the_example_answer(client: Client):
    operation = track_operation(client)
    event = operation["requestBody"]["content"]["application/json"]["example"]
    assert client.track(event).json() == example(operation, 200)


def test_openapi_example_refusals_are_the_real_ones(client: Client):
    operation = track_operation(client)
    answers = [
        client.track({"metadata": {}}),
        client.send(b"{}", {"X-API-Key": "tk_wrong"}),
        client.send(b" " * 2_000_000),
        client.send(b"{}", {"Content-Type": "text/plain"}),
    ]
    for answer, status in zip(answers, (400, 401, 413, 415), strict=True):
        assert (answer.status_code, answer.json()) == (status, example(operation, status))


def test_openapi_names_every_route(client: Client):
    paths = client.http.get("/openapi.json").json()["paths"]
    assert list(paths) == ["/track", "/health/live", "/health/ready"]
