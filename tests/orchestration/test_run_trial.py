"""The checks of bench/run_crash.py detect every kind of damage; the trial itself takes minutes and is no test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest
import zstandard
from harness.run_trial import RunTrial, Verdict
from run_crash import damage

from contracts.home import Home
from orchestration.warehouse.resource import create_tables
from tests.factories.published_factory import ASSISTANT, SAMPLE, SampleProject, publish

if TYPE_CHECKING:
    from pathlib import Path

IDS = ("evt_1", "evt_2", "evt_3")


@pytest.fixture
def trial(tmp_path: Path) -> RunTrial:
    """A home with three landed events, all loaded, and published marts."""
    home = Home(tmp_path / "home")
    folder = home.landing / f"project_id={ASSISTANT}" / "date=2026-01-01" / "hour=00"
    folder.mkdir(parents=True)
    lines = b"".join(b'{"event_id":"%s"}\n' % event_id.encode() for event_id in IDS)
    (folder / "1.ndjson.zst").write_bytes(zstandard.compress(lines))
    publish(home.root, (SampleProject(ASSISTANT, 20, SAMPLE[0].subjects),))
    with duckdb.connect(home.warehouse) as warehouse:
        create_tables(warehouse)
        warehouse.executemany(
            "insert into raw.events (project_id, event_id) values (?, ?)", [(ASSISTANT, event_id) for event_id in IDS]
        )
    return RunTrial(home)


@pytest.fixture
def undisturbed(trial: RunTrial, tmp_path: Path) -> RunTrial:
    return trial.copy_to(tmp_path / "undisturbed")


def judged(trial: RunTrial, undisturbed: RunTrial) -> Verdict:
    verdict = Verdict()
    trial.judge(undisturbed, verdict)
    return verdict


def test_judge_of_a_home_like_the_undisturbed_one_finds_nothing(trial: RunTrial, undisturbed: RunTrial):
    assert judged(trial, undisturbed).is_clean


def test_judge_names_events_that_are_lost_or_twice(trial: RunTrial, undisturbed: RunTrial):
    damage(trial, "lose")
    assert judged(trial, undisturbed) == Verdict(lost=["evt_1"])
    damage(undisturbed, "double")
    assert len(judged(undisturbed, trial).twice) == 1


def test_judge_names_marts_that_differ_by_one_row(trial: RunTrial, undisturbed: RunTrial):
    with duckdb.connect(trial.home.published.resolve()) as marts:
        marts.execute("insert into marts.fct_transitions from marts.fct_transitions limit 1")
        marts.execute("update marts.agg_pipeline_runs set run_id = 'another', started_at = now()")
    assert judged(trial, undisturbed) == Verdict(differing=["fct_transitions"])


def test_watcher_sees_marts_that_are_damaged_or_disagree_with_themselves(trial: RunTrial):
    clean, inconsistent, garbled = Verdict(), Verdict(), Verdict()
    with trial.watched(clean):
        trial.wait_until_watched()
    with duckdb.connect(trial.home.published.resolve()) as marts:
        marts.execute("delete from marts.fct_events where event_index_in_session = 1")
    with trial.watched(inconsistent):
        trial.wait_until_watched()
    with trial.watched(garbled):
        damage(trial, "garble")  # and waits until that was looked at
    assert (clean.is_clean, bool(inconsistent.broken), bool(garbled.broken)) == (True, True, True)
