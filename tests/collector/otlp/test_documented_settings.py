"""What docs/opentelemetry.md shows works, with the SDK and exporter themselves where they are installed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.collector.conftest import make_project
from tests.factories.collector_process import run_collector
from tests.factories.landed_segments import landed_events

if TYPE_CHECKING:
    from tests.collector.conftest import Client

PAGE = (Path(__file__).parents[3] / "docs" / "opentelemetry.md").read_text()
APP = """
from opentelemetry import baggage, context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
{processor}
provider = TracerProvider()
provider.add_span_processor(SessionAndUser())
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
context.attach(baggage.set_baggage("user.id", "ada", baggage.set_baggage("session.id", "s-7")))
with provider.get_tracer("app").start_as_current_span("chat") as span:
    span.set_attribute("gen_ai.operation.name", "chat")
    span.set_attribute("gen_ai.input.messages", '[{{"role": "user", "parts": [{{"type": "text", "content": "Hi"}}]}}]')
provider.shutdown()
"""


def shell_blocks() -> list[str]:
    return re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL)


def exported(block: str, key: str, url: str) -> dict[str, str]:
    """Run a block in a shell; return what it exports."""
    script = block.replace("http://127.0.0.1:8000", url) + "\nenv -0"
    done = subprocess.run(
        ["sh", "-c", script], env={"TURRET_KEY": key}, capture_output=True, text=True, check=True, timeout=60
    )
    return dict(line.split("=", 1) for line in done.stdout.split("\0") if "=" in line)


def test_documented_exporter_settings_reach_the_collector(client: Client):
    url = str(client.http.base_url).rstrip("/")
    settings = exported(shell_blocks()[0], client.key, url)
    name, _, key = settings["OTEL_EXPORTER_OTLP_HEADERS"].partition("=")
    answer = client.http.post(f"{settings['OTEL_EXPORTER_OTLP_ENDPOINT']}/v1/traces", json={}, headers={name: key})
    assert answer.status_code == 200
    langfuse = exported(shell_blocks()[1], client.key, url)
    pair = (langfuse["LANGFUSE_PUBLIC_KEY"], langfuse["LANGFUSE_SECRET_KEY"])
    path = f"{langfuse['LANGFUSE_HOST']}/api/public/otel/v1/traces"
    assert client.http.post(path, json={}, auth=pair).status_code == 200


def test_documented_span_processor_gives_session_and_user(tmp_path: Path):
    pytest.importorskip("opentelemetry.sdk.trace", reason="opentelemetry-sdk is not installed here")
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="its HTTP exporter is not installed here")
    home = tmp_path / "home"
    _, key = make_project(home)
    (processor,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    with run_collector(home) as collector:
        settings = exported(shell_blocks()[0], key, collector.url)
        app = [sys.executable, "-c", APP.format(processor=processor)]
        subprocess.run(app, env=settings, check=True, timeout=60)
    (event,) = landed_events(home)
    assert (event["session_id"], event["user_id"], event["metadata"]["prompt"]) == ("s-7", "ada", "Hi")
