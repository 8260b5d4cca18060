"""What OpenTelemetry's instrumentations of model calls send, measured with the libraries themselves.

    python bench/otlp_libraries.py                     # prints the table of docs/opentelemetry.md
    python bench/otlp_libraries.py --write             # also writes the table there, and the recordings of the tests
    python bench/otlp_libraries.py official langfuse   # only these

Each library is installed into a separate environment (needs uv and a package index), and an app that it instruments
(harness/instrumented_app.py) talks to a local model server (harness/model_server.py). The collector's own reader
reads what arrives at a local OTLP receiver, and the result is compared with what the app's users said.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import json
import os
import subprocess
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from harness import instrumented_app
from harness.model_server import serve_model
from harness.otlp_sink import otlp_sink
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from collector.otlp import protobuf_reader
from collector.otlp.events import read_records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.otlp_sink import SinkRequest

ROOT = Path(__file__).resolve().parents[1]
APP = ROOT / "bench" / "harness" / "instrumented_app.py"
NODE_APP = APP.with_suffix(".mjs")
RECORDED = ROOT / "tests" / "collector" / "otlp" / "recorded"
PAGE = ROOT / "docs" / "opentelemetry.md"
BEGIN, END = "<!-- made by bench/otlp_libraries.py -->\n", "<!-- end -->\n"
APP_TIMEOUT_S = 180
SDK = ("opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http")
CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
NOT_KEPT = ("process.", "host.", "os.", "code.", "service.instance.id", "exception.stacktrace", "exception.message")
"""Attributes that tell of the machine on which the recordings were made."""
SAID = (
    *(instrumented_app.FIRST, instrumented_app.SECOND, instrumented_app.TOOL_QUESTION),
    *(instrumented_app.RESPONSE_FIRST, instrumented_app.RESPONSE_SECOND),
    *(instrumented_app.STREAMED, instrumented_app.PARTS, instrumented_app.FAILING),
)
SAID_TO_AGENT = (instrumented_app.FIRST, instrumented_app.SECOND, instrumented_app.TOOL_QUESTION)
WORDS = {
    instrumented_app.PARTS: "a text beside a picture",
    instrumented_app.FAILING: "a call that fails",
    instrumented_app.STREAMED: "a streamed call",
    instrumented_app.TOOL_QUESTION: "a call with tools",
}


class Library(NamedTuple):
    """A library: what is installed, whose version is shown, how its content is turned on, what its users set."""

    package: str
    packages: Sequence[str]
    content_on: Mapping[str, str]
    content_off: Mapping[str, str]
    to_set: str
    said: Sequence[str] = SAID
    is_for_node: bool = False


LIBRARIES = {
    "official": Library(
        "opentelemetry-instrumentation-genai-openai",
        ["openai", *SDK, "opentelemetry-instrumentation-genai-openai"],
        {CAPTURE: "SPAN_AND_EVENT"},
        {},
        f"`{CAPTURE}=SPAN_ONLY`; `true` records nothing",
    ),
    "traceloop": Library(
        "opentelemetry-instrumentation-openai",
        ["openai", *SDK, "opentelemetry-instrumentation-openai"],
        {},
        {"TRACELOOP_TRACE_CONTENT": "false"},
        "nothing; `TRACELOOP_TRACE_CONTENT=false` turns texts off",
    ),
    "openinference": Library(
        "openinference-instrumentation-openai",
        ["openai", *SDK, "openinference-instrumentation-openai"],
        {},
        {"OPENINFERENCE_HIDE_INPUTS": "true"},
        "`OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT=4096`; `OPENINFERENCE_HIDE_INPUTS=true` turns texts off",
    ),
    "openlit": Library(
        "openlit",
        ["openai", "openlit"],
        {CAPTURE: "true"},
        {CAPTURE: "SPAN_ONLY"},
        f"`{CAPTURE}` left out, or `true`; any other value records nothing",
    ),
    "logfire": Library(
        "logfire",
        ["openai", "logfire"],
        {},
        {},
        "`send_to_logfire=False` and `OTEL_EXPORTER_OTLP_ENDPOINT`",
    ),
    "langfuse": Library(
        "langfuse",
        ["openai", "langfuse>=5"],
        {},
        {},
        "`LANGFUSE_HOST`, `LANGFUSE_SECRET_KEY` as Turret's key, any `LANGFUSE_PUBLIC_KEY`",
    ),
    "langfuse4": Library(
        "langfuse",
        ["openai", "langfuse>=4,<5"],
        {},
        {},
        "the same",
    ),
    "pydantic_ai": Library(
        "pydantic-ai-slim",
        ["pydantic-ai-slim[openai]", *SDK],
        {},
        {"INCLUDE_CONTENT": "false"},
        "`conversation_id=` or `session.id`; `include_content=False` turns texts off",
        SAID_TO_AGENT,
    ),
    "vercel": Library(
        "ai",
        [
            *("ai@6", "@ai-sdk/openai-compatible@2", "@opentelemetry/api@1", "@opentelemetry/sdk-trace-node@2"),
            "@opentelemetry/exporter-trace-otlp-proto",
        ],
        {},
        {"RECORD_INPUTS": "false"},
        "`experimental_telemetry: {isEnabled: true, metadata: {sessionId, userId}}`",
        is_for_node=True,
    ),
}


@dataclass
class Seen:
    """The result of one run of the app, as the collector reads it."""

    requests: Sequence[SinkRequest]
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)
    n_again: int = 0
    n_dropped: int = 0

    def __post_init__(self) -> None:
        for request in self.requests:
            reader = _reader(request.path)
            if reader is None:
                continue
            reading = read_records(reader(request.body))
            self.outcomes += reading.outcomes
            self.n_dropped += reading.n_dropped
            for payload in reading.payloads:
                self.n_again += payload["event_id"] in self.events
                known = self.events.get(payload["event_id"])
                if known is None or "session_id" not in known:
                    self.events[payload["event_id"]] = payload

    @property
    def texts(self) -> Counter[str]:
        """The messages of users, and how often each counts."""
        return Counter(event["metadata"]["prompt"] for event in self.events.values())

    def share_with(self, name: str) -> float:
        """Return the share of events that have a field."""
        return sum(name in event for event in self.events.values()) / max(1, len(self.events))


def main() -> None:
    """Run the libraries that were asked for, and print their table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("libraries", nargs="*", metavar="LIBRARY", help=f"of {', '.join(LIBRARIES)}; all if left out")
    parser.add_argument("--write", action="store_true", help="write the table and the recordings")
    parser.add_argument("--environments", type=Path, help="where environments are kept from run to run")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        environments = options.environments or Path(folder)
        for name in options.libraries or LIBRARIES:
            install = _install_for_node if LIBRARIES[name].is_for_node else _install
            program = install(environments / name, LIBRARIES[name].packages)
            rows.append(_try_library(name, program, is_written=options.write))
    table = "\n".join([_line(HEADER), _line(["---"] * len(HEADER)), *map(_line, rows)]) + "\n"
    print(table)
    if options.write and not options.libraries:
        before, _, rest = PAGE.read_text().partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n{table}\n{END}{rest.partition(END)[2]}")


