#!/usr/bin/env bash
# Messages given as an iterator: with Traceloop's instrumentation switched on, the model gets an empty conversation.
#
# Versions: opentelemetry-instrumentation-openai 0.62.4, openai 2.54.0, opentelemetry-sdk 1.45.1.
# Expected: openai takes any Iterable of messages, so a generator that trims or filters a history works, and tracing the
#   call changes nothing about it.
# Seen: without the instrumentation both messages reach the server. With it the span shows both and the server receives
#   `"messages": []`: the instrumentation reads the iterator to its end before it calls the model. The answer
#   comes back as usual and nothing is logged, so the trace looks right while the model has seen nothing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check opentelemetry-instrumentation-openai==0.62.4 \
  openai==2.54.0 opentelemetry-sdk==1.45.1 2>/dev/null
"$folder/venv/bin/python" - <<'PYTHON' | tee "$folder/seen"
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import openai
from opentelemetry.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

HISTORY = [{"role": "user", "content": "My order is late."}, {"role": "user", "content": "Where is it?"}]
ANSWER = {
    "id": "1", "object": "chat.completion", "created": 1, "model": "small",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "On its way."}}],
}
received = []


class Model(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        received.append([message["content"] for message in body["messages"]])
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(ANSWER).encode())

    def log_message(self, *_):
        pass


def ask():
    client.chat.completions.create(model="small", messages=(message for message in HISTORY))
    return received.pop()


server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = openai.OpenAI(api_key="key", base_url=f"http://127.0.0.1:{server.server_port}")
print("the model receives, untraced:", ask())
spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
OpenAIInstrumentor().instrument(tracer_provider=provider)
print("the model receives, traced:", ask())
(span,) = spans.get_finished_spans()
shown = json.loads(span.attributes["gen_ai.input.messages"])
print("the span shows:", [message["parts"][0]["content"] for message in shown])
PYTHON
diff "$folder/seen" - <<'SEEN'
the model receives, untraced: ['My order is late.', 'Where is it?']
the model receives, traced: []
the span shows: ['My order is late.', 'Where is it?']
SEEN
