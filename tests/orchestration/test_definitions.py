"""The asset graph as data teams see it in Dagster."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from contracts.home import Home
from contracts.settings import load_settings
from contracts.tables import MARTS, ML, RAW
from orchestration.alerts.reports import REPORT_JOB_NAME, REPORTS_KEY
from orchestration.dbt import project
from orchestration.definitions import build_definitions
from orchestration.triggers import JOB_NAME, WATCH_JOB_NAME
from tests.factories.landing_factory import land

ROOT = Path(__file__).parents[2]
OVERLAID = ("text_topics", "removed_texts", "moved_texts", "edited_topics", "retired_texts", "topic_roles")


@pytest.fixture(scope="module")
def home(tmp_path_factory, parsed_project):
    """A home with a landed file, for which dbt has read its project."""
    home = Home(tmp_path_factory.mktemp("home"))
    shutil.copytree(parsed_project, home.dbt)
    land(home, "a", b"")
    return home


@pytest.fixture(scope="module")
def definitions(home):
    return build_definitions(load_settings(home=home.root))


@pytest.fixture(scope="module")
def graph(definitions):
    return definitions.resolve_asset_graph()


def test_dbt_reads_its_project_once_for_a_home_and_again_when_a_variable_changes(tmp_path, parsed_project, monkeypatch):
    read = []
    monkeypatch.setattr(project, "_parse", lambda settings: read.append(settings.session_gap_minutes))  # takes seconds
    shutil.copytree(parsed_project, Home(tmp_path).dbt)
    for minutes in (30, 30, 45, 45, 30):
        project.prepared_manifest(load_settings(home=tmp_path, session_gap_minutes=minutes))
    assert read == [45, 30]


def parents(graph, name):
    return {key.to_user_string() for key in graph.get(dg.AssetKey(name.split("/"))).parent_keys}


def test_the_graph_follows_the_way_of_an_event(graph):
    assert parents(graph, "staging/stg_raw__events") == {"raw/events", "raw/projects"}
    messages = {"intermediate/int_messages__extracted", "intermediate/int_comments__extracted"}
    assert parents(graph, "ml/embeddings") == parents(graph, "ml/own_texts") == messages
    choices = {"raw/topic_choices", "raw/text_choices"}
    found = {"ml/embeddings", "raw/goals", "raw/projects", "raw/topic_candidates", *choices}
    assert parents(graph, "ml/text_topics") == parents(graph, "ml/topic_lineage") == found
    named = {"ml/text_topics", "ml/topic_lineage", "raw/topic_choices"}
    assert parents(graph, "ml/topics") == parents(graph, "ml/removed_texts") == named
    assert parents(graph, "ml/text_places") == {"ml/text_topics"}
    assert parents(graph, "ml/edited_topics") == {"ml/topics", "ml/placed_examples", *choices}
    assert parents(graph, "ml/topic_roles") == {
        *("ml/edited_topics", "ml/moved_texts", "ml/retired_texts", "ml/text_wants")
    }
    assert parents(graph, "staging/stg_ml__text_topics") == {f"ml/{table}" for table in OVERLAID}
    assert "staging/stg_ml__text_topics" in parents(graph, "intermediate/int_messages__judged")
    assert parents(graph, "published/alerts") == parents(graph, "published/reports") == {"published/turret"}
    assert parents(graph, "published/turret") == {f"marts/{table.name}" for table in MARTS}


def test_every_table_of_the_contracts_is_an_asset_in_its_group(graph):
    groups = {key.to_user_string(): graph.get(key).group_name for key in graph.get_all_asset_keys()}
    assert {groups[f"raw/{table.name}"] for table in RAW} == {"landing"}
    assert {groups[f"ml/{table.name}"] for table in ML} == {"topics"}
    assert {groups[f"marts/{table.name}"] for table in MARTS} == {
        "marts_core",
        "marts_journeys",
        "marts_outcomes",
        "marts_operations",
        "marts_topics",
    }
    assert groups["staging/stg_raw__events"] == groups["intermediate/int_events__sessionized"] == "sessions"
    assert groups["staging/stg_ml__topics"] == "topics"
    assert groups["ops/stage_runs"] == groups["staging/stg_ops__stage_runs"] == "marts_operations"
    assert groups["published/turret"] == "published"
    assert "default" not in groups.values()


def test_the_three_gates_block_and_the_warnings_do_not(graph):
    ours = {
        key.name: graph.get_check_spec(key)
        for key in graph.asset_check_keys
        if not key.name.startswith("assert_") and "__" not in key.name
    }
    assert {name for name, spec in ours.items() if spec.blocking} == {"raw_gate", "topics_gate", "marts_gate"}
    assert {name for name, spec in ours.items() if not spec.blocking} >= {
        *("rejected_lines", "unknown_projects", "volume", "silence"),
        *("noise", "filler", "long"),
        *(
            "field_types",
            "implausible_times",
            "single_fields",
            "short_answers",
            "doubtful_ids",
            "automated_sessions",
            "overlong_sessions",
        ),
    }
    assert all(spec.description for spec in ours.values())


def test_the_marts_gate_waits_for_every_mart(graph):
    (key,) = [key for key in graph.asset_check_keys if key.name == "marts_gate"]
    waited_for = {dependency.asset_key.to_user_string() for dependency in graph.get_check_spec(key).additional_deps}
    assert waited_for | {"marts/fct_sessions"} == {f"marts/{table.name}" for table in MARTS}


def test_loading_is_partitioned_by_the_days_that_have_landed_files(graph):
    days = graph.get(dg.AssetKey(["raw", "events"])).partitions_def
    assert days.get_first_partition_key() == "2026-03-02"
    assert days.get_last_partition_key() == f"{datetime.now(UTC):%Y-%m-%d}"
    assert graph.get(dg.AssetKey(["raw", "projects"])).partitions_def is None


def test_published_marts_go_stale_when_nobody_runs_the_pipeline(graph):
    policy = graph.get(dg.AssetKey(["published", "turret"])).freshness_policy
    assert policy.fail_window.to_timedelta() == timedelta(hours=26)


def test_every_asset_is_described(graph):
    nameless = [key.to_user_string() for key in graph.materializable_asset_keys if not graph.get(key).description]
    assert nameless == []


def test_one_job_runs_everything_and_sensor_and_schedule_start_it(definitions, graph):
    job = definitions.resolve_job_def(JOB_NAME)
    assert job.asset_layer.executable_asset_keys == graph.materializable_asset_keys - {REPORTS_KEY}
    report = definitions.resolve_job_def(REPORT_JOB_NAME)
    assert report.asset_layer.executable_asset_keys == {REPORTS_KEY}
    assert definitions.resolve_schedule_def("weekly_report").job_name == REPORT_JOB_NAME
    assert definitions.resolve_sensor_def("landed_segments").job_name == JOB_NAME
    for name, job_name in (("hourly_catch_up", JOB_NAME), ("daily_pass", JOB_NAME), ("hourly_watch", WATCH_JOB_NAME)):
        assert definitions.resolve_schedule_def(name).job_name == job_name


def test_workspace_of_the_checkout_is_the_packaged_one():
    """That Dagster takes it is proven where the wheel is installed: tests/packaging/test_wheel.py."""
    assert (ROOT / "workspace.yaml").read_text() == (ROOT / "orchestration" / "workspace.yaml").read_text()
