"""`/v1/traces` and `/v1/logs` over HTTP: keys, encodings, answers, durability, and what is counted."""

from __future__ import annotations

import base64
import gzip
import os
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import orjson
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

from contracts.home import Home
from contracts.settings import load_settings
from contracts.trouble import LOST_ATTRIBUTES, WITHOUT_TEXT, find_trouble
from projects import open_projects
from tests.collector.conftest import make_project
from tests.collector.otlp.recordings import NAMES, recording
from tests.factories.collector_process import run_collector
from tests.factories.landed_segments import landed_events

if TYPE_CHECKING:
    from pathlib import Path

    from tests.collector.conftest import Client

NOW = datetime.now(UTC)
PROTOBUF = "application/x-protobuf"
MESSAGES = [{"role": "user", "parts": [{"type": "text", "content": "Where is my parcel?"}]}]


def attribute(key: str, value: Any) -> dict[str, Any]:
    kinds = {str: "stringValue", bool: "boolValue", float: "doubleValue"}
    if isinstance(value, int) and not isinstance(value, bool):
        return {"key": key, "value": {"intValue": str(value)}}  # 64-bit numbers are strings
    return {"key": key, "value": {kinds[type(value)]: value}}


def span(**attributes: Any) -> dict[str, Any]:
    """One span in OTLP's JSON; names of attributes have __ for a dot."""
    return {
        "traceId": os.urandom(16).hex(),
        "spanId": os.urandom(8).hex(),
        "name": "chat",
        "kind": 3,
        "startTimeUnixNano": str(time.time_ns()),
        "endTimeUnixNano": str(time.time_ns() + 5_000_000),
        "attributes": [attribute(name.replace("__", "."), value) for name, value in attributes.items()],
    }


def call(messages: Any = MESSAGES, **attributes: Any) -> dict[str, Any]:
    """A call of a model; `messages` None leaves its content out."""
    content = {} if messages is None else {"gen_ai__input__messages": orjson.dumps(messages).decode()}
    return span(gen_ai__operation__name="chat", gen_ai__request__model="gpt-4o-mini", **content, **attributes)


def export(*spans: dict[str, Any]) -> dict[str, Any]:
    resource = {"attributes": [attribute("service.name", "shop")]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": {"name": "test"}, "spans": [*spans]}]}]}


def send(client: Client, body: object, **headers: str) -> httpx.Response:
    return client.http.post("/v1/traces", json=body, headers={"X-API-Key": client.key, **headers})


def prompts(home: Path) -> list[str]:
    return [event["metadata"]["prompt"] for event in landed_events(home)]


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("-conversations")])
def test_traces_recorded_exports_are_taken_as_they_were_sent(client: Client, name: str):
    for request in recording(name):
        headers = {"X-API-Key": client.key, "Content-Type": request.content_type, "Content-Encoding": "gzip"}
        answer = client.http.post(request.path, content=gzip.compress(request.body), headers=headers)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == PROTOBUF
        assert ExportTraceServiceResponse.FromString(answer.content) == ExportTraceServiceResponse()


def test_traces_json_with_hex_ids_lands_with_session_user_and_time(tmp_path: Path):
    home = tmp_path / "home"
    project_id, key = make_project(home)
    one = call(session__id="s-1", user__id=77, gen_ai__usage__input_tokens=9)
    with run_collector(home) as collector:
        answer = httpx.post(f"{collector.url}/v1/traces", json=export(one), headers={"X-API-Key": key})
        assert (answer.status_code, answer.json()) == (200, {})
    (event,) = landed_events(home)
    assert (event["project_id"], event["name"]) == (project_id, "message")
    assert (event["session_id"], event["user_id"]) == ("s-1", "77")
    assert event["metadata"] == {
        "prompt": "Where is my parcel?",
        "model": "gpt-4o-mini",
        "input_tokens": 9,
        "service": "shop",
        "latency_ms": 5,
    }
    assert event["occurred_at"] < event["received_at"]


def authorizations(key: str) -> list[dict[str, str]]:
    basics = [base64.b64encode(pair.encode()).decode() for pair in (f"{key}:", f"pk-any:{key}")]
    return [{"Authorization": f"Bearer {key}"}, *({"Authorization": f"Basic {basic}"} for basic in basics)]


