"""A past day is loaded again through Dagster's own command: marts stay the same, and Dagster knows what was loaded."""

from __future__ import annotations

import dagster as dg
import pytest

from contracts.settings import load_settings
from orchestration.runs.instance import open_instance
from orchestration.runs.tags import PROJECT_TAG_PREFIX
from tests.pipeline.events import EVENTS_A_DAY, N_DAYS

pytestmark = pytest.mark.pipeline


@pytest.fixture(scope="module")
def instance(installation):
    with open_instance(load_settings(home=installation.turret.home)) as instance:
        yield instance


def test_backfill_of_a_past_day_publishes_a_version_with_the_same_marts(installation):
    others = installation.project_ids.keys() - {"Shop", "placeholders"}  # edits of these were undone before
    differing = installation.differing("edited", "undone")
    assert not any(differing[name] for name in others)
    n_events = N_DAYS * EVENTS_A_DAY
    assert installation.rows("undone", "Landed", "select count(*) from fct_events") == [(n_events,)]


def test_a_run_for_no_day_in_particular_marks_the_days_it_loaded_and_the_projects(installation, instance):
    days = instance.get_materialized_partitions(dg.AssetKey(["raw", "events"]))
    assert {"2026-03-02", "2026-03-03", "2026-03-04"} < days
    tags = instance.get_runs()[-1].tags
    n_loaded = tags[f"{PROJECT_TAG_PREFIX}{installation.project_ids['Landed']}"]
    assert int(n_loaded) == N_DAYS * EVENTS_A_DAY


def test_every_asset_of_a_run_has_its_row_count_and_columns(instance):
    lacking = []
    for key in instance.all_asset_keys():
        event = instance.get_latest_materialization_event(key)
        metadata = event.asset_materialization.metadata if event else {}
        if "dagster/row_count" not in metadata:
            lacking.append(key.to_user_string())
        if key.path[0] in {"marts", "intermediate", "staging"}:
            columns = metadata["dagster/column_schema"].value.columns
            assert all(column.type != "?" and (column.description or "").strip() for column in columns), key
    assert lacking == []
