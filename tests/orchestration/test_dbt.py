"""dbt around Dagster: when the project is parsed, and what is left of old runs."""

from __future__ import annotations

import os

import pytest

from contracts.home import Home
from contracts.settings import load_settings
from orchestration.dbt.project import forget_old_targets, prepared_manifest


def test_prepared_manifest_is_parsed_once_and_again_when_a_variable_changes(tmp_path):
    settings = load_settings(home=tmp_path)
    first = prepared_manifest(settings).stat().st_mtime_ns
    assert prepared_manifest(settings).stat().st_mtime_ns == first
    other_gap = load_settings(home=tmp_path, session_gap_minutes=45)
    assert prepared_manifest(other_gap).stat().st_mtime_ns > first


@pytest.mark.parametrize(("n_runs", "n_kept"), [(0, 0), (2, 2), (5, 3)])
def test_forget_old_targets_keeps_the_newest(tmp_path, n_runs, n_kept):
    home = Home(tmp_path)
    home.dbt.mkdir()
    for number in range(n_runs):
        folder = home.dbt / f"model_before_topics-{number}"
        folder.mkdir()
        (folder / "manifest.json").touch()
        os.utime(folder, (number, number))
    (home.dbt / "manifest.json").touch()
    forget_old_targets(home, kept=3)
    left = sorted(folder.name for folder in home.dbt.glob("model_*"))
    assert left == [f"model_before_topics-{number}" for number in range(n_runs - n_kept, n_runs)]
    assert (home.dbt / "manifest.json").exists()
