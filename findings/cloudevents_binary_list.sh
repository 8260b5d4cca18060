#!/usr/bin/env bash
# A CloudEvent whose JSON data is a list arrives as a string of Python code, if it is sent in HTTP's binary mode.
#
# Version: cloudevents 2.2.0.
# Expected: an event has the same data in binary and in structured mode, and a body of application/json is JSON.
# Seen: in binary mode, objects are written as JSON, but lists and booleans as Python writes them. The
#   content type still says application/json. The library's own reader returns the text instead of the list, without
#   an error; other readers refuse the body. Structured mode is right.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check cloudevents==2.2.0 2>/dev/null
"$folder/venv/bin/python" - <<'PYTHON' | tee "$folder/seen"
from cloudevents.core.bindings.http import from_binary, from_structured, to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

MODES = {"binary": (to_binary, from_binary), "structured": (to_structured, from_structured)}
ABOUT = {
    "id": "1", "source": "/chat", "type": "conversation", "specversion": "1.0", "datacontenttype": "application/json",
}
for data in ({"prompt": "hi", "rated": None}, [{"prompt": "hi", "rated": None}], True):
    for mode, (write, read) in MODES.items():
        message = write(CloudEvent(attributes=ABOUT, data=data), JSONFormat())
        arrived = read(message, JSONFormat(), CloudEvent).get_data()
        body = f", body {message.body.decode()}" if mode == "binary" else ""
        print(f"{data!r} in {mode} mode: {type(arrived).__name__} {arrived!r}{body}")
PYTHON
diff "$folder/seen" - <<'SEEN'
{'prompt': 'hi', 'rated': None} in binary mode: dict {'prompt': 'hi', 'rated': None}, body {"prompt": "hi", "rated": null}
{'prompt': 'hi', 'rated': None} in structured mode: dict {'prompt': 'hi', 'rated': None}
[{'prompt': 'hi', 'rated': None}] in binary mode: str "[{'prompt': 'hi', 'rated': None}]", body [{'prompt': 'hi', 'rated': None}]
[{'prompt': 'hi', 'rated': None}] in structured mode: list [{'prompt': 'hi', 'rated': None}]
True in binary mode: str 'True', body True
True in structured mode: bool True
SEEN
