"""How a key is sent: as X-API-Key or as a bearer token, and as the dashboard's snippets send it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import playwright
import pytest

from dashboard.settings.snippets import LANGUAGES, snippet
from tests.collector.conftest import make_project
from tests.factories.collector_process import run_collector
from tests.factories.landed_segments import landed_events

if TYPE_CHECKING:
    from tests.collector.conftest import Client

EVENT = {"name": "message", "metadata": {"prompt": "hi"}}
NODE = shutil.which("node") or str(Path(playwright.__file__).parent / "driver" / "node")
PROGRAMS = {
    "curl": ["sh", "-c"],
    "Python": [sys.executable, "-c"],
    "JavaScript": [NODE, "--input-type=module", "-e"],
}


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_collector_bearer_key_is_accepted_on_every_route(client: Client, scheme: str):
    headers = {"Authorization": f"{scheme} {client.key}"}
    for _ in range(2):
        assert client.http.post("/track", json=EVENT, headers=headers).status_code == 200
        assert client.http.post("/batch", json={"events": [EVENT]}, headers=headers).json()["accepted"] == 1
        assert client.http.get("/usage", headers=headers).status_code == 200


def test_collector_both_headers_the_api_key_wins(client: Client):
    good, wrong = client.key, "tk_wrong"
    for _ in range(2):
        first = client.track(EVENT, Authorization=f"Bearer {wrong}")
        second = client.track(EVENT, **{"X-API-Key": wrong, "Authorization": f"Bearer {good}"})
        assert (first.status_code, second.status_code) == (200, 401)


def test_collector_two_bearer_keys_are_refused(client: Client):
    twice = [("Authorization", f"Bearer {client.key}")] * 2
    assert client.http.post("/track", json=EVENT, headers=twice).status_code == 401


@pytest.mark.parametrize("language", LANGUAGES)
def test_snippet_run_as_shown_lands_its_event(tmp_path: Path, language: str):
    program = PROGRAMS[language]
    home = tmp_path / "home"
    project_id, key = make_project(home)
    with run_collector(home) as collector:
        done = subprocess.run(
            [*program, snippet(language, key, collector.url)], capture_output=True, text=True, timeout=30, check=False
        )
        assert done.returncode == 0, done.stderr
    (event,) = landed_events(home)
    assert (event["project_id"], event["name"], event["session_id"], event["user_id"], event["metadata"]) == (
        project_id,
        "message",
        "chat-1",
        "ada",
        {"prompt": "How do I export my data?", "plan": "pro"},
    )
