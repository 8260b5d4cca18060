"""`turret demo` goes the whole way, and sending twice changes nothing."""

from __future__ import annotations

import json
import os
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.answering import free_port
from cli.demo_collector import demo_collector
from contracts.settings import load_settings
from demo.sender import send_events
from demo.simulation import Scenario, simulate
from demo.truth import load_truth
from projects.database import open_projects
from tests.factories.turret_process import TURRET, process_environment, run_turret

README = Path(__file__).parents[2] / "README.md"
SCENARIO = Scenario(users=25, seed=3, days=3)


def send_once_before(home: Path) -> int:
    """Send what the demo will send; gives the number of events."""
    settings = load_settings(home=home, collector_port=free_port("127.0.0.1"))
    events = simulate(SCENARIO, datetime.now(UTC)).events
    with open_projects(settings) as projects:
        key = projects.create_key(projects.create_project("Demo", plan="enterprise").project_id).secret
    with demo_collector(settings, key, events[0], lambda _line: None) as url:
        return send_events(url, key, events).n_sent


def headings_in_readme() -> list[str]:
    """Titles, as far as a comma or colon, and first column heads of the demo's output as the README shows it."""
    [block] = re.findall(r"```text\n(500 users of.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    parts = [part.splitlines() for part in block.split("\n…\n")[1:]]
    titles = [lines[0] for lines in parts]
    columns = [lines[1].split()[0] for lines in parts]
    return [re.split("[:,]", title)[0] for title in titles] + columns


@pytest.mark.pipeline
def test_demo_whole_way_shows_the_truth_and_sending_twice_counts_once(tmp_path: Path):
    home = tmp_path / "home"
    n_sent = send_once_before(home)
    options = ["--users", SCENARIO.users, "--days", SCENARIO.days, "--seed", SCENARIO.seed]
    ports = {"collector_port": 0, "dashboard_port": free_port("127.0.0.1")}
    done = subprocess.run(
        [*TURRET, "demo", *map(str, options)],
        env=process_environment(home, **ports),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for heading in ("What users talk about", "Where they go next", "Where sessions begin", "simulated truth came out"):
        assert heading in done.stdout
    assert "turret up" in done.stdout
    assert [line for line in headings_in_readme() if line not in done.stdout] == []
    sql = "select count(*) as n from dim_topics where level = 1"
    [areas] = json.loads(run_turret(home, "query", sql, "--format", "json").stdout)
    assert f"topics in {areas['n']} areas" in done.stdout
    assert len(load_truth(next((home / "demo").glob("truth-*.json"))).events) == n_sent

    sql = "select count(*) as n_events, count(distinct user_id) filter (is_user_id_given) as n_users from fct_events"
    counted = json.loads(run_turret(home, "query", sql, "--format", "json").stdout)
    assert counted == [{"n_events": n_sent, "n_users": SCENARIO.users}]
    with open_projects(load_settings(home=home)) as projects:
        assert [key.is_revoked for key in projects.list_keys("Demo")] == [False, True]


def test_demo_bad_option_is_refused(tmp_path: Path):
    done = run_turret(tmp_path / "home", "demo", "--users", "0")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_demo_unwritable_home_is_one_sentence(tmp_path: Path):
    tmp_path.chmod(0o500)
    done = run_turret(tmp_path / "home", "demo", "--users", "1")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
