"""The time at which events are received: never backwards, and the database's if that is another machine's."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from collector.clock import follow_database
from collector.validation import Clock, landed_time

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def seconds(landed: str) -> float:
    return datetime.fromisoformat(landed).timestamp()


@pytest.fixture
def jump(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Set this machine's clock by so many seconds; what a database elsewhere says stays as it is."""
    seconds_now, nanoseconds_now = time.time, time.time_ns

    def jump(by_s: int) -> None:
        monkeypatch.setattr("time.time", lambda: seconds_now() + by_s)
        monkeypatch.setattr("time.time_ns", lambda: nanoseconds_now() + by_s * 10**9)

    yield jump
    monkeypatch.undo()


def database(ahead_s: float, *, has_own_clock: bool = True) -> Any:
    """The clock of a database, so far ahead of the true time."""
    true_time = time.time
    return SimpleNamespace(has_own_clock=has_own_clock, clock_offset_s=lambda: true_time() + ahead_s - time.time())


def test_clock_set_back_never_runs_backwards(monkeypatch: pytest.MonkeyPatch):
    times = [NOW, NOW.replace(hour=11), NOW.replace(hour=13, microsecond=7)]
    nanoseconds = iter([int(time.timestamp()) * 10**9 + time.microsecond * 1000 for time in times])
    monkeypatch.setattr("time.time_ns", lambda: next(nanoseconds))
    clock = Clock().now
    assert [clock(), clock(), clock()] == [landed_time(NOW), landed_time(NOW), landed_time(times[2])]


@pytest.mark.parametrize("ahead_s", [-300, 0, 90])
def test_clock_follows_the_database_though_the_machines_clock_is_set_meanwhile(jump: Any, ahead_s: int):
    true_time, there = time.time, database(ahead_s)
    clock = Clock()
    follow_database(clock, there)
    for by_s in (3600, -3600, 0):
        jump(by_s)
        before = clock.now()
        assert seconds(before) == pytest.approx(true_time() + ahead_s, abs=5)
        follow_database(clock, there)
        assert clock.now() > before
        assert seconds(clock.now()) == pytest.approx(true_time() + ahead_s, abs=5)


def test_clock_with_sqlite_follows_the_machines(jump: Any):
    true_time, clock = time.time, Clock()
    follow_database(clock, database(90, has_own_clock=False))
    jump(60)
    assert seconds(clock.now()) == pytest.approx(true_time() + 60, abs=5)


def test_clock_that_is_off_is_logged_once(caplog: pytest.LogCaptureFixture):
    clock = Clock()
    for _ in range(3):
        follow_database(clock, database(90))
    assert [record.offset_s for record in caplog.records] == [90.0]  # type: ignore[attr-defined]
