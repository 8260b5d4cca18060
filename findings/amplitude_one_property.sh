#!/usr/bin/env bash
# One property that Amplitude's SDK cannot send takes all the other properties of its event with it.
#
# Version: amplitude-analytics 1.3.0.
# Expected: a value that JSON has no form for, such as a datetime, is left out or refused with an error; the other
#   properties of the event, among them what the user said, arrive. So it is for None, which is left out.
# Seen: the event arrives without any properties. One value that is a datetime, a tuple, a NumPy number or a list with
#   None in it, and the SDK drops the whole dictionary; track() returns as always and nothing is logged. A text that
#   does arrive is cut to 1,024 characters, as silently.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check amplitude-analytics==1.3.0 numpy==2.4.6 2>/dev/null
"$folder/venv/bin/python" - <<'PYTHON' | tee "$folder/seen"
import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
from amplitude import Amplitude, BaseEvent

arrived = {}


class Server(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        arrived.update((event["event_type"], event.get("event_properties", {})) for event in json.loads(body)["events"])
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"code": 200}')

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = Amplitude("key")
client.configuration.server_url = f"http://127.0.0.1:{server.server_port}"
values = {
    "a number": 3,
    "None": None,
    "a datetime": datetime(2026, 1, 1, tzinfo=UTC),
    "a tuple": ("a", "b"),
    "a NumPy number": np.int64(3),
    "a list with None": ["a", None],
}
for name, value in values.items():
    client.track(BaseEvent(name, user_id="ada-l", event_properties={"prompt": "Where is my refund?", "extra": value}))
client.track(BaseEvent("a long text", user_id="ada-l", event_properties={"prompt": "x" * 3000}))
for written in client.flush():
    if written is not None:
        written.result(10)
for name in values:
    print(f"beside {name}: {arrived[name].get('prompt', 'lost')}")
print("of 3000 characters:", len(arrived["a long text"]["prompt"]))
PYTHON
diff "$folder/seen" - <<'SEEN'
beside a number: Where is my refund?
beside None: Where is my refund?
beside a datetime: lost
beside a tuple: lost
beside a NumPy number: lost
beside a list with None: lost
of 3000 characters: 1024
SEEN
