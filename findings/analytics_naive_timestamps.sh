#!/usr/bin/env bash
# An event's naive timestamp: the analytics SDKs guess its time zone for each event, from how old it looks.
#
# Versions: segment-analytics-python 2.4.0, rudder-sdk-python 2.1.9, posthog 7.91.1.
# Expected: `timestamp=` without a time zone has one meaning, local time or UTC, whichever it is; or it is refused.
# Seen: all three take it as local time while it is less than five seconds old by the local clock, and as UTC
#   otherwise. In Tokyo an event that waited ten seconds for its call arrives nine hours in the future. For Segment and
#   RudderStack a time ahead of the local clock is local too, so what utcnow() gives in New York is taken as local and
#   lands hours late. PostHog gets that one right. Nothing is logged.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check segment-analytics-python==2.4.0 \
  rudder-sdk-python==2.1.9 posthog==7.91.1 2>/dev/null
cat >"$folder/probe.py" <<'PYTHON'
import gzip
import json
import os
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import posthog
import rudderstack.analytics.client as rudderstack
import segment.analytics.client as segment

arrived = {}


class Server(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        body = gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body
        for event in json.loads(body)["batch"]:
            arrived[event["event"]] = datetime.fromisoformat(event["timestamp"])
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}"
by_segment = segment.Client("key", host=address, max_retries=0)
by_rudderstack = rudderstack.Client("key", host=address, max_retries=0)
by_posthog = posthog.Posthog("key", host=address)
now = datetime.now(UTC)
local = datetime.now()
times = {
    "local time, now": (local, now),
    "local time, 10 s ago": (local - timedelta(seconds=10), now - timedelta(seconds=10)),
    "utcnow()": (now.replace(tzinfo=None), now),
}
for name, (naive, _) in times.items():
    by_segment.track("ada", f"segment, {name}", timestamp=naive)
    by_rudderstack.track("ada", f"rudderstack, {name}", timestamp=naive)
    by_posthog.capture(f"posthog, {name}", distinct_id="ada", timestamp=naive)
for client in (by_segment, by_rudderstack, by_posthog):
    client.flush()
    client.join()
for sdk in ("segment", "rudderstack", "posthog"):
    for name, (_, true) in times.items():
        late = round((arrived[f"{sdk}, {name}"] - true) / timedelta(hours=1))
        print(f"{os.environ['TZ']}: {sdk}, {name}:", f"{late:+d} h" if late else "right")
PYTHON
# January's offsets all year, without summer time.
for zone in EST+5 JST-9; do
  TZ=$zone "$folder/venv/bin/python" "$folder/probe.py"
done | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
EST+5: segment, local time, now: right
EST+5: segment, local time, 10 s ago: -5 h
EST+5: segment, utcnow(): +5 h
EST+5: rudderstack, local time, now: right
EST+5: rudderstack, local time, 10 s ago: -5 h
EST+5: rudderstack, utcnow(): +5 h
EST+5: posthog, local time, now: right
EST+5: posthog, local time, 10 s ago: -5 h
EST+5: posthog, utcnow(): right
JST-9: segment, local time, now: right
JST-9: segment, local time, 10 s ago: +9 h
JST-9: segment, utcnow(): right
JST-9: rudderstack, local time, now: right
JST-9: rudderstack, local time, 10 s ago: +9 h
JST-9: rudderstack, utcnow(): right
JST-9: posthog, local time, now: right
JST-9: posthog, local time, 10 s ago: +9 h
JST-9: posthog, utcnow(): right
SEEN