@pytest.mark.parametrize("number", range(3))
def test_traces_key_as_bearer_and_as_basic_user_or_password(client: Client, number: int):
    answer = client.http.post("/v1/traces", json=export(), headers=authorizations(client.key)[number])
    assert answer.status_code == 200


def test_traces_refusals_are_a_status_in_the_encoding_of_the_request(client: Client):
    unknown = send(client, export(), **{"X-API-Key": "tk_wrong"})
    assert (unknown.status_code, unknown.json()) == (401, {"code": 16, "message": "Invalid API key"})
    headers = {"X-API-Key": "tk_wrong", "Content-Type": PROTOBUF}
    in_protobuf = client.http.post("/v1/traces", content=b"", headers=headers)
    # google.rpc.Status has the same fields: an integer and a text.
    status = ExportTracePartialSuccess.FromString(in_protobuf.content)
    assert (in_protobuf.status_code, status.rejected_spans, status.error_message) == (401, 16, "Invalid API key")
    bad = client.http.post("/v1/traces", content=b"\xff\xff", headers={**headers, "X-API-Key": client.key})
    assert bad.status_code == 400
    assert "ExportTraceServiceRequest" in ExportTracePartialSuccess.FromString(bad.content).error_message


@pytest.mark.parametrize(
    "path", ["/v1/traces/", "/v1//traces", "/V1/traces", "/v1/metrics", "/api/public/otel/v1/traces/"]
)
def test_traces_other_paths_are_no_redirect(client: Client, path: str):
    answer = client.http.post(path, json=export(), headers={"X-API-Key": client.key})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([], "must be a JSON object"),
        ({"resourceSpans": {}}, "resourceSpans must be a list of objects"),
        (export({**call(), "traceId": "W47/95gDgQPSaYzgD/G84Q=="}), "traceId must be 32 hexadecimal digits"),
        (export({**call(), "startTimeUnixNano": -1}), "startTimeUnixNano must be an integer"),
    ],
)
def test_traces_json_that_is_no_otlp_is_refused_by_name(client: Client, body: object, words: str):
    answer = send(client, body)
    assert (answer.status_code, answer.json()["code"]) == (400, 3)
    assert words in answer.json()["message"]


def test_traces_beyond_the_plan_are_refused_so_that_exporters_try_again(tmp_path: Path):
    home = tmp_path / "home"
    with open_projects(load_settings(home=home, database_url="")) as projects:
        projects.create_project("shop", "pro", 2)
        key = projects.create_key("shop").secret
    spans = [call([{"role": "user", "content": f"Question {number}"}]) for number in range(3)]
    with run_collector(home) as collector, httpx.Client(base_url=collector.url, headers={"X-API-Key": key}) as http:
        answer = http.post("/v1/traces", json=export(*spans))
        assert answer.status_code == 200
        assert answer.json()["partialSuccess"]["rejectedSpans"] == "1"
        assert "used up" in answer.json()["partialSuccess"]["errorMessage"]
        log = {"attributes": [attribute("gen_ai.input.messages", orjson.dumps(MESSAGES).decode())], "spanId": "ab" * 8}
        logs = {"resourceLogs": [{"scopeLogs": [{"logRecords": [log]}]}]}
        for path, body in {"/v1/traces": export(call()), "/v1/logs": logs}.items():
            answer = http.post(path, json=body)
            assert (answer.status_code, answer.json()["code"]) == (429, 8)
        assert int(answer.headers["retry-after"]) > 0
    assert prompts(home) == ["Question 0", "Question 1"]


def test_logs_partly_taken_say_how_many_log_records_were_not(tmp_path: Path):
    home = tmp_path / "home"
    with open_projects(load_settings(home=home, database_url="")) as projects:
        projects.create_project("shop", "pro", 1)
        key = projects.create_key("shop").secret
    logs = [
        {
            "traceId": "ab" * 16,
            "eventName": "gen_ai.user.message",
            "body": {"kvlistValue": {"values": [attribute("content", f"Question {number}")]}},
        }
        for number in range(3)
    ]
    body = {"resourceLogs": [{"scopeLogs": [{"logRecords": logs}]}]}
    with run_collector(home) as collector:
        answer = httpx.post(f"{collector.url}/v1/logs", json=body, headers={"X-API-Key": key})
    assert (answer.status_code, answer.json()["partialSuccess"]["rejectedLogRecords"]) == (200, "2")
    assert prompts(home) == ["Question 0"]


