"""dbt around Dagster: when the project is parsed, and what is left of old runs."""

from __future__ import annotations

from contracts.settings import load_settings
from orchestration.dbt.project import prepared_manifest


def test_prepared_manifest_is_parsed_once_and_again_when_a_variable_changes(tmp_path):
    settings = load_settings(home=tmp_path)
    first = prepared_manifest(settings).stat().st_mtime_ns
    assert prepared_manifest(settings).stat().st_mtime_ns == first
    other_gap = load_settings(home=tmp_path, session_gap_minutes=45)
    assert prepared_manifest(other_gap).stat().st_mtime_ns > first
