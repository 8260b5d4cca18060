#!/usr/bin/env bash
# One inline image anywhere in a conversation: Traceloop's span has none of the conversation's texts.
#
# Versions: opentelemetry-instrumentation-openai 0.62.4, openai 2.54.0, opentelemetry-sdk 1.45.1.
# Expected: a span of a call with an image as a `data:` URL has the texts of all messages, and the image as a part, as
#   data or as a reference; at worst the image is left out.
# Seen: gen_ai.input.messages is missing as a whole, so the question, the answers before it and the system prompt are
#   lost for every later call that sends the image along with its history. The same image by https address is kept.
#   Nothing is logged above DEBUG: the default of `upload_base64_image` is a plain function and its result is awaited;
#   the TypeError is caught. OpenAIInstrumentor(upload_base64_image=None) brings texts and image back.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check opentelemetry-instrumentation-openai==0.62.4 \
  openai==2.54.0 opentelemetry-sdk==1.45.1 2>/dev/null
cat >"$folder/probe.py" <<'PYTHON'
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import openai
from opentelemetry.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

INLINE = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="
ANSWER = {
    "id": "1", "object": "chat.completion", "created": 1, "model": "small",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "A receipt."}}],
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
IMAGES = {"none": None, "by address": "https://shop.example/receipt.gif", "inline": INLINE}
image = IMAGES[sys.argv[1]]
OpenAIInstrumentor(**dict.fromkeys(sys.argv[2:])).instrument(tracer_provider=provider)
question = [{"type": "text", "text": "What is this?"}]
question += [{"type": "image_url", "image_url": {"url": image}}] if image else []
history = [{"role": "user", "content": question}, {"role": "assistant", "content": "A receipt."}]
client.chat.completions.create(model="small", messages=[*history, {"role": "user", "content": "Of which shop?"}])
(span,) = spans.get_finished_spans()
recorded = json.loads(span.attributes.get("gen_ai.input.messages", "[]"))
parts = [part for message in recorded for part in message["parts"]]
print("image:", *sys.argv[1:], [part["content"] if part["type"] == "text" else part["type"] for part in parts])
PYTHON
{
  "$folder/venv/bin/python" "$folder/probe.py" none
  "$folder/venv/bin/python" "$folder/probe.py" "by address"
  "$folder/venv/bin/python" "$folder/probe.py" inline
  "$folder/venv/bin/python" "$folder/probe.py" inline upload_base64_image
} | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
image: none ['What is this?', 'A receipt.', 'Of which shop?']
image: by address ['What is this?', 'uri', 'A receipt.', 'Of which shop?']
image: inline []
image: inline upload_base64_image ['What is this?', 'blob', 'A receipt.', 'Of which shop?']
SEEN
