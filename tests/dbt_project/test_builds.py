"""How the project builds: nothing at all, in another order of arrival, in two halves, and when a number is wrong."""

from __future__ import annotations

import json
import random
import re
import shutil
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from contracts import tables
from tests.dbt_project.conftest import GOALS
from tests.factories.dbt_factory import run_dbt
from tests.factories.marts_difference import differing_marts
from tests.factories.warehouse_factory import PROJECT_ID, make_warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.dbt_project.conftest import Built

pytestmark = pytest.mark.pipeline

N_UNIT_TESTS = 60
"""Fewer would mean that a file of unit tests is no longer found."""

SHUFFLED = ("build", "--exclude-resource-type", "unit_test", "test")

ONLY_ORDER = {"int_journeys__touched"}
"""Models that are built before others, and give them no rows."""


def test_empty_warehouse_builds_empty_marts_and_unit_tests_pass(tmp_path: Path, scratch: Path):
    warehouse = tmp_path / "warehouse.duckdb"
    make_warehouse(warehouse, [])
    output = run_dbt(warehouse, "build", scratch=scratch)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        counts = [connection.execute(f"select count(*) from {mart.qualified_name}").fetchone() for mart in tables.MARTS]
    assert counts == [(int(mart == tables.DIM_PROJECTS),) for mart in tables.MARTS]
    assert len(re.findall(r"PASS \w+::\w+", output)) >= N_UNIT_TESTS


def test_marts_do_not_depend_on_the_order_of_arrival(built: Built, tmp_path: Path):
    events = [*built.events, *built.feedback]
    random.Random(3).shuffle(events)
    other = tmp_path / built.path.name
    overrides = [(PROJECT_ID, "client.platform", "text")]
    make_warehouse(other, events, journey_fields={PROJECT_ID: "prompt"}, overrides=overrides, goals=GOALS)
    _copy_findings(built.path, other)
    run_dbt(other, *SHUFFLED, scratch=built.scratch)
    assert differing_marts(built.path, other) == {}


def _copy_findings(source: Path, target: Path) -> None:
    """Copy what the topic model found, and what the pipeline noted, from one warehouse to another."""
    with duckdb.connect(str(target)) as connection:
        connection.execute(f"attach '{source}' as source (read_only)")
        for table in (*tables.ML, *tables.OPS):
            connection.execute(f"delete from {table.qualified_name}")
            connection.execute(f"insert into {table.qualified_name} from source.{table.qualified_name}")


def _depends_on(manifest: dict[str, Any], unique_id: str) -> Iterator[str]:
    """All models above a node."""
    for parent in manifest["parent_map"].get(unique_id, []):
        yield parent
        yield from _depends_on(manifest, parent)


def test_projects_of_all_events_have_their_names(built: Built):
    named = [(project, f"Project {project[-2:]}") for project in sorted({event.project_id for event in built.events})]
    assert built.rows("select project_id, name from marts.dim_projects order by 1") == named


def test_models_before_ml_read_nothing_that_comes_after_it(built: Built):
    manifest = json.loads((built.scratch / "target" / "manifest.json").read_text())
    models = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    early = {key for key, node in models.items() if node["tags"] == ["before_ml"]}
    late = {key for key, node in models.items() if node["tags"] == ["after_ml"]}
    assert early | late == set(models)
    for key in early:
        parents = set(_depends_on(manifest, key))
        assert not parents & late
        assert {parent.split(".")[2] for parent in parents if parent.startswith("source.")} == {"raw"}


def test_every_model_says_why_it_is_built_as_it_is(built: Built):
    manifest = json.loads((built.scratch / "target" / "manifest.json").read_text())
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    unsaid = [node["name"] for node in models if not node["config"]["meta"].get("rebuild")]
    assert models
    assert unsaid == []


