#!/usr/bin/env bash
# Langfuse drops metadata of 199 or 200 characters, though it allows 200.
#
# Versions: langfuse 5.0.4, opentelemetry-sdk 1.45.2.
# Expected: propagate_attributes() puts metadata of at most 200 characters on the trace, as it does with a session id.
# Seen: the length is that of the value in JSON, so the quotes around it count, and each quote or line break in it
#   counts twice. A text of 100 quotes is too long. The value is dropped, with a warning that gives the other length.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check langfuse==5.0.4 opentelemetry-sdk==1.45.2 2>/dev/null
"$folder/venv/bin/python" - <<'PYTHON' 2>/dev/null | tee "$folder/seen"
from langfuse import Langfuse, propagate_attributes
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
client = Langfuse(
    public_key="pk-lf-1", secret_key="sk-lf-1", base_url="http://127.0.0.1:9", tracer_provider=provider
)
TEXTS = {"198 letters": "a" * 198, "199 letters": "a" * 199, "200 letters": "a" * 200, "100 quotes": '"' * 100}
for name, text in TEXTS.items():
    with propagate_attributes(session_id=text, metadata={"team": text}):
        with client.start_as_current_observation(name="turn", as_type="span"):
            pass
    kept = spans.get_finished_spans()[-1].attributes
    print(f"{name}: session id {'session.id' in kept}, metadata {'langfuse.trace.metadata.team' in kept}", flush=True)
PYTHON
diff "$folder/seen" - <<'SEEN'
198 letters: session id True, metadata True
199 letters: session id True, metadata False
200 letters: session id True, metadata False
100 quotes: session id True, metadata False
SEEN
