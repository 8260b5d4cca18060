"""What was acknowledged is on disk, once, whatever happens to the process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections import Counter
from typing import TYPE_CHECKING

import httpx
import pytest

from contracts.home import Home
from contracts.settings import load_settings
from projects import open_projects
from tests.collector.conftest import make_project
from tests.factories.collector_process import CollectorProcess, run_collector
from tests.factories.landed_segments import landed_events
from tests.factories.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

SENDERS = 16


async def send_until_killed(collector: CollectorProcess, key: str, kill_after: int, first: int) -> list[str]:
    """Send events from many connections, kill the collector in the middle; return the acknowledged event_ids."""
    acknowledged: list[str] = []
    numbers = iter(range(first, first + 1_000_000))

    async def send(http: httpx.AsyncClient) -> None:
        for number in numbers:
            body = {"name": "m", "event_id": f"event {number}", "metadata": {"prompt": f"text {number}"}}
            try:
                answer = await http.post("/track", json=body, headers={"X-API-Key": key})
            except httpx.TransportError:
                return
            assert answer.status_code == 200
            acknowledged.append(answer.json()["event_id"])
            if len(acknowledged) == kill_after:
                collector.kill()

    limits = httpx.Limits(max_connections=SENDERS)
    async with httpx.AsyncClient(base_url=collector.url, limits=limits, timeout=30) as http:
        await asyncio.gather(*(send(http) for _ in range(SENDERS)))
    return acknowledged


@pytest.mark.parametrize("workers", [1, 2])
def test_kill_under_load_loses_no_acknowledged_event_and_doubles_none(tmp_path: Path, workers: int):
    home = tmp_path / "home"
    _, key = make_project(home)
    acknowledged: list[str] = []
    for round_number in range(2):
        # Files are rolled every 4 KiB, so that kills also fall into sealing.
        with run_collector(home, workers=workers, collector_segment_max_bytes=4096) as collector:
            first = round_number * 1_000_000
            acknowledged += asyncio.run(send_until_killed(collector, key, kill_after=300, first=first))
    with run_collector(home) as collector:
        assert httpx.get(f"{collector.url}/health/ready").status_code == 200

    landed = Counter(event["event_id"] for event in landed_events(home))
    assert len(acknowledged) >= 600
    assert set(acknowledged) <= set(landed)
    assert set(landed.values()) == {1}
    assert list(Home(home).wal.iterdir()) == []


def test_killed_worker_is_replaced_and_its_events_are_sealed(tmp_path: Path):
    home = tmp_path / "home"
    _, key = make_project(home)
    with run_collector(home, workers=2, collector_segment_max_age_s=3600) as collector:
        acknowledged = {track_once(collector, key) for _ in range(40)}  # new connections reach either worker
        workers = started_workers(home)
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        wait_until(lambda: acknowledged <= {event["event_id"] for event in landed_events(home)}, seconds=60)
        httpx.get(f"{collector.url}/health/live", timeout=60)  # answered once a new worker is there
        acknowledged.add(track_once(collector, key))
    assert Counter(event["event_id"] for event in landed_events(home)) == Counter(acknowledged)


def track_once(collector: CollectorProcess, key: str) -> str:
    body = {"name": "m", "metadata": {}}
    answer = httpx.post(f"{collector.url}/track", json=body, headers={"X-API-Key": key}, timeout=60)
    return str(answer.json()["event_id"])


def started_workers(home: Path) -> set[int]:
    lines = [json.loads(line) for line in home.with_suffix(".log").read_text().splitlines()]
    return {line["pid"] for line in lines if line["message"].startswith("Started server process")}


def test_stop_under_load_seals_every_acknowledged_event(tmp_path: Path):
    home = tmp_path / "home"
    project_id, key = make_project(home)
    with (
        run_collector(home, collector_segment_max_age_s=3600) as collector,
        httpx.Client(base_url=collector.url) as http,
    ):
        for number in range(50):
            body = {"name": "m", "event_id": str(number), "metadata": {}}
            http.post("/track", json=body, headers={"X-API-Key": key}).raise_for_status()
        assert landed_events(home) == []
        collector.stop()

    events = landed_events(home)
    assert [event["event_id"] for event in events] == [str(number) for number in range(50)]
    assert {event["project_id"] for event in events} == {project_id}
    assert list(Home(home).wal.iterdir()) == []


def test_revoked_key_stops_working_and_new_key_works_without_restart(tmp_path: Path):
    home = tmp_path / "home"
    _, key = make_project(home)
    body = {"name": "m", "metadata": {}}
    with (
        run_collector(home, collector_key_cache_s=0.05) as collector,
        open_projects(load_settings(home=home, database_url="")) as projects,
        httpx.Client(base_url=collector.url) as http,
    ):

        def status(secret: str) -> int:
            return http.post("/track", json=body, headers={"X-API-Key": secret}).status_code

        assert status(key) == 200
        assert projects.list_keys("shop")[0].last_used_at is not None

        projects.revoke_key("shop", projects.list_keys("shop")[0].key_id)
        wait_until(lambda: status(key) == 401)
        assert status(projects.create_key("shop").secret) == 200


def test_disk_that_refuses_writes_gets_503_and_nothing_half_written(tmp_path: Path):
    home = tmp_path / "home"
    _, key = make_project(home)
    with run_collector(home) as collector, httpx.Client(base_url=collector.url) as http:
        headers = {"X-API-Key": key}
        Home(home).wal.mkdir(exist_ok=True)
        Home(home).wal.rmdir()
        Home(home).wal.write_text("a file where the folder should be")

        refused = http.post("/track", json={"name": "m", "metadata": {}}, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (503, "UNAVAILABLE")
        assert int(refused.headers["retry-after"]) >= 1
        assert http.get("/health/ready").status_code == 503
        assert http.get("/health/live").status_code == 200

        Home(home).wal.unlink()
        taken = http.post("/track", json={"name": "m", "metadata": {}}, headers=headers)
        assert taken.status_code == 200
        assert http.get("/health/ready").status_code == 200
    assert [event["event_id"] for event in landed_events(home)] == [taken.json()["event_id"]]


def test_logs_hold_neither_texts_nor_keys(tmp_path: Path):
    home = tmp_path / "home"
    _, key = make_project(home)
    with run_collector(home, log_level="DEBUG") as collector:
        headers = {"X-API-Key": key}
        body = {"name": "m", "metadata": {"prompt": "my-secret-text"}}
        assert httpx.post(f"{collector.url}/track", json=body, headers=headers).status_code == 200
        assert httpx.post(f"{collector.url}/track", json={"my-secret-text": 1}, headers=headers).status_code == 400
    log = home.with_suffix(".log").read_text()
    assert '"level": "INFO"' in log
    assert "my-secret-text" not in log
    assert key not in log


def test_collector_stopped_before_it_made_its_wal_folder_starts_again(tmp_path: Path):
    home = tmp_path / "home"
    _, key = make_project(home)
    workers = Home(home).workers
    workers.mkdir(parents=True)
    (workers / "0123456789abcdef").touch()
    with run_collector(home) as collector:
        body = {"name": "m", "metadata": {}, "event_id": "first"}
        httpx.post(f"{collector.url}/track", json=body, headers={"X-API-Key": key}).raise_for_status()
        assert not (workers / "0123456789abcdef").exists()
    assert [event["event_id"] for event in landed_events(home)] == ["first"]
