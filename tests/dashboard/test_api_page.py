"""What docs/api.md prints is run against a server, and its tables are held against what there is."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from dashboard.api.problems import TITLES
from dashboard.api.resources import RESOURCES
from tests.factories.dashboard_process import run_dashboard
from tests.factories.read_api import Readable, make_readable

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
ADDRESS = "http://127.0.0.1:8050"


@pytest.fixture(scope="module")
def readable(tmp_path_factory: pytest.TempPathFactory) -> Readable:
    return make_readable(tmp_path_factory.mktemp("api-page") / "home", n_sessions=120)


@pytest.fixture(scope="module")
def url(readable: Readable) -> Iterator[str]:
    with run_dashboard(readable.home, dashboard_sign_in=True) as address:
        yield address


@pytest.fixture(scope="module")
def environment(readable: Readable) -> dict[str, str]:
    return {"TURRET_READ_KEY": readable.key, "PATH": os.environ["PATH"]}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)


def test_commands_of_the_page_answer(url: str, environment: dict[str, str]):
    answers = []
    for line in "".join(blocks("sh")).replace("\\\n", "").splitlines():
        command = line.replace("curl", "curl --silent --fail", 1).replace(ADDRESS, url)
        done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (line, done.stderr)
        answers.append(done.stdout)
    assert len(json.loads(answers[0])["data"]) == 5
    assert json.loads(answers[1])["days"] == {"from": "2026-05-01", "to": "2026-05-07"}
    assert next(csv.reader(io.StringIO(answers[2])))[0] == "from_topic_id"
    sql, printed = json.loads(answers[3]), json.loads(blocks("json")[1])
    assert (list(sql), sql["columns"], len(sql["data"])) == (list(printed), printed["columns"], 5)


def test_python_of_the_page_reads_every_row(url: str, environment: dict[str, str]):
    code = blocks("python")[0].replace(ADDRESS, url).replace('"10000"', '"7"').replace("print(", "print(len(").strip()
    done = subprocess.run(
        [sys.executable, "-c", f"{code})"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    whole = httpx.get(
        f"{url}/api/v1/sessions?limit=10000&period=30d", headers={"X-API-Key": environment["TURRET_READ_KEY"]}
    )
    assert int(done.stdout) == len(whole.json()["data"]) > 7


def test_answer_and_problem_of_the_page_are_shaped_as_printed(url: str, readable: Readable):
    printed, _, refused = (json.loads(block) for block in blocks("json"))
    headers = {"X-API-Key": readable.key}
    answer = httpx.get(f"{url}/api/v1/topics?limit=1", headers=headers).json()
    assert list(answer) == list(printed)
    assert list(answer["data"][0]) == list(printed["data"][0])
    assert httpx.get(f"{url}/api/v1/topics?field=question", headers=headers).json() == refused


def test_tables_of_the_page_list_every_path_parameter_and_status():
    rows = re.findall(r"^\| `(/[^`]*)` \| (.+) \| ?(.*?) ?\|$", PAGE, flags=re.MULTILINE)
    listed = {path: re.findall(r"`(\w+)`", parameters) for path, _, parameters in rows}
    takes = {
        one.path.replace("{id:path}", "{id}"): [name for name in one.takes if name not in {"limit", "cursor"}]
        for one in RESOURCES
    }
    assert {path: listed.get(path) for path in takes} == takes
    statuses = {int(status) for status in re.findall(r"^\| (\d{3}) \|", PAGE, flags=re.MULTILINE)}
    assert statuses == TITLES.keys() - {405, 500}
