"""`turret query` as people and scripts use it."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from contracts.tables import MARTS
from tests.factories.published_factory import ASSISTANT, PLANS, SAMPLE, SampleProject, publish
from tests.factories.turret_process import TURRET, process_environment, run_turret

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("query") / "home"
    publish(folder, (SampleProject(ASSISTANT, 60, SAMPLE[0].subjects),))
    return folder


def test_query_marts_are_known_without_their_schema(home: Path):
    sql = (
        "; ".join(f"select count(*) as n from {mart.name}" for mart in MARTS) + "; select count(*) n from fct_sessions"
    )
    done = run_turret(home, "query", sql, "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [{"n": 60}]


def test_query_formats_hold_the_same_rows(home: Path):
    sql = "select label, n_messages from dim_topics order by n_messages desc, label limit 3"
    rows = json.loads(run_turret(home, "query", sql, "--format", "json").stdout)
    read = list(csv.DictReader(io.StringIO(run_turret(home, "query", sql, "--format", "csv").stdout)))
    table = run_turret(home, "query", sql).stdout.splitlines()
    assert [[row["label"], str(row["n_messages"])] for row in rows] == [list(row.values()) for row in read]
    assert [line.split("  ")[0] for line in table[2:5]] == [row["label"] for row in rows]
    assert table[5:] == ["(3 rows)"]


def test_query_metadata_comes_as_json(home: Path):
    done = run_turret(home, "query", "select metadata from fct_events limit 1", "--format", "json")
    assert json.loads(done.stdout)[0]["metadata"]["plan"] in PLANS


def test_query_large_result_streams_into_a_closed_pipe(home: Path):
    producer = subprocess.Popen(
        [*TURRET, "query", "select range as n, repeat('x', 200) as t from range(3000000)", "--format", "csv"],
        env=process_environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert producer.stdout is not None
    assert producer.stderr is not None
    with producer.stdout, producer.stderr:
        assert producer.stdout.readline() == b"n,t\n"
        producer.stdout.close()
        assert b"Traceback" not in producer.stderr.read()
    producer.wait(timeout=30)


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("select * from sequence", 'name sequence does not exist; `turret query "show tables"` lists all tables.'),
        ("select * from fct_message", "name fct_message does not exist; did you mean 'fct_messages'"),
        ("selec 1", 'syntax error at or near "selec"'),
        ("select * from read_csv('/etc/hostname')", "file system operations are disabled"),
        ("copy (select 1) to '/tmp/turret-test.csv'", "file system operations are disabled"),
        ("attach '/tmp/turret-test.db'", "file system operations are disabled"),
        ("set enable_external_access = true", "configuration has been locked"),
        ("delete from fct_events", "read-only mode"),
        ("create table t (a int)", "read-only mode"),
        ("select 'x'::int from fct_events", "Could not convert string 'x' to INT32"),
        ("  ", "The query is empty"),
        (";", "The query is empty"),
        ("/* none */", "The query is empty"),
    ],
)
def test_query_refused_sql_is_one_sentence(home: Path, sql: str, sentence: str):
    done = run_turret(home, "query", sql)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    assert sentence in done.stderr


def test_query_nothing_published_says_what_to_do(tmp_path: Path):
    done = run_turret(tmp_path / "home", "query", "select 1")
    assert (done.returncode, done.stdout) == (1, "")
    assert (
        done.stderr
        == f"Error: There is no folder {tmp_path / 'home'}; set TURRET_HOME to the folder of Turret's data.\n"
    )
    assert not (tmp_path / "home").exists()
    (tmp_path / "home").mkdir()
    done = run_turret(tmp_path / "home", "query", "select 1")
    assert done.stderr == f"Error: Nothing is published in {tmp_path / 'home'} yet; run `turret run` first.\n"
    assert not any((tmp_path / "home").iterdir())


def test_query_damaged_file_is_named(tmp_path: Path):
    home = tmp_path / "home"
    publish(home, (SampleProject(ASSISTANT, 1, SAMPLE[0].subjects),)).write_bytes(b"not a database" * 1000)
    done = run_turret(home, "query", "select 1")
    assert done.returncode == 1
    assert "turret-1.duckdb cannot be opened" in done.stderr
    assert "Traceback" not in done.stderr


def test_query_after_publishing_sees_the_new_version(tmp_path: Path):
    home = tmp_path / "home"
    for version, n_sessions in (("1", 3), ("2", 5)):
        publish(home, (SampleProject(ASSISTANT, n_sessions, SAMPLE[0].subjects),), version=version)
        done = run_turret(home, "query", "select count(*) as n from fct_sessions", "--format", "json")
        assert json.loads(done.stdout) == [{"n": n_sessions}]
