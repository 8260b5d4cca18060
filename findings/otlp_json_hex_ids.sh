#!/usr/bin/env bash
# OTLP in JSON, read by protobuf's own JSON parser: ids come out with the wrong bytes, and nothing says so.
#
# Versions: opentelemetry-proto 1.38.0, protobuf 6.33.6.
# Expected: OTLP/JSON writes traceId and spanId in hexadecimal (32 and 16 digits), so the parsed message holds 16 and 8
#   bytes, as the same span sent as protobuf does; or the parser refuses the text.
# Seen: json_format takes hexadecimal digits for base64, as the JSON mapping of `bytes` prescribes. All digits are
#   valid base64, so the ids have 24 and 12 bytes and no error is raised. Writing the message back gives the
#   original text, so a round trip does not notice.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check opentelemetry-proto==1.38.0 protobuf==6.33.6 2>/dev/null
"$folder/venv/bin/python" - <<'PYTHON' | tee "$folder/seen"
import json

from google.protobuf import json_format
from opentelemetry.proto.trace.v1.trace_pb2 import Span

written = {"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": "chat"}
span = json_format.Parse(json.dumps(written), Span())
print("trace id:", len(span.trace_id), "bytes, expected 16")
print("span id:", len(span.span_id), "bytes, expected 8")
print("written back unchanged:", json_format.MessageToDict(span) == written)
PYTHON
diff "$folder/seen" - <<'SEEN'
trace id: 24 bytes, expected 16
span id: 12 bytes, expected 8
written back unchanged: True
SEEN