HEADER = ["library", "version", "texts of users that arrive", "sent as", "conversation and user", "texts off", "set"]


def _try_library(name: str, python: Path, *, is_written: bool) -> list[str]:
    library = LIBRARIES[name]
    on = _run(name, "conversations", python, library.content_on)
    off = _run(name, "content_off", python, library.content_off) if library.content_off or name == "official" else None
    long = _run(name, "long", python, library.content_on) if name not in {"pydantic_ai", "vercel"} else None
    version = _version(python, library.package)
    if is_written:
        RECORDED.mkdir(parents=True, exist_ok=True)
        for case, seen in (("conversations", on), ("content_off", off), ("long", long)):
            if seen is not None and (case != "long" or seen.n_dropped):
                _write(RECORDED / f"{name}-{case}.json", library, version, seen)
    return [
        f"{library.package}{' (npm)' if library.is_for_node else ''}",
        version,
        _arrived(library, on),
        _signals(on),
        _identity(on, long),
        "cannot be" if off is None else "counted and reported" if off.outcomes["no_text"] else "?",
        library.to_set,
    ]


def _arrived(library: Library, seen: Seen) -> str:
    missing = [WORDS.get(text, text) for text in library.said if text not in seen.texts]
    twice = [text for text, n in seen.texts.items() if n > 1]
    words = f"{len(library.said) - len(missing)} of {len(library.said)}"
    words += f"; not {', '.join(missing)}" if missing else ""
    return words + (f"; twice: {', '.join(twice)}" if twice else "")


