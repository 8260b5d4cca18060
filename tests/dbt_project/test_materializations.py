"""The project's own materializations do what the configuration of a model asks for, as dbt's own do."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import duckdb
import pytest

from tests.factories.dbt_factory import DBT_PROJECT, dbt_command
from tests.factories.forked_command import run_forked

PROJECT = f"""
name: trial
profile: trial
macro-paths: [{DBT_PROJECT / "macros"}]
models:
  +pre-hook: "insert into main.log values ('{{{{ this.name }}}}', 'before')"
  +post-hook:
    - "insert into main.log select '{{{{ this.name }}}}', 'after ' || count(*) from {{{{ this }}}}"
    - {{sql: "insert into main.log values ('{{{{ this.name }}}}', 'committed')", transaction: false}}
  +persist_docs: {{relation: true}}
"""
PROFILE = "trial: {target: x, outputs: {x: {type: duckdb, path: trial.duckdb}}}"
MODELS = {
    "a_table": "{{ config(materialized='table', indexes=[{'columns': ['n']}]) }} select 1 as n",
    "a_view": "{{ config(materialized='view') }} select n from {{ ref('a_table') }}",
    "some_rows": "{{ config(materialized='incremental', unique_key='n') }} select n from {{ ref('a_view') }}",
}
SCHEMA = "models: [{name: a_table, description: One row.}, {name: a_view, description: The same.}]"


@pytest.fixture
def built(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    """A warehouse after two runs of a small project."""
    (tmp_path / "models").mkdir()
    (tmp_path / "dbt_project.yml").write_text(PROJECT)
    (tmp_path / "profiles.yml").write_text(PROFILE)
    (tmp_path / "models" / "schema.yml").write_text(SCHEMA)
    for name, sql in MODELS.items():
        (tmp_path / "models" / f"{name}.sql").write_text(sql)
    with duckdb.connect(tmp_path / "trial.duckdb") as warehouse:
        warehouse.execute("create table log (model varchar, what varchar)")
        warehouse.execute("create schema state; create table state.progress (key varchar)")  # asked for rebuilds
    command = [Path(sys.executable).with_name("dbt"), "run", "--profiles-dir", tmp_path]
    for _ in range(2):
        done = run_forked(dbt_command, command, environment=dict(os.environ), folder=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
    return duckdb.connect(tmp_path / "trial.duckdb", read_only=True)


def test_hooks_indexes_and_comments_of_models_are_made_in_every_run(built: duckdb.DuckDBPyConnection):
    for name in MODELS:
        log = [what for (what,) in built.execute("select what from log where model = ?", [name]).fetchall()]
        assert log == ["before", "after 1", "committed"] * 2
        assert built.execute(f"select n from {name}").fetchall() == [(1,)]  # a name of ours
    assert built.execute("select table_name from duckdb_indexes()").fetchall() == [("a_table",)]
    assert built.execute(
        "select table_name, comment from duckdb_tables() where comment is not null union all "
        "select view_name, comment from duckdb_views() where comment is not null"
    ).fetchall() == [("a_table", "One row."), ("a_view", "The same.")]