def test_every_mart_has_a_test_of_its_key(built: Built):
    manifest = json.loads((built.scratch / "target" / "manifest.json").read_text())
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    keyed = {node["attached_node"].split(".")[-1] for node in tests if node["test_metadata"]["kwargs"].get("unique")}
    assert keyed >= {mart.name for mart in tables.MARTS}


FAULTS = {
    "insert into intermediate.int_messages__judged from intermediate.int_messages__judged limit 1": {
        ("fct_messages", "unique", "project_id, event_id, field", 1)
    },
    "update raw.events set name = null where rowid < 2": {("fct_events", "not_null", "name", 2)},
    "update marts.dim_topics set label_source = 'guess' where rowid < 3": {
        ("dim_topics", "accepted_values", "label_source", 3)
    },
    "update marts.dim_topics set parent_topic_id = 'gone' where rowid < 4": {
        ("dim_topics", "relationships", "project_id, parent_topic_id", 4)
    },
}
"""A deliberate fault for every kind of constraint; the table, the constraint, its columns, how often it is broken."""


def test_data_tests_name_each_constraint_that_a_wrong_mart_breaks(built: Built, tmp_path: Path):
    broken = tmp_path / built.path.name  # views know their database by the file's name
    shutil.copy(built.path, broken)
    with duckdb.connect(str(broken)) as connection:
        for fault in FAULTS:
            connection.execute(fault)
    expected = set().union(*FAULTS.values())
    names = sorted({f"{table}__constraints" for table, *_ in expected})
    words = ("test", "--store-failures", "--select", *names)
    output = run_dbt(broken, *words, scratch=built.scratch, ok=False)
    assert set(re.findall(r"FAIL \d+ (\w+) \.", output)) == set(names)
    with duckdb.connect(str(broken)) as connection:
        found = {
            (name.removesuffix("__constraints"), *row)
            for name in names
            for row in connection.execute(f"select * from dbt_test__audit.{name}").fetchall()
        }
    assert found == expected


def test_a_new_row_with_the_key_of_one_that_was_not_touched_fails(built: Built, tmp_path: Path):
    """A run looks at the rows it made, but whether their keys are unique is a question to the whole table."""
    warehouse = tmp_path / built.path.name
    shutil.copy(built.path, warehouse)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "insert into raw.events from ("
            " select * replace ("
            "'evt_new' as event_id, 'new session' as session_id, true as is_session_id_given, 'new' as segment)"
            " from raw.events where project_id = ? limit 1)",
            [PROJECT_ID],
        )
        connection.execute(
            "insert into raw.segments"
            " select * replace ('new' as segment, 1 as n_loaded) from raw.segments where project_id = ?",
            [PROJECT_ID],
        )
        connection.execute(
            "insert into intermediate.int_events__sessionized from ("
            " select * replace ('evt_new' as event_id) from intermediate.int_events__sessionized"
            " where project_id = ? limit 1)",
            [PROJECT_ID],
        )
    words = ("build", "--select", "+int_events__sessionized", "--exclude-resource-type", "unit_test")
    output = run_dbt(warehouse, *words, scratch=built.scratch, ok=False)
    assert re.findall(r"FAIL \d+ (\w+) \.", output) == ["int_events__sessionized__constraints"]


def test_keys_that_builds_do_not_test_follow_from_tables_whose_keys_they_test(built: Built):
    manifest = json.loads((built.scratch / "target" / "manifest.json").read_text())
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    keys = [
        (node["attached_node"].split(".")[-1], key)
        for node in tests
        for key in node["test_metadata"]["kwargs"].get("unique") or []
    ]
    tested = {table for table, key in keys if "implied_by" not in key}
    parents = {table: manifest["parent_map"][f"model.turret.{table}"] for table, _ in keys}
    implied = [(table, key["implied_by"]) for table, key in keys if "implied_by" in key]
    assert implied
    for table, tables_above in implied:
        assert tested >= set(tables_above)
        assert {parent.split(".")[-1] for parent in parents[table]} - ONLY_ORDER == set(tables_above)
