"""Dagster's own home."""

from __future__ import annotations

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