def _signals(seen: Seen) -> str:
    paths = Counter("log events" if request.path.endswith("/logs") else "spans" for request in seen.requests)
    again = f", {seen.n_again} texts again" if seen.n_again else ""
    return " and ".join(sorted(paths, reverse=True)) + again


def _identity(seen: Seen, long: Seen | None) -> str:
    shares = [f"{name.removesuffix('_id')} {seen.share_with(name):.0%}" for name in ("session_id", "user_id")]
    lost = long is not None and long.n_dropped and not long.share_with("session_id")
    return ", ".join(shares) + (f"; lost beyond 128 attributes ({long.n_dropped} dropped)" if lost and long else "")


def _run(name: str, case: str, python: Path, content: Mapping[str, str]) -> Seen:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "LANGFUSE_", "TRACELOOP_"))}
    with serve_model() as model_url, otlp_sink() as sink, tempfile.TemporaryDirectory() as folder:
        environment = {**kept, **content, "MODEL_URL": model_url, "OTLP_URL": sink.url, "PYTHONPATH": ""}
        command = [
            "node" if python.suffix == ".mjs" else python,
            APP if python.suffix != ".mjs" else python,
            name,
            case,
        ]
        done = subprocess.run(
            command, env=environment, cwd=folder, capture_output=True, text=True, timeout=APP_TIMEOUT_S, check=False
        )
        if done.returncode:
            raise SystemExit(f"The app of {name} failed:\n{done.stderr}")
        return Seen([request for request in sink.requests if _reader(request.path)])


def _reader(path: str) -> Any:
    if path.endswith("/v1/traces"):
        return protobuf_reader.read_spans
    return protobuf_reader.read_logs if path.endswith("/v1/logs") else None


def _install(folder: Path, packages: Sequence[str]) -> Path:
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run(["uv", "venv", "--quiet", folder], check=True)
        subprocess.run(["uv", "pip", "install", "--quiet", "--python", python, *packages], check=True)
    return python


def _install_for_node(folder: Path, packages: Sequence[str]) -> Path:
    """Return the app beside its packages, where Node looks for them."""
    app = folder / NODE_APP.name
    if not (folder / "node_modules").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text("{}")
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", *packages]
        subprocess.run(install, cwd=folder, check=True)
    app.write_text(NODE_APP.read_text())
    return app


def _version(python: Path, package: str) -> str:
    if python.suffix == ".mjs":
        return str(json.loads((python.parent / "node_modules" / package / "package.json").read_text())["version"])
    code = f"from importlib.metadata import version; print(version({package!r}))"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def _write(path: Path, library: Library, version: str, seen: Seen) -> None:
    requests = [
        {
            "path": request.path,
            "content_type": request.content_type,
            "gzip_base64": base64.b64encode(gzip.compress(_kept(request), mtime=0)).decode(),
        }
        for request in seen.requests
    ]
    document = {"package": library.package, "version": version, "requests": requests}
    path.write_text(json.dumps(document, indent=1) + "\n")


def _kept(request: SinkRequest) -> bytes:
    """Return a request without what tells of the machine."""
    is_logs = request.path.endswith("/logs")
    message = (ExportLogsServiceRequest if is_logs else ExportTraceServiceRequest).FromString(request.body)
    for group in message.resource_logs if is_logs else message.resource_spans:
        _strip(group.resource.attributes)
        for scoped in group.scope_logs if is_logs else group.scope_spans:
            for record in scoped.log_records if is_logs else scoped.spans:
                _strip(record.attributes)
                for event in () if is_logs else record.events:
                    _strip(event.attributes)
    return bytes(message.SerializeToString())


def _strip(attributes: Any) -> None:
    for at in reversed(range(len(attributes))):
        if attributes[at].key.startswith(NOT_KEPT):
            del attributes[at]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
