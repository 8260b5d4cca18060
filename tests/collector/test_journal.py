"""The write-ahead file under a failing disk, and when it is rolled."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from collector.errors import UnavailableError
from collector.metrics import Metrics
from collector.wal.journal import GroupCommit, Journal
from collector.wal.wal_file import MAX_PREALLOCATED_BYTES, MIN_PREALLOCATED_BYTES, Damage, WalFile, scan_lines
from contracts.home import Home
from tests.factories.landed_segments import landed_events, segment_paths
from tests.factories.landing_writer import wal_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROJECT = "prj_0000000000000001"
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def line(event_id: str, size: int = 0) -> bytes:
    return wal_line(PROJECT, NOW, event_id=event_id, metadata={"padding": "x" * size})


@contextmanager
def file_size_limit(n_bytes: int) -> Iterator[None]:
    """A real disk that is full: the kernel writes up to the limit and refuses the rest."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def n_lines(path: Path) -> int:
    """The lines of a file that has nothing else."""
    damage: list[Damage] = []
    n_whole = len(list(scan_lines(path.read_bytes(), damage)))
    assert damage == []
    return n_whole


def test_append_short_write_is_cut_back_and_the_next_line_stands_whole(tmp_path: Path):
    file = WalFile.create(tmp_path, "one")
    file.append(line("first"))
    size = file.size

    with file_size_limit(size + 50), pytest.raises(OSError, match="File too large"):
        file.append(line("half", size=5000))

    assert file.path.stat().st_size == file.size == size
    assert not file.is_broken
    file.append(line("second"))
    file.close()
    assert n_lines(file.path) == 2


def test_append_failed_sync_gives_the_file_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = WalFile.create(tmp_path, "one")
    file.append(line("first"))

    # No disk here fails a sync on demand; the benchmark of crashes does it with a real fault below the file system.
    monkeypatch.setattr(os, "fdatasync", lambda _: (_ for _ in ()).throw(OSError(errno.EIO, "Input/output error")))
    with pytest.raises(OSError, match="Input/output error"):
        file.append(line("lost"))

    assert file.is_broken
    assert n_lines(file.path) == 1
    file.close()


def test_commit_after_a_failed_sync_goes_to_a_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with Journal(Home(tmp_path), max_bytes=1 << 20, max_age_s=3600) as journal:
        journal.commit(line("before"))
        with monkeypatch.context() as patch:
            patch.setattr(os, "fdatasync", lambda _: (_ for _ in ()).throw(OSError(errno.EIO, "Input/output error")))
            with pytest.raises(OSError, match="Input/output error"):
                journal.commit(line("lost"))
        journal.commit(line("after"))

    assert [event["event_id"] for event in landed_events(tmp_path)] == ["before", "after"]
    assert len(segment_paths(tmp_path)) == 2


def test_journal_rolls_by_size_and_at_the_end(tmp_path: Path):
    with Journal(Home(tmp_path), max_bytes=4096, max_age_s=3600) as journal:
        for number in range(5):
            journal.commit(line(str(number), size=2048))
    assert len(segment_paths(tmp_path)) == 3
    assert [event["event_id"] for event in landed_events(tmp_path)] == ["0", "1", "2", "3", "4"]


def test_journal_rolls_early_once_somebody_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    now, is_awaited = 100.0, False
    with (
        Journal(Home(tmp_path), max_bytes=1 << 20, max_age_s=10, is_awaited=lambda: is_awaited) as journal,
        monkeypatch.context() as clock,
    ):
        clock.setattr("collector.wal.journal.time.monotonic", lambda: now)
        journal.commit(line("awaited"))
        assert journal.seconds_until_roll() == pytest.approx(2)
        now += 3
        journal.roll_if_due()
        assert journal.seconds_until_roll() == pytest.approx(2)
        now, is_awaited = now + 2, True
        journal.roll_if_due()
        assert journal.seconds_until_roll() is None


