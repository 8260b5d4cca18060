#!/usr/bin/env bash
# Standard Webhooks signs another moment than the one it is given, unless that is in UTC.
#
# Version: standardwebhooks 1.1.0.
# Expected: sign() takes a datetime with a zone, and verify() accepts the signature beside the seconds since 1970 of the
#   same datetime.
# Seen: sign() replaces the zone by UTC instead of converting to it. One moment has as many signatures as zones, and
#   the library's own verify() accepts none but that in UTC. It says that no signature matches, not that the time does.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check standardwebhooks==1.1.0 2>/dev/null
"$folder/venv/bin/python" - <<'PYTHON' | tee "$folder/seen"
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook("whsec_" + "c2VjcmV0" * 4)
body = '{"topic": "Refunds"}'
now = datetime.now(UTC)
for zone in ("UTC", "Europe/Berlin", "Asia/Tokyo"):
    moment = now.astimezone(ZoneInfo(zone))
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": webhook.sign("msg_1", moment, body),
    }
    try:
        said = webhook.verify(body, headers)
    except WebhookVerificationError as error:
        said = error
    print(f"{zone}, the same moment: {moment == now}: {said}")
PYTHON
diff "$folder/seen" - <<'SEEN'
UTC, the same moment: True: {'topic': 'Refunds'}
Europe/Berlin, the same moment: True: No matching signature found
Asia/Tokyo, the same moment: True: No matching signature found
SEEN
