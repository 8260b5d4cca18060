#!/usr/bin/env bash
# A conversation of 70 messages loses its session id on the way through OpenInference and the OpenTelemetry SDK.
#
# Versions: openinference-instrumentation-openai 0.1.66, openai 2.54.0, opentelemetry-sdk 1.45.1.
# Expected: using_session("…") puts session.id on every span. A span holds 128 attributes by default; OpenTelemetry's
#   specification has the SDK discard the attribute that is one too many, so ids set first stay.
# Seen: the instrumentation writes two attributes a message, and the SDK makes room by dropping the oldest, which are
#   the model's name, session.id and user.id. The later calls of a long conversation belong to no session. The log says
#   once a span that the dictionary is full, but not what went.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check openinference-instrumentation-openai==0.1.66 \
  openai==2.54.0 opentelemetry-sdk==1.45.1 2>/dev/null
"$folder/venv/bin/python" - <<'PYTHON' 2>/dev/null | tee "$folder/seen"
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import openai
from openinference.instrumentation import using_session
from openinference.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

ANSWER = {
    "id": "1", "object": "chat.completion", "created": 1, "model": "small",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Yes."}}],
}


class Model(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(ANSWER).encode())

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = openai.OpenAI(api_key="key", base_url=f"http://127.0.0.1:{server.server_port}")
spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
OpenAIInstrumentor().instrument(tracer_provider=provider)
for n_messages in (10, 60, 70, 100):
    messages = [{"role": "user", "content": f"And number {number}?"} for number in range(n_messages)]
    with using_session("conversation-7"):
        client.chat.completions.create(model="small", messages=messages)
    span = spans.get_finished_spans()[-1]
    kept = sum(f"llm.input_messages.{number}.message.content" in span.attributes for number in range(n_messages))
    print(f"{n_messages} messages: session {span.attributes.get('session.id')}, texts kept: {kept}")
PYTHON
diff "$folder/seen" - <<'SEEN'
10 messages: session conversation-7, texts kept: 10
60 messages: session conversation-7, texts kept: 60
70 messages: session None, texts kept: 62
100 messages: session None, texts kept: 62
SEEN