def test_traces_long_text_and_odd_values_are_taken_not_refused(tmp_path: Path):
    home = tmp_path / "home"
    _, key = make_project(home)
    long = call([{"role": "user", "content": "x" * 25_000}], session__id="s" * 300)
    odd = call(user__id=" ")
    odd["attributes"][2]["value"]["stringValue"] = r'[{"role":"user","content":"a\u0000b \ud800c"}]'
    future = {**call([{"role": "user", "content": "From the future"}]), "startTimeUnixNano": str(2**63)}
    with run_collector(home) as collector:
        body = export(long, odd, future)
        answer = httpx.post(f"{collector.url}/v1/traces", json=body, headers={"X-API-Key": key})
        assert (answer.status_code, answer.json()) == (200, {})
    events = {event["metadata"]["prompt"][:4]: event for event in landed_events(home)}
    assert events["xxxx"]["metadata"]["prompt_characters"] == 25_000
    assert len(events["xxxx"]["metadata"]["prompt"]) == 10_000
    assert len(events["xxxx"]["session_id"]) == 32
    assert events["ab \ufffd"]["user_id_given"] is False
    assert events["From"]["occurred_at"] == events["From"]["received_at"]


def test_traces_one_trace_over_two_conversations_makes_no_session_of_it(tmp_path: Path):
    home = tmp_path / "home"
    _, key = make_project(home)
    attributes = [{"openinference__span__kind": "LLM", "session__id": f"s-{number}"} for number in range(2)]
    spans = [{**call(**each), "traceId": "ab" * 16} for each in attributes]
    plain = {**call([{"role": "user", "content": "Hello"}]), "traceId": "ab" * 16}
    with run_collector(home) as collector:
        httpx.post(f"{collector.url}/v1/traces", json=export(*spans, plain), headers={"X-API-Key": key})
    events = landed_events(home)
    assert sorted(event["session_id"] for event in events if event["session_id_given"]) == ["s-0", "s-1"]
    assert sum(not event["session_id_given"] for event in events) == 1


def test_traces_outcomes_are_counted_and_calls_without_text_are_said_in_trouble(tmp_path: Path):
    home = tmp_path / "home"
    project_id, key = make_project(home)
    dropped = {**call(None), "droppedAttributesCount": 7}
    body = export(call(), dropped, call(None), span(http__method="GET"))
    with run_collector(home) as collector, httpx.Client(base_url=collector.url, headers={"X-API-Key": key}) as http:
        http.post("/v1/traces", json=body)
        page = http.get("/metrics").text
    for outcome, n_records in {"message": 1, "no_text": 2, "other": 1}.items():
        assert f'turret_collector_otlp_records_total{{outcome="{outcome}"}} {n_records}.0' in page
    assert "turret_collector_otlp_dropped_attributes_total 7.0" in page
    trouble = {one.kind: one.sentence for one in find_trouble(Home(home), {project_id: "Shop"}, NOW)}
    assert trouble.keys() == {WITHOUT_TEXT, LOST_ATTRIBUTES}
    assert trouble[WITHOUT_TEXT].startswith(f"2 of 3 model calls that test in shop sent to Shop ({project_id})")
    assert "dropped 7 attributes" in trouble[LOST_ATTRIBUTES]


def test_traces_kill_9_under_load_loses_no_acknowledged_message_and_doubles_none(tmp_path: Path):
    home = tmp_path / "home"
    _, key = make_project(home)
    acknowledged: list[str] = []

    def send_until_killed(sender: int) -> None:
        with httpx.Client(base_url=collector.url, headers={"X-API-Key": key}, timeout=30) as http:
            for number in range(10_000):
                texts = [f"Question {sender} {number} {part}" for part in range(5)]
                body = export(*(call([{"role": "user", "content": text}]) for text in texts))
                try:
                    answer = http.post("/v1/traces", json=body)
                except httpx.TransportError:
                    return
                assert answer.status_code == 200
                acknowledged.extend(texts)
                if len(acknowledged) > 300:
                    collector.kill()

    with run_collector(home, collector_segment_max_bytes=4096) as collector, ThreadPoolExecutor(4) as pool:
        list(pool.map(send_until_killed, range(4)))
    with run_collector(home):
        pass
    landed = Counter(prompts(home))
    assert [text for text in acknowledged if landed[text] != 1] == []
    assert max(landed.values()) == 1
