"""Quotas are exact: over several workers, however the traffic falls on them, and when they are killed."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from collector.wal.recovery import recover
from contracts.home import Home
from contracts.settings import load_settings
from projects import open_projects
from tests.factories.collector_process import CollectorProcess, run_collector
from tests.factories.landed_segments import landed_events
from tests.factories.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

CONNECTIONS = 16


def make_limited(home: Path, limit: int | None, plan: str = "pro") -> str:
    """Make a project with a limit; return a key."""
    with open_projects(load_settings(home=home, database_url="")) as projects:
        projects.create_project("shop", plan, limit)
        return projects.create_key("shop").secret


async def send(
    collector: CollectorProcess, key: str, n_requests: int, *, kill_after: int | None = None, batch: int = 0
) -> Counter[int]:
    """Send requests over many connections and count the statuses; optionally kill the collector in between."""
    statuses: Counter[int] = Counter()
    left = iter(range(n_requests))
    event = {"name": "m", "metadata": {"prompt": "hi"}}
    path, body = ("/batch", {"events": [event] * batch}) if batch else ("/track", event)

    async def work(http: httpx.AsyncClient) -> None:
        for _ in left:
            try:
                answer = await http.post(path, json=body, headers={"X-API-Key": key})
            except httpx.TransportError:
                return
            statuses[answer.status_code] += 1
            if sum(statuses.values()) == kill_after:
                collector.kill()

    limits = httpx.Limits(max_connections=1)
    clients = [httpx.AsyncClient(base_url=collector.url, limits=limits, timeout=30) for _ in range(CONNECTIONS)]
    await asyncio.gather(*(work(client) for client in clients))
    for client in clients:
        await client.aclose()
    return statuses


def used(home: Path) -> int:
    with open_projects(load_settings(home=home, database_url="")) as projects:
        from datetime import UTC, datetime  # noqa: PLC0415

        return projects.ledger.usage("shop", datetime.now(UTC)).used


@pytest.mark.parametrize("workers", [1, 3])
def test_quota_more_requests_than_allowed_lands_exactly_the_limit(tmp_path: Path, workers: int):
    home = tmp_path / "home"
    key = make_limited(home, 1000)
    with run_collector(home, workers=workers) as collector:
        statuses = asyncio.run(send(collector, key, 1200))
        # On a busy machine a worker may refuse while another still holds some; asking again gets them, and no more.
        again = asyncio.run(send(collector, key, 100))
    assert statuses[200] + again[200] == 1000
    assert statuses[429] + again[429] == 300
    assert len(landed_events(home)) == used(home) == 1000


def test_quota_killed_half_way_lands_exactly_the_limit(tmp_path: Path):
    home = tmp_path / "home"
    key = make_limited(home, 1000)
    with run_collector(home, workers=2, collector_segment_max_bytes=8192) as collector:
        before = asyncio.run(send(collector, key, 1200, kill_after=500))
    with run_collector(home, workers=2) as collector:
        after = asyncio.run(send(collector, key, 700))
        after += asyncio.run(send(collector, key, 100))  # as above: what another worker still held
    assert before[429] == 0
    assert after[429] > 0
    assert len(landed_events(home)) == used(home) == 1000


def test_quota_batches_take_what_is_left_and_refuse_the_rest_by_item(tmp_path: Path):
    home = tmp_path / "home"
    key = make_limited(home, 250)
    event = {"name": "m", "metadata": {}}
    with run_collector(home) as collector, httpx.Client(base_url=collector.url, headers={"X-API-Key": key}) as http:
        answers = [http.post("/batch", json={"events": [{}, *[event] * 100]}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.json()["accepted"] for answer in answers[:3]] == [100, 100, 50]
    results = answers[2].json()["results"]
    codes = Counter(result.get("code") for result in results)
    assert codes == {None: 50, "RATE_LIMIT_EXCEEDED": 50, "MISSING_REQUIRED_FIELD": 1}
    assert results[-1]["retry_after"] > 0
    assert len(landed_events(home)) == 250


def test_quota_worker_that_ran_dry_gets_what_another_holds(tmp_path: Path):
    """One connection takes a block into its worker; others soon reach every worker and get the last event."""
    home = tmp_path / "home"
    key = make_limited(home, 200)
    body: dict[str, Any] = {"name": "m", "metadata": {}}
    each_its_own = httpx.Limits(max_keepalive_connections=0)  # new connections, so that both workers get some
    with (
        run_collector(home, workers=2) as collector,
        httpx.Client(base_url=collector.url, headers={"X-API-Key": key}, limits=each_its_own, timeout=30) as http,
    ):
        statuses = Counter(http.post("/track", json=body).status_code for _ in range(210))
    assert statuses == {200: 200, 429: 10}
    assert len(landed_events(home)) == 200


def test_quota_events_that_did_not_reach_the_disk_do_not_count(tmp_path: Path):
    home = tmp_path / "home"
    key = make_limited(home, 10)
    body: dict[str, Any] = {"name": "m", "metadata": {}}
    with (
        run_collector(home, collector_segment_max_age_s=0.5) as collector,
        httpx.Client(base_url=collector.url, headers={"X-API-Key": key}) as http,
    ):
        assert http.post("/track", json=body).status_code == 200
        wal = Home(home).wal
        wal_moved = wal.with_name("moved")
        wait_until(lambda: not list(wal.iterdir()))
        wal.rename(wal_moved)
        wal.write_text("a file where the folder should be")
        assert {http.post("/track", json=body).status_code for _ in range(30)} == {503}
        wal.unlink()
        assert [http.post("/track", json=body).status_code for _ in range(10)] == [200] * 9 + [429]
    assert len(landed_events(home)) == 10


def test_recover_counts_what_a_killed_worker_wrote_and_frees_the_rest(tmp_path: Path):
    home = tmp_path / "home"
    key = make_limited(home, 1000)
    with run_collector(home) as collector:
        asyncio.run(send(collector, key, 300, kill_after=100))
    with open_projects(load_settings(home=home, database_url="")) as projects:
        recover(Home(home), projects.ledger)
    assert 100 <= used(home) == len(landed_events(home)) < 300
    assert list(Home(home).workers.iterdir()) == []
