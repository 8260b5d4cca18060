"""The clients of docs/clients run as they stand there, on good days and on bad ones."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.collector.conftest import make_project
from tests.factories.collector_process import run_collector
from tests.factories.landed_segments import landed_events
from tests.factories.scripted_server import scripted_server

if TYPE_CHECKING:
    from tests.factories.scripted_server import Answer

DOCS = Path(__file__).parents[2] / "docs" / "clients"

PYTHON = """
import json, sys
from turret_client import Turret
url, key, n, options = sys.argv[1], sys.argv[2], int(sys.argv[3]), json.loads(sys.argv[4])
turret = Turret(url, key, batch=50, every_s=0.05, max_events=options.get("max", 10_000),
                timeout_s=options.get("timeout", 5.0))
refused = 0
for number in range(n):
    refused += not turret.track("m", {"number": number}, session_id="s", user_id="u")
if options.get("odd"):
    turret.track("m", {"bad": float("nan")})
    turret.track("m", {"bad": object()})
    turret.track(None, None)
if not options.get("just_end"):
    turret.close(options.get("close", 10.0))
print(json.dumps({"sent": turret.sent, "dropped": turret.dropped, "refused": refused}))
"""

JAVASCRIPT = """
import { Turret } from "./turret-client.mjs";
const [url, key, n, given] = process.argv.slice(2);
const options = JSON.parse(given);
const turret = new Turret(url, key, { batch: 50, everyMs: 50, maxEvents: options.max ?? 10_000,
                                      timeoutMs: 1000 * (options.timeout ?? 5) });
let refused = 0;
for (let number = 0; number < Number(n); number += 1) {
  refused += !turret.track("m", { number }, { sessionId: "s", userId: "u" });
}
if (options.odd) {
  const loop = {}; loop.loop = loop;
  turret.track("m", loop);
  turret.track("m", { big: 10n });
  turret.track(null, null);
}
if (!options.just_end) await turret.close(1000 * (options.close ?? 10));
console.log(JSON.stringify({ sent: turret.sent, dropped: turret.dropped, refused }));
"""


@pytest.fixture(
    params=[
        "python",
        pytest.param(
            "javascript", marks=pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed here")
        ),
    ]
)
def program(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """A program that sends events with the documented client; its arguments are url, key, number and options."""
    if request.param == "python":
        code = re.findall(r"```python\n(.*?)```", (DOCS / "python.md").read_text(), flags=re.DOTALL)[0]
        (tmp_path / "turret_client.py").write_text(code)
        (tmp_path / "main.py").write_text(PYTHON)
        return [sys.executable, str(tmp_path / "main.py")]
    code = re.findall(r"```js\n(.*?)```", (DOCS / "javascript.md").read_text(), flags=re.DOTALL)[0]
    (tmp_path / "turret-client.mjs").write_text(code)
    (tmp_path / "main.mjs").write_text(JAVASCRIPT)
    return ["node", str(tmp_path / "main.mjs")]


def run(program: list[str], url: str, key: str, n: int, **options: Any) -> dict[str, int]:
    """Run a program to its end; it must end well whatever happens to its events."""
    command = [*program, url, key, str(n), json.dumps(options)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    counts: dict[str, int] = json.loads(done.stdout)
    return counts


def taken(body: dict[str, Any]) -> Answer:
    results = [{"index": index, "success": True} for index in range(len(body["events"]))]
    return 200, {}, {"success": True, "accepted": len(results), "rejected": 0, "results": results}


def test_client_all_events_land_once(tmp_path: Path, program: list[str]):
    home = tmp_path / "home"
    project_id, key = make_project(home)
    with run_collector(home) as collector:
        counts = run(program, collector.url, key, 230)
    events = landed_events(home)
    assert counts == {"sent": 230, "dropped": 0, "refused": 0}
    assert Counter(event["metadata"]["number"] for event in events) == Counter(range(230))
    assert {(event["project_id"], event["session_id"], event["user_id"]) for event in events} == {
        (project_id, "s", "u")
    }
    assert all(event["occurred_at"] <= event["received_at"] for event in events)


def test_client_of_an_app_that_just_ends_still_sends(tmp_path: Path, program: list[str]):
    home = tmp_path / "home"
    _, key = make_project(home)
    with run_collector(home) as collector:
        run(program, collector.url, key, 20, just_end=True)
    assert len(landed_events(home)) == 20


def test_client_odd_values_and_refused_events_do_not_break_the_app(tmp_path: Path, program: list[str]):
    home = tmp_path / "home"
    _, key = make_project(home)
    with run_collector(home) as collector:
        assert run(program, collector.url, key, 3, odd=True) == {"sent": 3, "dropped": 3, "refused": 0}
        assert run(program, collector.url, "tk_wrong", 3) == {"sent": 0, "dropped": 3, "refused": 0}
    assert len(landed_events(home)) == 3


def test_client_collector_that_is_down_costs_events_but_no_time_and_no_error(program: list[str]):
    counts = run(program, "http://127.0.0.1:9", "tk_key", 120, close=1.0)
    assert counts["sent"] == 0


def test_client_full_queue_drops_and_counts(program: list[str]):
    counts = run(program, "http://127.0.0.1:9", "tk_key", 500, max=100, close=0.2)
    assert counts["refused"] >= 300
    assert counts["dropped"] >= counts["refused"]


@pytest.mark.parametrize("status", [503, 429, 0])
def test_client_refused_or_unanswered_batch_is_sent_again_with_the_same_ids(program: list[str], status: int):
    headers = {"Retry-After": "1"} if status else {}

    def script(number: int, body: dict[str, Any]) -> Answer:
        return (status, headers, {"success": False, "error": "later"}) if number == 0 else taken(body)

    with scripted_server(script) as server:
        counts = run(program, server.url, "tk_key", 30)
    ids = [[event["event_id"] for event in body["events"]] for _, _, body in server.requests]
    assert counts["sent"] == 30
    assert ids[0] == ids[1]
    assert [path for path, _, _ in server.requests] == ["/batch"] * len(ids)


def test_client_quota_that_resets_in_days_is_given_up(program: list[str]):
    refusal = {"success": False, "error": "used up", "code": "RATE_LIMIT_EXCEEDED", "retry_after": 86_400}
    with scripted_server(lambda _number, _body: (429, {"Retry-After": "86400"}, refusal)) as server:
        counts = run(program, server.url, "tk_key", 10)
    assert counts == {"sent": 0, "dropped": 10, "refused": 0}
    assert len(server.requests) == 1
