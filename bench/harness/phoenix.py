"""arize-phoenix from the package index, as a peer that receives texts as OTLP spans."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import TYPE_CHECKING

from harness.http_load import Request
from harness.server_process import ServerProcess, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUIET_S = 5.0
STORE_TIMEOUT_S = 240.0
_TRACE_ID, _SPAN_ID = b"TRACE-ID-MARK-16", b"SPANMARK"
_COUNT = json.dumps({"query": "{ projects { edges { node { recordCount } } } }"})
_MAKE_SPAN = """
import sys
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
request = ExportTraceServiceRequest()
span = request.resource_spans.add().scope_spans.add().spans.add()
span.trace_id, span.span_id, span.name = sys.argv[2].encode(), sys.argv[3].encode(), "message"
span.start_time_unix_nano, span.end_time_unix_nano = 1767225600_000000000, 1767225600_820000000
for key, value in (("input.value", sys.argv[1]), ("session.id", "chat-5f2a90c1"), ("user.id", "user-000731")):
    span.attributes.add(key=key).value.string_value = value
sys.stdout.buffer.write(request.SerializeToString())
"""


@dataclass
class Phoenix:
    """A running Phoenix on a SQLite database of its own."""

    server: ServerProcess
    python: Path
    database: Path

    def span_request(self, text: str) -> Request:
        """Return a request with one span that holds `text`; each sending gets ids of its own."""
        command = [str(self.python), "-c", _MAKE_SPAN, text, _TRACE_ID.decode(), _SPAN_ID.decode()]
        body = subprocess.run(command, capture_output=True, check=True).stdout
        places = (body.index(_TRACE_ID), body.index(_SPAN_ID))
        return Request(body, "/v1/traces", content_type="application/x-protobuf", random_at=places)

    def n_stored(self) -> int:
        """Count the spans in its database."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30)) as connection:
            return int(connection.execute("select count(*) from spans").fetchone()[0])

    def n_told(self) -> int:
        """Ask its own API how many spans it holds."""
        connection = HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        connection.request("POST", "/graphql", _COUNT, {"Content-Type": "application/json"})
        projects = json.loads(connection.getresponse().read())["data"]["projects"]["edges"]
        connection.close()
        return sum(int(edge["node"]["recordCount"]) for edge in projects)

    def wait_until_stored(self) -> float:
        """Wait until no more spans arrive in the database; return the seconds it took, quiet time left out."""
        began = changed = time.monotonic()
        n_spans = self.n_stored()
        while time.monotonic() - changed < QUIET_S and time.monotonic() - began < STORE_TIMEOUT_S:
            time.sleep(0.25)
            if (n_now := self.n_stored()) != n_spans:
                n_spans, changed = n_now, time.monotonic()
        return changed - began


@contextmanager
def start_phoenix(python: Path, folder: Path) -> Iterator[Phoenix]:
    """Start Phoenix with the Python of its venv; everything it writes goes to `folder`."""
    port = free_port()
    working = folder / "phoenix"
    working.mkdir()
    environment = {
        **os.environ,
        "PHOENIX_WORKING_DIR": str(working),
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": str(port),
        "PHOENIX_GRPC_PORT": str(free_port()),
        "PHOENIX_TELEMETRY_ENABLED": "false",
    }
    command = [str(python), "-m", "phoenix.server.main", "serve"]
    server = ServerProcess.start(command, port, environment, folder / "phoenix.log")
    try:
        server.wait_until_answering()
        yield Phoenix(server, python, working / "phoenix.db")
    finally:
        server.kill()
