"""Sealing in a separate process: it and its worker may be killed at any time."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from collector.wal.journal import Journal
from collector.wal.recovery import Recovery, recover
from collector.wal.sealing_process import SealingProcess
from collector.wal.wal_file import WalFile, Writer
from contracts.home import Home
from contracts.settings import load_settings
from projects import open_projects
from tests.collector.conftest import make_project
from tests.factories.collector_process import run_collector
from tests.factories.landed_segments import landed_events
from tests.factories.landing_writer import wal_line
from tests.factories.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = "prj_0000000000000001"
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def process() -> Iterator[SealingProcess]:
    process = SealingProcess()
    yield process
    process.close()


def write_file(home: Home, stem: str, *event_ids: str) -> WalFile:
    file = WalFile.create(home.wal, stem)
    for event_id in event_ids:
        file.append(wal_line(PROJECT, NOW, event_id=event_id))
    return file


def test_file_is_sealed_there_and_reported_here(tmp_path: Path, process: SealingProcess):
    home = Home(tmp_path)
    file = write_file(home, "one", "a", "b")
    with file.path.open("r+b") as other:
        other.seek(file.size)
        other.write(b"never acknowledged")

    sealed = process.seal(file, home)

    assert (sealed.n_events, sealed.n_segments, sealed.n_damaged_bytes) == ({(PROJECT, "2026-01"): 2}, 1, 0)
    assert [event["event_id"] for event in landed_events(tmp_path)] == ["a", "b"]
    assert process.pid != os.getpid()
    file.close()


def test_disk_that_refuses_is_an_error_and_the_process_goes_on(tmp_path: Path, process: SealingProcess):
    home = Home(tmp_path)
    file = write_file(home, "one", "a")
    home.landing.write_text("a file where the folder should be")
    with pytest.raises(OSError, match="landing"):
        process.seal(file, home)
    pid = process.pid
    home.landing.unlink()
    assert process.seal(file, home).n_segments == 1
    assert process.pid == pid
    file.close()


def test_process_that_was_killed_is_replaced_and_nothing_lands_twice(tmp_path: Path, process: SealingProcess):
    home = Home(tmp_path)
    with Journal(home, max_bytes=4096, max_age_s=3600, process=process) as journal:
        for number in range(40):
            journal.commit(wal_line(PROJECT, NOW, event_id=str(number), metadata={"text": "x" * 1000}))
            if number == 20:
                wait_until(lambda: process.pid is not None)
                assert process.pid is not None
                os.kill(process.pid, signal.SIGKILL)
    assert [int(event["event_id"]) for event in landed_events(tmp_path)] == list(range(40))
    assert list(home.wal.iterdir()) == []
    assert process.pid is None


def test_worker_that_dies_first_leaves_its_locks_until_the_process_is_done(tmp_path: Path, process: SealingProcess):
    home = Home(tmp_path)
    with open_projects(load_settings(home=tmp_path, database_url="")) as projects:
        writer = Writer.create(home)
        process.locks = (writer.descriptor,)
        file = write_file(home, writer.next_stem(), "a")
        process.seal(file, home)
        # As the kernel does for a worker that is killed; the process still runs, as if it were still sealing.
        writer.abandon()
        file.close()
        assert recover(home, projects.ledger) == Recovery()

        process.close()
        assert recover(home, projects.ledger) == Recovery(n_files=1, n_events=1)
    assert [event["event_id"] for event in landed_events(tmp_path)] == ["a"]


def test_signals_to_the_whole_group_do_not_stop_it_half_way(tmp_path: Path, process: SealingProcess):
    home = Home(tmp_path)
    file = write_file(home, "one", "a")
    process.seal(file, home)
    pid = process.pid
    assert pid is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        os.kill(pid, number)
    process.seal(file, home)
    assert process.pid == pid
    file.close()


def test_collector_ends_with_its_sealing_process_and_after_a_kill_none_is_left(tmp_path: Path):
    home = tmp_path / "home"
    _, key = make_project(home)
    for ends_well in (True, False):
        with run_collector(home, collector_segment_max_age_s=0.1) as collector:
            track(collector.url, key)
            children = sealing_processes(collector.pid)
            assert len(children) == 1
            collector.stop() if ends_well else os.kill(collector.pid, signal.SIGKILL)
            wait_until(lambda children=children: not any(Path(f"/proc/{child}").exists() for child in children))
    with run_collector(home):
        pass
    assert len(landed_events(home)) == 2


def track(url: str, key: str) -> None:
    """Send an event and wait until it has landed."""
    body = {"name": "m", "metadata": {}}
    httpx.post(f"{url}/track", json=body, headers={"X-API-Key": key}).raise_for_status()
    wait_until(lambda: "turret_collector_unsealed_files 0" in httpx.get(f"{url}/metrics").text)


def sealing_processes(parent: int) -> list[int]:
    children = Path(f"/proc/{parent}/task/{parent}/children")
    pids = [pid for path in children.parent.parent.glob("*/children") for pid in path.read_text().split()]
    return [int(pid) for pid in pids if b"sealing_process" in Path(f"/proc/{pid}/cmdline").read_bytes()]
