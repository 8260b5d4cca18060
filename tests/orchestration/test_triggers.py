"""When the sensor asks for a run."""

from __future__ import annotations

import os
import threading

import dagster as dg
import pytest

from contracts.home import Home
from contracts.settings import load_settings
from orchestration.runs.instance import open_instance
from orchestration.triggers import JOB_NAME, MAX_KILLED, WATCH_JOB_NAME, build_schedules, build_sensor, decide
from projects.database import open_projects
from tests.factories.landing_factory import land


def test_decide_with_nothing_landed_asks_for_nothing():
    decision = decide(None, [], is_run_under_way=False)
    assert decision.run_key is None
    assert decision.reason == "Nothing has landed yet."


def test_decide_with_first_files_asks_for_a_run():
    assert decide(None, ["a"], is_run_under_way=False).run_key


def test_decide_with_the_same_files_asks_for_nothing():
    first = decide(None, ["a", "b"], is_run_under_way=False)
    assert decide(first.cursor, ["b", "a"], is_run_under_way=False).run_key is None


def test_decide_with_a_new_file_asks_for_another_run():
    first = decide(None, ["a"], is_run_under_way=False)
    second = decide(first.cursor, ["a", "b"], is_run_under_way=False)
    assert second.run_key not in {None, first.run_key}


def test_decide_with_a_late_file_of_an_old_hour_asks_for_another_run():
    first = decide(None, ["date=2026-03-02/b"], is_run_under_way=False)
    assert decide(first.cursor, ["date=2026-03-01/a", "date=2026-03-02/b"], is_run_under_way=False).run_key


def test_decide_while_a_run_is_under_way_waits_and_then_asks():
    first = decide(None, ["a"], is_run_under_way=False)
    waiting = decide(first.cursor, ["a", "b"], is_run_under_way=True)
    assert waiting.run_key is None
    assert decide(waiting.cursor, ["a", "b"], is_run_under_way=False).run_key


# ------------------------------------------------------------------------------------------ with Dagster's own instance


@pytest.fixture
def settings(tmp_path):
    return load_settings(home=tmp_path)


def job(name=JOB_NAME):
    """A job of that name: triggers look at names only, and the real one needs dbt to read its project."""
    return dg.define_asset_job(name, selection=dg.AssetSelection.all())


def look(settings, cursor=None, watch_s=0):
    """What the sensor requests in a process that has just started, with a new sensor and instance."""
    sensor = build_sensor(job(), watch_s)
    with (
        open_instance(settings) as instance,
        dg.build_sensor_context(instance, cursor=cursor, resources={"settings": settings}) as context,
    ):
        return sensor.evaluate_tick(context)


def test_sensor_that_died_before_its_cursor_was_kept_asks_with_the_same_key_again(settings):
    land(Home(settings.home), "a", b"")
    (asked,) = look(settings).run_requests
    (again,) = look(settings).run_requests
    assert asked.run_key == again.run_key  # Dagster starts one run per key, however often it is requested


def test_sensor_after_a_restart_goes_on_from_its_cursor(settings):
    land(Home(settings.home), "a", b"")
    cursor = look(settings).cursor
    assert look(settings, cursor).run_requests == []
    land(Home(settings.home), "b", b"")
    assert len(look(settings, cursor).run_requests) == 1


def test_sensor_asks_for_a_run_when_people_have_chosen_something(settings):
    land(Home(settings.home), "a", b"")
    cursor = look(settings).cursor
    with open_projects(settings) as projects:
        project = projects.create_project("Support bot")
        chosen = look(settings, cursor)
        assert len(chosen.run_requests) == 1
        projects.set_field_override(project.project_id, "rating", "number")
    assert look(settings, chosen.cursor).run_requests[0].run_key != chosen.run_requests[0].run_key


def test_sensor_asks_for_a_run_after_a_restart_with_another_setting_and_with_the_former_one_again(settings):
    land(Home(settings.home), "a", b"")
    asked = [look(settings)]
    for minutes in (45, 30, 45):
        changed = settings.model_copy(update={"session_gap_minutes": minutes})
        asked.append(look(changed, asked[-1].cursor))
        assert look(changed, asked[-1].cursor).run_requests == []
    assert len({request.run_key for each in asked for request in each.run_requests}) == len(asked)


def test_sensor_asks_for_a_run_each_time_somebody_asks_for_one(settings):
    land(Home(settings.home), "a", b"")
    cursor = look(settings).cursor
    for moment in (1, 2):
        Home(settings.home).run_request.touch()
        os.utime(Home(settings.home).run_request, (moment, moment))
        asked = look(settings, cursor)
        assert len(asked.run_requests) == 1
        assert look(settings, asked.cursor).run_requests == []
        cursor = asked.cursor


@dg.op
def fails():
    raise ValueError


@dg.job(name=JOB_NAME)
def pipeline():
    fails()


def end_run(settings, how):
    """Record a run of the pipeline that has ended in this way."""
    with open_instance(settings) as instance:
        if how == "failed":
            pipeline.execute_in_process(instance=instance, raise_on_error=False)
            return
        run = instance.create_run_for_job(pipeline)
        instance.report_run_failed(run) if how == "killed" else instance.report_run_canceled(run)


@pytest.mark.parametrize(
    ("endings", "is_replaced"),
    [
        (["killed"], True),
        (["failed", "killed"], True),
        (["canceled"], False),
        (["killed", "failed"], False),
        (["killed"] * MAX_KILLED, False),
    ],
)
def test_sensor_replaces_a_run_that_was_killed_but_none_that_failed_by_itself(settings, endings, is_replaced):
    land(Home(settings.home), "a", b"")
    cursor = look(settings).cursor
    for how in endings:
        end_run(settings, how)
    keys = [request.run_key for request in look(settings, cursor).run_requests]
    with open_instance(settings) as instance:
        (last,) = instance.get_runs(limit=1)
    assert keys == ([f"{cursor} after {last.run_id}"] if is_replaced else [])


def test_sensor_waits_for_what_happens_after_its_look(settings):
    home = Home(settings.home)
    land(home, "a", b"")
    cursor = look(settings).cursor
    asking = threading.Timer(0.5, home.run_request.touch)
    asking.start()
    assert len(look(settings, cursor, watch_s=60).run_requests) == 1
    asking.join()


def tick(settings, name):
    (schedule,) = [one for one in build_schedules(job(), job(WATCH_JOB_NAME)) if one.name == name]
    with (
        open_instance(settings) as instance,
        dg.build_schedule_context(instance, resources={"settings": settings}) as context,
    ):
        return schedule.evaluate_tick(context)


def test_hourly_catch_up_runs_while_nothing_is_published(settings):
    assert len(tick(settings, "hourly_catch_up").run_requests) == 1


@pytest.mark.parametrize("name", ["hourly_catch_up", "hourly_watch"])
def test_hourly_looks_ask_for_nothing_while_a_run_is_under_way(settings, name):
    with open_instance(settings) as instance:
        run = instance.create_run_for_job(dg.job(name=JOB_NAME)(lambda: None))
        assert run.status == dg.DagsterRunStatus.NOT_STARTED
    assert tick(settings, name).run_requests == []
    assert "under way" in tick(settings, name).skip_message


def test_daily_pass_runs_whether_or_not_anything_is_new(settings):
    assert len(tick(settings, "daily_pass").run_requests) == 1
