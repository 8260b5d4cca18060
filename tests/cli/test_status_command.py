"""`turret status` tells what is, and changes nothing."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import httpx
import pytest

from cli.pipeline.unsealed import wait_for_sealing
from cli.serve.probes import free_port
from contracts.home import Home
from contracts.run_progress import begin_stage
from contracts.settings import load_settings
from contracts.tables import RAW_SEGMENTS
from orchestration.warehouse.writer_lock import hold_lock
from projects.database import open_projects
from tests.factories.collector_process import run_collector
from tests.factories.published_factory import ASSISTANT, SAMPLE, SampleProject, publish
from tests.factories.turret_process import run_turret

if TYPE_CHECKING:
    from pathlib import Path

SEGMENTS = [f"project_id={ASSISTANT}/date=2026-01-0{day}/hour=07/a-{day}.ndjson.zst" for day in (1, 2, 3)]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def ports() -> dict[str, int]:
    return {f"{part}_port": free_port("127.0.0.1") for part in ("collector", "dashboard", "dagster")}


def status_of(home: Path, **settings: object) -> dict[str, Any]:
    done = run_turret(home, "status", "--json", **settings)
    assert done.returncode == 0, done.stderr
    state: dict[str, Any] = json.loads(done.stdout)
    return state


def land(home: Path) -> None:
    for segment in SEGMENTS:
        path = Home(home).landing / segment
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x" * 100)


def load(home: Path, segments: list[str]) -> None:
    with duckdb.connect(Home(home).warehouse) as warehouse:
        warehouse.execute(f"create schema {RAW_SEGMENTS.schema}")
        warehouse.execute(f"create table {RAW_SEGMENTS.qualified_name} (segment varchar)")
        warehouse.executemany(f"insert into {RAW_SEGMENTS.qualified_name} values (?)", [[name] for name in segments])


def test_status_fresh_machine_has_nothing_and_makes_nothing(home: Path, ports: dict[str, int]):
    state = status_of(home, **ports)
    assert not home.exists()
    assert [part["is_answering"] for part in state["parts"].values()] == [False, False, False]
    assert state["freshness"] is None
    assert state["backlog"] == {"n_landed": 0, "n_waiting": 0, "waiting_bytes": 0}
    assert state["free_bytes"] > 0


def test_status_backlog_is_what_landed_and_was_not_loaded(home: Path, ports: dict[str, int]):
    land(home)
    assert status_of(home, **ports)["backlog"] == {"n_landed": 3, "n_waiting": 3, "waiting_bytes": 300}
    load(home, SEGMENTS[:2])
    assert status_of(home, **ports)["backlog"] == {"n_landed": 3, "n_waiting": 1, "waiting_bytes": 100}


def test_status_while_a_run_writes_says_so(home: Path, ports: dict[str, int]):
    land(home)
    load(home, SEGMENTS)
    with hold_lock(Home(home).warehouse_lock, 1):
        assert status_of(home, **ports)["backlog"] == {"n_landed": 3, "n_waiting": None, "waiting_bytes": None}
        assert (
            "3 landed files; unknown how many are waiting, because a run is writing the warehouse"
            in run_turret(home, "status", **ports).stdout
        )
    with duckdb.connect(Home(home).warehouse):
        assert status_of(home, **ports)["backlog"]["n_waiting"] is None
    assert status_of(home, **ports)["backlog"]["n_waiting"] == 0


def test_status_run_under_way_shows_its_stage(home: Path, ports: dict[str, int]):
    began = datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=90)
    home.mkdir()
    with hold_lock(Home(home).warehouse_lock, 1):
        begin_stage(Home(home), "run-1", "Finding topics", began)
        shown = run_turret(home, "status", **ports).stdout
        refused = run_turret(home, "query", "select 1").stderr
    assert refused.endswith("yet; `turret status` shows the progress of the first run.\n")
    assert re.search(r"^Marts +nothing published yet; the first run is under way", shown, re.MULTILINE)
    assert re.search(
        r"^Run +under way for (9\d|1\d\d) s; Finding topics \((9\d|1\d\d) s so far\)$", shown, re.MULTILINE
    )


def test_status_trouble_names_the_project(home: Path, ports: dict[str, int]):
    with open_projects(load_settings(home=home)) as projects:
        project = projects.create_project("Support [b] desk")
    folder = Home(home).quarantine / "segments"
    folder.mkdir(parents=True)
    (folder / f"project_id={project.project_id}~date=2026-01-01~a.rejected.ndjson").write_text("{}\n{}\n")
    line = f"2 landed lines of Support [b] desk ({project.project_id}) could not be read"
    assert line in run_turret(home, "status", **ports).stdout
    assert line in status_of(home, **ports)["trouble"][0]["sentence"]


def test_status_marts_show_version_and_last_run(home: Path, ports: dict[str, int]):
    publish(home, (SampleProject(ASSISTANT, 20, SAMPLE[0].subjects),), version="20260101")
    freshness = status_of(home, **ports)["freshness"]
    assert freshness["version"] == "turret-20260101"
    assert freshness["last_run"]["run_id"] == "run-1"
    assert freshness["last_run"]["n_rejected"] == 1
    assert freshness["last_run"]["n_loaded"] > 20
    shown = run_turret(home, "status", **ports).stdout
    assert "turret-20260101, published 20" in shown
    assert "run-1, started 2026-" in shown


def test_status_running_collector_answers_for_its_home_and_its_open_events_are_counted(home: Path, tmp_path: Path):
    with open_projects(load_settings(home=home)) as projects:
        project = projects.create_project("shop")
        key = projects.create_key(project.project_id).secret
    with run_collector(home, collector_segment_max_age_s=3600) as collector:
        body = {"name": "message", "metadata": {"prompt": "hi"}}
        httpx.post(f"{collector.url}/track", json=body, headers={"X-API-Key": key}).raise_for_status()
        port = {"collector_port": collector.url.rsplit(":", 1)[1]}
        state = status_of(home, collector_segment_max_age_s=3600, **port)
        other = run_turret(tmp_path / "other", "status", **port).stdout
        for wal in Home(home).wal.glob("*.wal"):
            os.utime(wal, (0, 0))
        late = run_turret(home, "status", collector_segment_max_age_s=3600, **port).stdout
    assert state["parts"]["collector"] == {"url": collector.url, "is_answering": True, "is_of_this_home": True}
    assert state["projects"] == {project.project_id: "shop"}
    assert (state["unsealed"]["n_files"], state["unsealed"]["n_events"]) == (1, 1)
    assert state["unsealed"]["n_bytes"] > 100
    assert state["unsealed"]["sealed_within_s"] == 3600
    assert state["unsealed"]["n_late"] == 0
    assert "the collector cannot seal 1 of them and keeps trying; its log says why" in late
    assert f"another home's Turret answers at {collector.url}" in other


def test_wait_for_sealing_ends_when_the_collector_has_sealed_what_it_took(home: Path):
    with open_projects(load_settings(home=home)) as projects:
        key = projects.create_key(projects.create_project("shop").project_id).secret
    with run_collector(home, collector_segment_max_age_s=1) as collector:
        for _ in range(2):
            body = {"name": "message", "metadata": {"prompt": "hi"}}
            httpx.post(f"{collector.url}/track", json=body, headers={"X-API-Key": key}).raise_for_status()
        assert wait_for_sealing(Home(home), 0) == 2
        assert wait_for_sealing(Home(home), 60) == 0
        assert len(list(Home(home).landing.glob("*/*/*/*.ndjson.zst"))) == 1


def test_status_counts_sealed_files_that_wait_for_an_upload_where_hosts_share_a_store(
    home: Path, tmp_path: Path, ports: dict[str, int]
):
    path = Home(home).outbox / SEGMENTS[0]
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x" * 100)
    shown = run_turret(home, "status", **ports, landing_url=tmp_path).stdout
    assert re.search(r"^Not uploaded +100 bytes in 1 file$", shown, re.MULTILINE)


def test_status_quarantine_counts_what_is_kept_not_the_reasons(home: Path, ports: dict[str, int]):
    folder = Home(home).quarantine / "wal"
    folder.mkdir(parents=True)
    (folder / "a.wal.damaged").write_bytes(b"12345")
    (folder / "a.wal.reason.json").write_text("{}")
    assert status_of(home, **ports)["quarantined"] == {"n_files": 1, "n_bytes": 5}


def test_status_damaged_published_file_is_one_sentence(home: Path, ports: dict[str, int]):
    publish(home, (SampleProject(ASSISTANT, 1, SAMPLE[0].subjects),)).write_bytes(b"not a database" * 1000)
    done = run_turret(home, "status", **ports)
    assert done.returncode == 1
    assert "turret-1.duckdb cannot be opened" in done.stderr
    assert "Traceback" not in done.stderr


def test_commands_over_a_damaged_projects_database_end_in_a_sentence_and_status_shows_the_rest(
    home: Path, ports: dict[str, int]
):
    land(home)
    Home(home).projects_database.write_bytes(b"no database" * 1000)
    state = status_of(home, **ports)
    assert state["backlog"]["n_waiting"] == 3
    assert "file is not a database" in state["trouble"][0]["sentence"]
    assert "Projects        unknown, see below" in run_turret(home, "status", **ports).stdout
    for command in (["project", "list"], ["collector"], ["dashboard"]):
        done = run_turret(home, *command, **ports)
        assert done.returncode == 1
        where = f"sqlite:///{Home(home).projects_database}"
        assert done.stderr == f"Error: The projects database {where} cannot be opened: file is not a database.\n"
