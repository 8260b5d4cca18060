"""`turret up` starts everything, and leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from cli.serve.instance_lock import hold_instance_lock
from cli.serve.ports import with_free_ports
from cli.serve.probes import free_port
from contracts.home import SEGMENT_SUFFIX, Home
from contracts.settings import child_environment, load_settings
from tests.factories.turret_process import TURRET, process_environment, run_turret

if TYPE_CHECKING:
    from pathlib import Path

START_WAIT_S = 150


@pytest.fixture
def ports() -> dict[str, int]:
    return {f"{part}_port": free_port("127.0.0.1") for part in ("collector", "dashboard", "dagster")}


def children_of(parent: int) -> list[int]:
    """Process groups whose leader `turret up` started: one for each part."""
    listed = subprocess.run(["ps", "-eo", "ppid=,pgid="], capture_output=True, text=True, check=True).stdout
    pairs = [tuple(map(int, line.split())) for line in listed.splitlines()]
    return [group for ppid, group in pairs if ppid == parent and group != os.getpgid(parent)]


def group_exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_up_taken_port_is_named_before_anything_starts(tmp_path: Path, ports: dict[str, int]):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports["dashboard_port"] = taken.getsockname()[1]
        done = run_turret(tmp_path / "home", "up", **ports)
    assert done.returncode == 1
    assert done.stderr == (
        f"Error: Port {ports['dashboard_port']} on 127.0.0.1 is in use, but the dashboard needs it; "
        "free it, or set TURRET_DASHBOARD_PORT to another.\n"
    )
    assert not list((tmp_path / "home").glob("*.sqlite"))


def test_up_same_port_twice_is_named(tmp_path: Path, ports: dict[str, int]):
    done = run_turret(tmp_path / "home", "up", **ports | {"dagster_port": ports["collector_port"]})
    assert done.returncode == 1
    assert f"TURRET_COLLECTOR_PORT and TURRET_DAGSTER_PORT are both {ports['collector_port']}" in done.stderr


def test_up_second_on_the_same_home_says_so_and_fails(tmp_path: Path, ports: dict[str, int]):
    home = tmp_path / "home"
    with hold_instance_lock(Home(home)):
        done = run_turret(home, "up", **ports)
    assert done.returncode == 1
    assert done.stderr == f"Error: `turret up` is already running for {home}; `turret status` shows its parts.\n"
    assert [path.name for path in home.iterdir()] == ["up.lock"]


def test_with_free_ports_zero_becomes_a_port_and_others_stay(tmp_path: Path):
    settings = with_free_ports(load_settings(home=tmp_path, collector_port=0, dagster_port=0, dashboard_port=8055))
    assert settings.collector_port > 0
    assert settings.dagster_port > 0
    assert settings.dashboard_port == 8055
    assert child_environment(settings)["TURRET_COLLECTOR_PORT"] == str(settings.collector_port)


@pytest.mark.pipeline
def test_up_serves_everything_and_stops_without_a_trace(tmp_path: Path, ports: dict[str, int], parsed_project: Path):
    home = tmp_path / "home"
    shutil.copytree(parsed_project, Home(home).dbt)
    log = tmp_path / "up.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [*TURRET, "up"],
            env=process_environment(home, collector_segment_max_age_s=3600, **ports),
            stdout=output,
            stderr=output,
        )
    try:
        deadline = time.monotonic() + START_WAIT_S
        while "Ctrl-C" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        groups = children_of(process.pid)
        assert len(groups) == (6 if sys.platform == "linux" else 5)
        key = next(line.strip() for line in log.read_text().splitlines() if line.startswith("  "))
        event = {"name": "message", "metadata": {"prompt": "hello"}}
        url = f"http://127.0.0.1:{ports['collector_port']}/track"
        assert httpx.post(url, json=event, headers={"X-API-Key": key}).status_code == 200
        for part, page in (("dashboard", "sign-in"), ("dagster", "")):
            assert f"http://127.0.0.1:{ports[f'{part}_port']}" in log.read_text()
            assert httpx.get(f"http://127.0.0.1:{ports[f'{part}_port']}/{page}").status_code < 400
        assert f"http://127.0.0.1:{ports['dashboard_port']}/password?link=" in log.read_text()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()
    assert log.read_text().endswith("Stopping.\nEverything has stopped.\n")
    assert log.read_text().count(key) == 1
    assert not any(group_exists(group) for group in groups)
    assert len(list(Home(home).landing.rglob(f"*{SEGMENT_SUFFIX}"))) == 1
    assert not list(Home(home).wal.glob("*"))
