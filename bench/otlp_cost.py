"""The collector's cost of a message as a span, and of the same message as an event of `/batch`, in one run.

    python bench/otlp_cost.py --rounds 5

CPU is user and system time of the server and its children, from /proc; rounds alternate. Spans have the attributes that
OpenTelemetry's own instrumentation writes, with a history of one system message, an earlier question and its answer.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from harness.installation import Installation
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from collector.http.exchange import PROTOBUF_TYPE
from collector.otlp import protobuf_reader
from collector.otlp.events import read_records

if TYPE_CHECKING:
    from harness.server_process import ServerProcess

N_SPANS = 512
"""As many as the SDK's exporter sends at once."""
MOST = 3.0
JSON_TYPE = "application/json"


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=60, help="requests a round, of 512 messages each")
    options = parser.parse_args()
    exported = spans().SerializeToString()
    events = read_records(protobuf_reader.read_spans(exported)).payloads
    bodies = {
        "/batch": [("/batch", JSON_TYPE, orjson.dumps({"events": events[:N_SPANS]}))],
        "/v1/traces": [("/v1/traces", PROTOBUF_TYPE.decode(), exported)],
    }
    costs: dict[str, list[float]] = {name: [] for name in bodies}
    with tempfile.TemporaryDirectory() as folder:
        installation = Installation.create(Path(folder) / "home")
        server = installation.start()
        try:
            server.wait_until_answering()
            for number in range(options.rounds + 1):
                for name, requests in bodies.items():
                    cost = _measure(server, installation.key, requests * options.requests)
                    if number:  # the first round warms up
                        costs[name].append(cost)
        finally:
            server.kill()
    ratios = [one / other for one, other in zip(costs["/v1/traces"], costs["/batch"], strict=True)]
    print("| route | CPU µs a message (range) |\n| --- | ---: |")
    for name, values in costs.items():
        print(f"| {name} | {statistics.median(values):.1f} ({min(values):.1f}-{max(values):.1f}) |")
    ratio = statistics.median(ratios)
    print(f"\nratio {ratio:.2f} ({min(ratios):.2f}-{max(ratios):.2f}), at most {MOST:g}: ", end="")
    print("met" if ratio <= MOST else "MISSED")


def _measure(server: ServerProcess, key: str, requests: list[tuple[str, str, bytes]]) -> float:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
    before = server.cpu_s()
    for path, kind, body in requests:
        connection.request("POST", path, body, {"X-API-Key": key, "Content-Type": kind})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:  # noqa: PLR2004  # OK
            raise SystemExit(f"{path} answered {answer.status}.")
    connection.close()
    return (server.cpu_s() - before) / (len(requests) * N_SPANS) * 1e6


def spans() -> ExportTraceServiceRequest:
    """Make a request of `N_SPANS` spans with ids of their own, each with a new message of a user."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    _put(group.resource, {"service.name": "shop"})
    scoped = group.scope_spans.add()
    scoped.scope.name = "opentelemetry.instrumentation.genai.openai"
    now = time.time_ns()
    for number in range(N_SPANS):
        span = scoped.spans.add(name="chat gpt-4o-mini", trace_id=os.urandom(16), span_id=os.urandom(8), kind=3)
        span.start_time_unix_nano, span.end_time_unix_nano = now, now + 800_000_000
        _put(span, _attributes(number))
    return request


def _attributes(number: int) -> dict[str, Any]:
    said = [
        ("system", "You help the customers of a shop for bicycles."),
        ("user", "How much is the team plan?"),
        ("assistant", "Twelve a month for each person, and the first month is free."),
        ("user", f"I ordered the blue shoes a week ago, order {number}, and they are still being packed. When?"),
    ]
    messages = [{"role": role, "parts": [{"type": "text", "content": text}]} for role, text in said]
    answer = {"role": "assistant", "parts": [{"type": "text", "content": "On Friday."}], "finish_reason": "stop"}
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "server.address": "127.0.0.1",
        "server.port": 443,
        "session.id": f"conversation-{number}",
        "user.id": f"user-{number}",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.response.model": "gpt-4o-mini",
        "gen_ai.response.id": f"chatcmpl-{number}",
        "gen_ai.usage.input_tokens": 21,
        "gen_ai.usage.output_tokens": 7,
        "gen_ai.input.messages": json.dumps(messages),
        "gen_ai.output.messages": json.dumps([answer]),
    }


def _put(holder: Any, attributes: dict[str, Any]) -> None:
    for key, value in attributes.items():
        held = holder.attributes.add(key=key).value
        if isinstance(value, list):
            for item in value:
                held.array_value.values.add(string_value=item)
        elif isinstance(value, int):
            held.int_value = value
        else:
            held.string_value = value


if __name__ == "__main__":
    main()
