"""The demo sends to the collector of its own home, and to no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cli.demo.collector import demo_collector, wait_until_sealed
from cli.errors import ChildError, SealingError
from cli.serve.probes import answers, free_port
from contracts.home import SEGMENT_SUFFIX, Home
from contracts.settings import Settings, load_settings
from demo.sender import send_events
from projects.database import open_projects
from tests.factories.collector_process import run_collector

if TYPE_CHECKING:
    from pathlib import Path

EVENTS = [{"name": "message", "event_id": f"e{n}", "metadata": {"prompt": f"text {n}"}} for n in range(30)]


def key_of(settings: Settings) -> str:
    with open_projects(settings) as projects:
        return projects.create_key(projects.create_project("shop").project_id).secret


def landed(home: Path) -> int:
    return len(list(Home(home).landing.rglob(f"*{SEGMENT_SUFFIX}")))


def test_demo_collector_running_one_of_this_home_is_used_and_stays(tmp_path: Path):
    home = tmp_path / "home"
    said: list[str] = []
    key = key_of(load_settings(home=home))
    with run_collector(home, collector_segment_max_age_s=0.3) as running:
        settings = load_settings(
            home=home, collector_port=running.url.rsplit(":", 1)[1], collector_segment_max_age_s=0.3
        )
        with demo_collector(settings, key, EVENTS[0], said.append) as url:
            assert url == running.url
            send_events(url, key, EVENTS)
        assert landed(home) >= 1
        assert not list(Home(home).wal.glob("*.wal"))
        assert answers(f"{running.url}/health/ready")
    assert said == [f"Sending to the running collector at {running.url}."]


def test_demo_collector_of_another_home_is_left_alone(tmp_path: Path):
    home, other = tmp_path / "home", tmp_path / "other"
    said: list[str] = []
    with run_collector(other) as foreign:
        settings = load_settings(home=home, collector_port=foreign.url.rsplit(":", 1)[1])
        key = key_of(settings)
        with demo_collector(settings, key, EVENTS[0], said.append) as url:
            assert url != foreign.url
            send_events(url, key, EVENTS)
        assert not answers(f"{url}/health/ready")
    assert (landed(home), landed(other)) == (1, 0)
    assert said[0] == f"The collector at {foreign.url} serves another TURRET_HOME, so it is not used."


def test_demo_collector_same_database_but_another_home_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("cli.demo.collector.LANDING_SIGN_WAIT_S", 0.2)
    home, other = tmp_path / "home", tmp_path / "other"
    database_url = f"sqlite:///{tmp_path / 'shared.sqlite'}"
    with run_collector(other, database_url=database_url) as foreign:
        settings = load_settings(home=home, database_url=database_url, collector_port=foreign.url.rsplit(":", 1)[1])
        with demo_collector(settings, key_of(settings), EVENTS[0], lambda _line: None) as url:
            assert url != foreign.url


def test_demo_collector_that_cannot_start_says_why(tmp_path: Path):
    home = tmp_path / "home"
    settings = load_settings(home=home, collector_port=free_port("127.0.0.1"))
    key = key_of(settings)
    Home(home).projects_database.write_bytes(b"not a database" * 1000)
    with (
        pytest.raises(ChildError, match="The demo's collector did not start: "),
        demo_collector(settings, key, EVENTS[0], lambda _line: None),
    ):
        pass


def test_wait_until_sealed_file_that_stays_is_named(tmp_path: Path):
    home = Home(tmp_path)
    home.wal.mkdir()
    (home.wal / "stuck.wal").write_bytes(b"x")
    with pytest.raises(SealingError, match=r"stuck\.wal was not sealed within 0 s"):
        wait_until_sealed(home, 0.1)
