"""Segment's and RudderStack's libraries send to Turret by another host alone: their own code, where it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.collector.conftest import make_project
from tests.factories.collector_process import run_collector
from tests.factories.landed_segments import landed_events

if TYPE_CHECKING:
    from pathlib import Path

    from tests.collector.conftest import Client

SEGMENT = """
import sys, segment.analytics as analytics
analytics.host, analytics.write_key, analytics.gzip = sys.argv[1], sys.argv[2], True
analytics.on_error = lambda error, items: sys.exit(str(error))
"""
RUDDER = """
import sys, rudderstack.analytics as analytics
analytics.dataPlaneUrl, analytics.write_key = sys.argv[1], sys.argv[2]
analytics.on_error = lambda error, items: sys.exit(str(error))
"""
CALLS = """
analytics.track("ada", "message", {"prompt": "Where is my parcel?", "session_id": "s-1", "plan": "pro"})
analytics.track(anonymous_id="visitor", event="message", properties={"prompt": "Who are you?"})
analytics.page("ada", "Docs", "Start", {"path": "/start"})
analytics.identify("ada", {"plan": "pro"})
analytics.group("ada", "company", {"size": 7})
analytics.alias("visitor", "ada")
analytics.shutdown()
"""
NODE = """
import { createRequire } from "node:module";
const { Analytics } = createRequire(process.env.NODE_PACKAGES + "/")("@segment/analytics-node");
const analytics = new Analytics({ host: process.argv[2], writeKey: process.argv[3] });
CALLS
await analytics.closeAndFlush();
"""
RUDDER_NODE = """
import { createRequire } from "node:module";
const Analytics = createRequire(process.env.NODE_PACKAGES + "/")("@rudderstack/rudder-sdk-node");
const analytics = new Analytics(process.argv[3], { dataPlaneUrl: process.argv[2] });
CALLS
analytics.flush((error) => process.exit(error ? 1 : 0));
"""
NODE_CALLS = """
const properties = { prompt: "Where is my parcel?", session_id: "s-1", plan: "pro" };
analytics.track({ userId: "ada", event: "message", properties });
analytics.track({ anonymousId: "visitor", event: "message", properties: { prompt: "Who are you?" } });
analytics.page({ userId: "ada", category: "Docs", name: "Start", properties: { path: "/start" } });
analytics.identify({ userId: "ada", traits: { plan: "pro" } });
analytics.group({ userId: "ada", groupId: "company", traits: { size: 7 } });
analytics.alias({ userId: "ada", previousId: "visitor" });
"""
NODE_PACKAGES = ("@segment/analytics-node@3", "@rudderstack/rudder-sdk-node@3")


@pytest.fixture(scope="session")
def node_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which npm has put the libraries."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node and npm are not installed here")
    folder = tmp_path_factory.mktemp("node")
    (folder / "package.json").write_text("{}")
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", *NODE_PACKAGES]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=180, check=False)
    if done.returncode:
        pytest.skip(f"npm could not get {', '.join(NODE_PACKAGES)}: {done.stderr.strip().splitlines()[:1]}")
    return folder


@pytest.fixture(params=["segment", "rudder", "node", "rudder-node"])
def program(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[list[str], dict[str, str]]:
    """A program that makes all kinds of calls with one of the libraries; its arguments are host and key."""
    if request.param in {"node", "rudder-node"}:
        packages = request.getfixturevalue("node_packages")
        script = NODE if request.param == "node" else RUDDER_NODE
        (tmp_path / "main.mjs").write_text(script.replace("CALLS", NODE_CALLS))
        return ["node", str(tmp_path / "main.mjs")], {"NODE_PACKAGES": str(packages)}
    module = {"segment": "segment.analytics", "rudder": "rudderstack.analytics"}[request.param]
    pytest.importorskip(module, reason=f"{module} is not installed here")
    (tmp_path / "main.py").write_text({"segment": SEGMENT, "rudder": RUDDER}[request.param] + CALLS)
    return [sys.executable, str(tmp_path / "main.py")], {}


def test_libraries_events_land_and_calls_about_people_are_taken_without(
    tmp_path: Path, program: tuple[list[str], dict[str, str]]
):
    home = tmp_path / "home"
    project_id, key = make_project(home)
    command, environment = program
    with run_collector(home) as collector:
        done = subprocess.run(
            [*command, collector.url, key],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
    events = {event["metadata"].get("prompt", event["name"]): event for event in landed_events(home)}
    assert events.keys() == {"Where is my parcel?", "Who are you?", "page"}
    parcel = events["Where is my parcel?"]
    assert (parcel["project_id"], parcel["name"]) == (project_id, "message")
    assert (parcel["session_id"], parcel["user_id"]) == ("s-1", "ada")
    assert parcel["metadata"] == {"prompt": "Where is my parcel?", "plan": "pro"}
    assert events["Who are you?"]["user_id"] == "visitor"
    assert events["page"]["metadata"] == {"path": "/start", "name": "Start", "category": "Docs"}


def post(client: Client, path: str, body: object, key: str | None = None) -> httpx.Response:
    return client.http.post(path, json=body, auth=(key or client.key, ""))


@pytest.mark.parametrize("kind", ["identify", "group", "alias"])
def test_calls_about_people_are_answered_with_success(client: Client, kind: str):
    answer = post(client, f"/v1/{kind}", {"userId": "ada", "traits": {}})
    assert (answer.status_code, answer.json()) == (200, {"success": True})


def test_wrong_key_and_bad_calls_are_refused_in_words(client: Client):
    assert post(client, "/v1/track", {}, "tk_wrong").json()["message"] == "Invalid API key"
    for body, sentence in [
        ({"userId": "ada"}, "Missing required field: event"),
        ({"event": "m", "properties": []}, "properties must be an object."),
        ([], "A call must be a JSON object."),
    ]:
        answer = post(client, "/v1/track", body)
        assert (answer.status_code, answer.json()["message"]) == (400, sentence)
    assert post(client, "/v1/batch", []).status_code == 400
    answer = post(client, "/v1/batch", {"batch": [{"type": "track", "event": "m"}, {"type": "walk"}]})
    assert answer.json() == {
        "success": True,
        "rejected": 1,
        "error": "type is not one of track, page, screen, identify, group, alias.",
    }


def test_clock_that_is_wrong_is_set_right_by_sent_at(tmp_path: Path):
    home = tmp_path / "home"
    _, key = make_project(home)
    ahead = datetime.now(UTC) + timedelta(days=400)
    said_at = ahead - timedelta(seconds=30)
    call: dict[str, Any] = {"type": "track", "event": "m", "timestamp": said_at.isoformat(), "messageId": "m-1"}
    with run_collector(home) as collector:
        body = {"batch": [call], "sentAt": ahead.isoformat()}
        answer = httpx.post(f"{collector.url}/v1/batch", json=body, auth=(key, ""))
        assert answer.status_code == 200
    (event,) = landed_events(home)
    received = datetime.fromisoformat(event["received_at"])
    assert event["event_id"] == "m-1"
    assert timedelta(seconds=25) < received - datetime.fromisoformat(event["occurred_at"]) < timedelta(seconds=60)


def test_long_integers_are_refused_not_rounded(client: Client):
    answer = post(client, "/v1/track", {"event": "m", "properties": {"n": 2**70}})
    assert "beyond 64 bits" in answer.json()["message"]
