#!/usr/bin/env bash
# A datetime with a time zone in a Mixpanel event: the offset is dropped, and the clock's reading is kept.
#
# Version: mixpanel 5.4.1.
# Expected: one moment, given once in UTC and once in Tokyo's time, arrives as one moment: converted to UTC or with its
#   offset. Mixpanel takes date properties without an offset as UTC.
# Seen: both readings are written without an offset, so the same moment arrives nine hours apart. Nothing is logged.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mixpanel==5.4.1 2>/dev/null
"$folder/venv/bin/python" - <<'PYTHON' | tee "$folder/seen"
import json
from datetime import UTC, datetime, timedelta, timezone

from mixpanel import Mixpanel


class Kept:
    """A consumer, as Mixpanel's documentation describes: it gets each message as it would be sent."""

    def send(self, endpoint, message, *_):
        properties = json.loads(message)["properties"]
        print("sent:", {name: properties[name] for name in ("in_utc", "in_tokyo")})


moment = datetime(2026, 3, 1, 1, 0, tzinfo=UTC)
times = {"in_utc": moment, "in_tokyo": moment.astimezone(timezone(timedelta(hours=9)))}
print("given:", {name: time.isoformat() for name, time in times.items()})
print("equal:", times["in_utc"] == times["in_tokyo"])
Mixpanel("token", consumer=Kept()).track("ada", "asked", times)
PYTHON
diff "$folder/seen" - <<'SEEN'
given: {'in_utc': '2026-03-01T01:00:00+00:00', 'in_tokyo': '2026-03-01T10:00:00+09:00'}
equal: True
sent: {'in_utc': '2026-03-01T01:00:00', 'in_tokyo': '2026-03-01T10:00:00'}
SEEN
