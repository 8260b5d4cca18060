"""The examples of docs/collector.md work unchanged."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.collector.conftest import Client

GUIDE = Path(__file__).parents[2] / "docs" / "collector.md"
EVENT = {"name": "message", "metadata": {"prompt": "hi"}, "event_id": "from the guide"}


def example(language: str, containing: str) -> str:
    blocks = re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text(), flags=re.DOTALL)
    return next(block for block in blocks if containing in block)


def test_guide_python_example_tracks_an_event(client: Client):
    names: dict[str, Any] = {}
    exec(example("python", "def track"), names)  # noqa: S102  # our own guide
    answer = names["track"](client.key, EVENT, f"{client.http.base_url}/track")
    assert answer["event_id"] == "from the guide"


def test_guide_curl_example_answers_as_printed(client: Client):
    command = example("sh", "curl").replace("http://127.0.0.1:8000", str(client.http.base_url))
    environment = {"TURRET_KEY": client.key, "PATH": os.environ["PATH"]}
    done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() in GUIDE.read_text()


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed here")
def test_guide_javascript_example_tracks_an_event(client: Client):
    call = f'track(process.argv[1], {{name: "m", metadata: {{}}, event_id: "js"}}, "{client.http.base_url}/track")'
    script = f"{example('js', 'function track')}\n{call}.then(body => console.log(body.event_id));"
    done = subprocess.run(["node", "-e", script, client.key], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "js"
