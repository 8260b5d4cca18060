"""The asset graph as data teams see it in Dagster."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from contracts.settings import load_settings
from contracts.tables import MARTS, ML, RAW
from orchestration.definitions import build_definitions
from orchestration.triggers import JOB_NAME

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def definitions(tmp_path_factory):
    return build_definitions(load_settings(home=tmp_path_factory.mktemp("home")))


@pytest.fixture(scope="module")
def graph(definitions):
    return definitions.resolve_asset_graph()


def parents(graph, name):
    return {key.to_user_string() for key in graph.get(dg.AssetKey(name.split("/"))).parent_keys}


def test_the_graph_follows_the_way_of_an_event(graph):
    assert parents(graph, "staging/stg_raw__events") == {"raw/events"}
    assert parents(graph, "ml/embeddings") == {"intermediate/int_messages__extracted"}
    assert parents(graph, "ml/text_topics") == parents(graph, "ml/topic_lineage") == {"ml/embeddings"}
    assert parents(graph, "ml/topics") == {"ml/text_topics", "ml/topic_lineage"}
    assert "staging/stg_ml__text_topics" in parents(graph, "marts/fct_messages")
    assert parents(graph, "published/turret") == {f"marts/{table.name}" for table in MARTS}


def test_every_table_of_the_contracts_is_an_asset_in_its_group(graph):
    groups = {key.to_user_string(): graph.get(key).group_name for key in graph.get_all_asset_keys()}
    assert {groups[f"raw/{table.name}"] for table in RAW} == {"landing"}
    assert {groups[f"ml/{table.name}"] for table in ML} == {"topics"}
    assert {groups[f"marts/{table.name}"] for table in MARTS} == {"journeys"}
    assert groups["intermediate/int_events__sessionized"] == "sessions"
    assert groups["published/turret"] == "published"


def test_the_three_gates_block(graph):
    gates = {key.name: key for key in graph.asset_check_keys if key.name.endswith("_gate")}
    assert set(gates) == {"raw_gate", "topics_gate", "marts_gate"}
    assert all(graph.get_check_spec(key).blocking for key in gates.values())


def test_every_asset_is_described(graph):
    nameless = [key.to_user_string() for key in graph.materializable_asset_keys if not graph.get(key).description]
    assert nameless == []


def test_one_job_runs_everything_and_sensor_and_schedule_start_it(definitions, graph):
    job = definitions.resolve_job_def(JOB_NAME)
    assert job.asset_layer.executable_asset_keys == graph.materializable_asset_keys
    assert definitions.resolve_sensor_def("landed_segments").job_name == JOB_NAME
    assert definitions.resolve_schedule_def("hourly_fallback").job_name == JOB_NAME


def test_dagster_validates_the_code_location_of_the_workspace(tmp_path):
    done = subprocess.run(
        [Path(sys.executable).parent / "dagster", "definitions", "validate", "-w", "workspace.yaml"],
        cwd=ROOT,
        env={**os.environ, "TURRET_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