def test_journal_rolls_by_age_and_at_the_full_hour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with Journal(Home(tmp_path), max_bytes=1 << 20, max_age_s=0.0) as journal:
        assert journal.seconds_until_roll() is None
        journal.commit(line("old"))
        assert journal.seconds_until_roll() == 0.0
        journal.roll_if_due()
        assert journal.seconds_until_roll() is None

    monkeypatch.setattr("time.time", lambda: 1_800_003_599.0)  # one second before a full hour
    with Journal(Home(tmp_path), max_bytes=1 << 20, max_age_s=3600) as journal:
        journal.commit(line("new"))
        left_s = journal.seconds_until_roll()
        assert left_s is not None
        assert 0.0 < left_s <= 1.0
        journal.roll_if_due()
        assert journal.seconds_until_roll() is not None


def test_append_makes_zeros_ahead_that_are_overwritten_and_never_read(tmp_path: Path):
    file = WalFile.create(tmp_path, "one")
    file.append(line("first"))
    length = file.path.stat().st_size
    assert length == file.size + MIN_PREALLOCATED_BYTES

    file.append(line("second"))
    assert file.path.stat().st_size == length

    for number in range(20):
        file.append(line(str(number), size=9_000) * 25)
    file.close()
    assert file.size < file.path.stat().st_size <= file.size + MAX_PREALLOCATED_BYTES
    assert file.path.read_bytes()[file.size :].strip(b"\0") == b""
    assert n_lines(file.path) == 502


def test_append_without_room_for_zeros_still_takes_the_line(tmp_path: Path):
    file = WalFile.create(tmp_path, "one")
    with file_size_limit(len(line("first")) + 1000):
        file.append(line("first"))
    file.append(line("second"))
    file.close()
    assert n_lines(file.path) == 2


def test_group_commit_many_waiters_share_few_syncs_and_all_land(tmp_path: Path):
    async def scenario() -> Counter[UnavailableError | None]:
        metrics, settled = Metrics(), Counter[UnavailableError | None]()
        journal = Journal(Home(tmp_path), max_bytes=1 << 20, max_age_s=3600)
        commits = GroupCommit(journal, max_queued_bytes=1 << 20, metrics=metrics)
        for number in range(200):
            commits.submit(line(str(number)), [], lambda failure: settled.update([failure]))
        assert not settled
        await commits.close()
        await asyncio.sleep(0)
        assert 0 < metrics.registry.get_sample_value("turret_collector_batch_events_count") < 5
        return settled

    assert asyncio.run(scenario()) == {None: 200}
    assert len(landed_events(tmp_path)) == 200


def test_group_commit_events_that_come_while_it_writes_are_the_next_batch(tmp_path: Path):
    async def scenario() -> None:
        metrics, order = Metrics(), list[str]()
        journal = Journal(Home(tmp_path), max_bytes=1 << 20, max_age_s=3600)
        commits = GroupCommit(journal, max_queued_bytes=1 << 20, metrics=metrics)
        both = asyncio.Event()

        def settle_first(_: UnavailableError | None) -> None:
            order.append("first")
            commits.submit(line("third"), [], lambda _: both.set())

        commits.submit(line("first"), [], settle_first)
        commits.submit(line("second"), [], lambda _: order.append("second"))
        await both.wait()
        assert commits.is_healthy
        assert order == ["first", "second"]
        assert metrics.registry.get_sample_value("turret_collector_batch_events_count") == 2
        await commits.close()

    asyncio.run(scenario())
    assert [event["event_id"] for event in landed_events(tmp_path)] == ["first", "second", "third"]


def test_group_commit_full_queue_or_closed_refuses_at_once(tmp_path: Path):
    async def scenario() -> None:
        journal = Journal(Home(tmp_path), max_bytes=1 << 20, max_age_s=3600)
        commits = GroupCommit(journal, max_queued_bytes=1000)
        with pytest.raises(UnavailableError, match="does not keep up"):
            commits.submit(line("big", size=2000), [], lambda _: None)
        commits.submit(line("small"), [], lambda _: None)
        await commits.close()
        with pytest.raises(UnavailableError, match="shutting down"):
            commits.submit(line("late"), [], lambda _: None)

    asyncio.run(scenario())
    assert [event["event_id"] for event in landed_events(tmp_path)] == ["small"]
