"""Runs whose process was killed end as failed, and another takes their place."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import dagster as dg
import pytest

from contracts.home import Home
from contracts.settings import load_settings
from orchestration.runs.instance import open_instance
from orchestration.runs.stale_runs import SILENT_S, end_stale_runs
from orchestration.triggers import JOB_NAME, build_sensor
from orchestration.warehouse.writer_lock import hold_lock
from tests.factories.landing_factory import land

RUN_THAT_IS_KILLED = f"""
import os, signal
import dagster as dg
from contracts.home import Home
from contracts.settings import load_settings
from orchestration.runs.instance import open_instance
from orchestration.warehouse.writer_lock import hold_lock

@dg.op
def work():
    os.kill(os.getpid(), signal.SIGKILL)

@dg.job(name={JOB_NAME!r})
def pipeline():
    work()

settings = load_settings()
with open_instance(settings) as instance, hold_lock(Home(settings.home).warehouse_lock, 0):
    pipeline.execute_in_process(instance=instance)
"""


@dg.job(name=JOB_NAME)
def nothing_to_do():
    """A job without steps."""


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """A home with a landed file, and a run over it that was killed with kill -9 while it held the warehouse."""
    settings = load_settings(home=tmp_path_factory.mktemp("home"))
    land(Home(settings.home), "a", b"")
    done = subprocess.run(
        [sys.executable, "-c", RUN_THAT_IS_KILLED],
        env={**os.environ, "TURRET_HOME": str(settings.home)},
        check=False,
        stderr=subprocess.DEVNULL,
    )
    assert done.returncode == -signal.SIGKILL
    return settings


def statuses(settings):
    with open_instance(settings) as instance:
        return [run.status for run in instance.get_runs()]


def look(settings, cursor, monkeypatch, now):
    """What the sensor asks for at a moment."""
    monkeypatch.setattr("orchestration.runs.stale_runs.time.time", lambda: now)
    sensor = build_sensor(dg.define_asset_job(JOB_NAME, selection=dg.AssetSelection.all()), watch_s=0)
    with (
        open_instance(settings) as instance,
        dg.build_sensor_context(instance, cursor=cursor, resources={"settings": settings}) as context,
    ):
        return sensor.evaluate_tick(context)


def test_a_killed_run_ends_once_it_is_silent_and_is_replaced_by_exactly_one(settings, monkeypatch):
    later = time.time() + SILENT_S + 1
    assert statuses(settings) == [dg.DagsterRunStatus.STARTED]
    with open_instance(settings) as instance:
        assert end_stale_runs(instance, settings) == []  # it may be a run that has only just begun
        with hold_lock(Home(settings.home).warehouse_lock, 0):
            assert end_stale_runs(instance, settings, later) == []  # it works
    cursor = look(settings, None, monkeypatch, time.time()).cursor
    assert statuses(settings) == [dg.DagsterRunStatus.STARTED]
    (request,) = look(settings, cursor, monkeypatch, later).run_requests
    assert statuses(settings) == [dg.DagsterRunStatus.FAILURE]
    with open_instance(settings) as instance:
        assert request.run_key.endswith(instance.get_runs()[0].run_id)
    (again,) = look(settings, request.run_key.split(" after ")[0], monkeypatch, later).run_requests
    assert again.run_key == request.run_key  # Dagster starts one run for a key


def test_a_run_that_waits_for_the_warehouse_lives(tmp_path, monkeypatch):
    settings = load_settings(home=tmp_path)
    waiting = hold_lock(Home(settings.home).warehouse_lock, 0)
    sleep, tester = time.sleep, threading.current_thread()

    def take_lock(seconds: float) -> None:
        """Let the run have the lock by now; threads of other tests' libraries sleep as usual."""
        if threading.current_thread() is tester:
            waiting.__enter__()
        else:
            sleep(seconds)

    monkeypatch.setattr("orchestration.runs.stale_runs.time.sleep", take_lock)
    with open_instance(settings) as instance:
        instance.create_run_for_job(nothing_to_do, status=dg.DagsterRunStatus.STARTED)
        assert end_stale_runs(instance, settings, time.time() + SILENT_S + 1) == []
    waiting.__exit__(None, None, None)
    assert statuses(settings) == [dg.DagsterRunStatus.STARTED]


def test_a_run_that_lost_all_its_events_ends(tmp_path):
    settings = load_settings(home=tmp_path)
    with open_instance(settings) as instance:
        run = instance.create_run_for_job(nothing_to_do, status=dg.DagsterRunStatus.STARTED)
        assert end_stale_runs(instance, settings) == [run.run_id]
