"""For how long events are kept: what is in force when, and what can be withdrawn."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from projects.deletion import retention
from projects.errors import InvalidValueError, NotFoundError

if TYPE_CHECKING:
    from datetime import tzinfo

    from projects.repository import Projects

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


class Clock:
    """Stands for `datetime` in the module."""

    now_is = NOW

    @classmethod
    def now(cls, tz: tzinfo) -> datetime:
        return cls.now_is.astimezone(tz)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> type[Clock]:
    monkeypatch.setattr(retention, "datetime", Clock)
    monkeypatch.setattr(Clock, "now_is", NOW)
    return Clock


def test_shorter_time_waits_a_day_and_longer_is_in_force_at_once(projects: Projects, clock: type[Clock]):
    project_id = projects.create_project("Shop").project_id
    kept = projects.retention.set("Shop", 30).retention
    assert (kept.days, kept.next_days, kept.next_at) == (None, 30, NOW + timedelta(hours=24))
    assert projects.retention.due(NOW + timedelta(hours=23)) == {}
    later = NOW + timedelta(hours=24)
    assert projects.retention.due(later) == {project_id: date(2026, 11, 1)}
    clock.now_is = later
    assert projects.retention.set("Shop", 90).retention.days == 90
    assert projects.retention.set("Shop", None).retention.days_at(later) is None


def test_another_choice_waits_from_its_own_time_and_the_same_one_does_not(projects: Projects, clock: type[Clock]):
    projects.create_project("Shop")
    projects.retention.set("Shop", 30)
    clock.now_is = NOW + timedelta(hours=20)
    assert projects.retention.set("Shop", 30).retention.next_at == NOW + timedelta(hours=24)
    assert projects.retention.set("Shop", 60).retention.next_at == NOW + timedelta(hours=44)
    assert projects.retention.cancel("Shop").retention.next_days is None
    with pytest.raises(NotFoundError, match="nothing to cancel"):
        projects.retention.cancel("Shop")


def test_what_is_in_force_cannot_be_cancelled(projects: Projects, clock: type[Clock]):
    projects.create_project("Shop")
    projects.retention.set("Shop", 30)
    clock.now_is = NOW + timedelta(hours=25)
    with pytest.raises(NotFoundError, match="nothing to cancel"):
        projects.retention.cancel("Shop")


def test_due_until_a_run_has_finished_it_and_again_the_next_day(projects: Projects, clock: type[Clock]):
    project_id = projects.create_project("Shop").project_id
    projects.retention.set("Shop", 30)
    clock.now_is = NOW + timedelta(hours=24)
    due = projects.retention.due(clock.now_is)
    projects.retention.begin({project_id: 5}, due)
    assert projects.get("Shop").retention.days == 30
    projects.retention.finish(only_unfound=True)
    assert projects.retention.begun() == [project_id]
    projects.retention.begin({project_id: 0}, due)  # a run that repeats it
    projects.retention.finish()
    done = projects.get("Shop").retention
    assert (done.aged_before, done.n_aged) == (date(2026, 11, 1), 5)
    assert projects.retention.due(clock.now_is) == {}
    assert projects.retention.due(clock.now_is + timedelta(days=1)) == {project_id: date(2026, 11, 2)}


def test_what_is_postponed_is_due_again_and_not_finished(projects: Projects, clock: type[Clock]):
    project_id = projects.create_project("Shop").project_id
    projects.text_retention.set("Shop", 30)
    clock.now_is = NOW + timedelta(hours=24)
    due = projects.text_retention.due(clock.now_is)
    projects.text_retention.begin({project_id: 5}, due)
    projects.text_retention.postpone()
    projects.text_retention.finish()
    assert projects.text_retention.due(clock.now_is) == due == {project_id: date(2026, 11, 1)}
    assert projects.retention.due(clock.now_is) == {}


def test_each_project_has_a_key_that_stays(projects: Projects):
    ids = [projects.create_project(name).project_id for name in ("Shop", "Bank")]
    keys = projects.text_retention.keys(ids)
    assert keys == projects.text_retention.keys(ids)
    assert len({*keys.values()}) == 2
    assert all(len(key) == 32 for key in keys.values())


@pytest.mark.parametrize("days", [0, -1, 36_501])
def test_days_out_of_range_are_refused(projects: Projects, days: int):
    projects.create_project("Shop")
    with pytest.raises(InvalidValueError, match="allowed are 1 to 36,500"):
        projects.retention.set("Shop", days)
