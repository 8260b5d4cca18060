"""The stage of the run under way: what readers are told, also after a failed and a killed run."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from contracts.home import Home
from contracts.run_progress import (
    STARTING,
    RunProgress,
    begin_run,
    begin_stage,
    end_run,
    fail_stage,
    read_broken_stage,
    read_progress,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NINE = datetime(2026, 4, 6, 9)  # noqa: DTZ001  # UTC without a zone, as in the record
TEN = datetime(2026, 4, 6, 10)  # noqa: DTZ001  # the same


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@contextmanager
def lock_held(home: Home) -> Iterator[None]:
    with home.warehouse_lock.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def test_read_progress_without_any_run_is_none(home: Home):
    assert (read_progress(home), read_broken_stage(home)) == (None, None)


def test_read_progress_tells_the_stage_and_when_the_run_began(home: Home):
    with lock_held(home):
        begin_run(home)
        assert read_progress(home) == STARTING
        begin_stage(home, "run-1", "Loading", NINE)
        begin_stage(home, "run-1", "Finding topics", TEN)
        assert read_progress(home) == RunProgress("run-1", "Finding topics", NINE, TEN)
        assert read_broken_stage(home) is None
        end_run(home)
    assert (read_progress(home), read_broken_stage(home)) == (None, None)


def test_read_broken_stage_after_a_failure_is_the_stage_that_failed(home: Home):
    with lock_held(home):
        begin_run(home)
        begin_stage(home, "run-1", "Finding topics", NINE)
        fail_stage(home)
        end_run(home)
    assert read_progress(home) is None
    assert read_broken_stage(home) == RunProgress("run-1", "Finding topics", NINE, NINE, has_failed=True)


def test_read_broken_stage_after_a_kill_is_the_stage_that_was_cut_off(home: Home):
    with lock_held(home):
        begin_run(home)
        begin_stage(home, "run-1", "Loading", NINE)
    assert read_broken_stage(home) == RunProgress("run-1", "Loading", NINE, NINE)
    with lock_held(home):
        begin_run(home)
        assert read_progress(home) == STARTING


@pytest.mark.parametrize("left", ["", "[]", '{"run_id": "run-1"}'])
def test_read_progress_of_a_file_that_a_power_cut_left_counts_as_starting(home: Home, left: str):
    home.run_progress.write_text(left)
    assert read_broken_stage(home) is None
    with lock_held(home):
        assert read_progress(home) == STARTING
