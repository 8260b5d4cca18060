#!/usr/bin/env bash
# Spans sent to an address that redirects, or refused in the answer: OpenTelemetry's Python exporter reports success.
#
# Versions: opentelemetry-exporter-otlp-proto-http 1.45.1, opentelemetry-sdk 1.45.1.
# Expected: behind a proxy that sends http to https the exporter follows the redirect or reports a failure, as it does
#   for a 404. An answer that says how many spans were rejected is logged, which the protocol asks of clients.
# Seen: for 301, 302, 307 and 308 the exporter neither follows nor complains: SUCCESS, no log line, nothing arrives. An
#   answer of 200 that rejects every span is SUCCESS as well, and its message is never shown.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check opentelemetry-exporter-otlp-proto-http==1.45.1 \
  opentelemetry-sdk==1.45.1 2>/dev/null
"$folder/venv/bin/python" - <<'PYTHON' 2>/dev/null | tee "$folder/seen"
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

REJECTED = ExportTraceServiceResponse()
REJECTED.partial_success.rejected_spans = 1
REJECTED.partial_success.error_message = "gen_ai.input.messages is too long"
ANSWERS = {"accept": (200, b""), "reject": (200, REJECTED.SerializeToString())}
ended_at, logged = [], []


class Server(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        path = self.path.strip("/")
        status, body = ANSWERS.get(path) or (int(path), b"")
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", f"{address}/accept")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        ended_at.append(path)

    def log_message(self, *_):
        pass


class Log(logging.Handler):
    def emit(self, record):
        logged.append(record.levelname)


logging.getLogger().addHandler(Log())
server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}"
spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
provider.get_tracer("app").start_span("chat").end()
for path in ("accept", "404", "301", "302", "307", "308", "reject"):
    ended_at.clear()
    logged.clear()
    result = OTLPSpanExporter(endpoint=f"{address}/{path}").export(spans.get_finished_spans())
    print(f"{path}: {result.name}, requests: {ended_at}, logged: {logged}")
PYTHON
diff "$folder/seen" - <<'SEEN'
accept: SUCCESS, requests: ['accept'], logged: []
404: FAILURE, requests: ['404'], logged: ['ERROR']
301: SUCCESS, requests: ['301'], logged: []
302: SUCCESS, requests: ['302'], logged: []
307: SUCCESS, requests: ['307'], logged: []
308: SUCCESS, requests: ['308'], logged: []
reject: SUCCESS, requests: ['reject'], logged: []
SEEN
