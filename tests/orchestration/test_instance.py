"""Dagster's own home."""

from __future__ import annotations

import sqlite3.dbapi2

import dagster as dg
import pytest

from contracts.settings import load_settings
from orchestration.errors import DagsterHomeError
from orchestration.runs.instance import open_instance


def test_open_instance_never_calls_home_and_lets_one_run_go_at_a_time(tmp_path):
    with open_instance(load_settings(home=tmp_path / "it's a home {x} é")) as instance:
        assert not instance.telemetry_enabled
        assert instance.get_concurrency_config().run_queue_config.max_concurrent_runs == 1


def test_open_instance_in_a_home_that_dagster_overlooks_is_refused_with_a_sentence(tmp_path):
    with pytest.raises(DagsterHomeError, match="choose a TURRET_HOME without"):
        open_instance(load_settings(home=tmp_path).model_copy(update={"home": tmp_path / "odd [x]"}))


def test_events_of_a_run_share_one_connection_to_their_file(tmp_path, monkeypatch):
    opened = []
    connect = sqlite3.dbapi2.connect
    monkeypatch.setattr(
        sqlite3.dbapi2, "connect", lambda *given, **named: opened.append(given) or connect(*given, **named)
    )
    with open_instance(load_settings(home=tmp_path)) as instance:
        run = instance.create_run_for_job(_nothing)
        instance.report_engine_event("begins", run)
        n_opened = len(opened)
        for _ in range(5):
            instance.report_engine_event("goes on", run)
        assert len(opened) == n_opened > 0
        assert len(instance.all_logs(run.run_id)) == 6


@dg.job
def _nothing() -> None:
    pass
