"""The examples of the OpenAPI document are what the collector really answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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


def test_openapi_names_every_route(client: Client):
    paths = client.http.get("/openapi.json").json()["paths"]
    assert list(paths) == ["/track", "/batch", "/health/live", "/health/ready"]
