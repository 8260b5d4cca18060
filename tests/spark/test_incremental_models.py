"""Runs on Spark that build only the days of touched rows: the same marts as one full build on DuckDB."""

from __future__ import annotations

import json
import random
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb
import pytest

from contracts import tables
from contracts.settings import load_settings
from orchestration.dbt.project import AFTER_ML, BEFORE_ML, dbt_variables
from orchestration.spark.session import spark_session
from orchestration.spark.warehouse_tables import copy_tables, declare_models, keep_models
from tests.dbt_project.conftest import CHANGING_PROJECT, changing_events
from tests.factories.arrivals import (
    N_RUNS,
    NOT_OF_THE_EVENTS,
    VARIABLES,
    arriving_lines,
    choose,
    find_topics,
    landed_line,
    load_lines,
    make_home,
)
from tests.factories.dbt_factory import run_dbt
from tests.factories.warehouse_factory import judge_texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession

    from contracts.home import Home
    from contracts.settings import Settings

pytestmark = pytest.mark.pipeline

MARTS = [mart for mart in tables.MARTS if mart.name not in NOT_OF_THE_EVENTS]
RUNS = (1, N_RUNS - 1)
"""Runs that build the models; what arrived and changed before the others is new to the next of these."""


def settings_of(home: Home) -> Settings:
    return load_settings(home=home.root, spark_master="local[2]", spark_warehouse=str(home.root / "spark"))


@contextmanager
def started(home: Home, made_by: str) -> Iterator[SparkSession]:
    """A session with the raw tables of a home, and with the models that the last run has left."""
    with spark_session(settings_of(home)) as session, duckdb.connect(str(home.warehouse), read_only=True) as connection:
        declare_models(session, home.root / "spark", made_by)
        copy_tables(connection, session, (*tables.RAW, *tables.ML, *tables.OPS), home.root / "spark")
        yield session


def build(home: Home, variables: str) -> None:
    """Run dbt in this process, which has the session."""
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - importing dbt takes seconds

    places = ["--project-dir", str(tables.DBT_PROJECT), "--profiles-dir", str(tables.DBT_PROJECT)]
    written = ["--target-path", str(home.root / "target"), "--log-path", str(home.root / "logs")]
    quiet = ["--log-level", "none", "--log-level-file", "none", "--no-write-json"]
    words = ["run", "--target", "spark", "--select", BEFORE_ML, AFTER_ML, "--vars", variables]
    done = dbtRunner().invoke([*words, *places, *written, *quiet])
    failed = [(result.node.name, result.message) for result in done.result or () if result.status == "error"]
    assert failed == []
    assert done.success, done.exception


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, SparkSession]]:
    """A home on DuckDB that got all at once, and the session of the last run on Spark."""
    folder, chance = tmp_path_factory.mktemp("arrivals"), random.Random(1)
    lines, changing = arriving_lines(chance), [landed_line(event) for event in changing_events()]
    whole, parts = make_home(folder / "whole"), make_home(folder / "parts")
    load_lines(whole, "all", lines, "run_1")
    load_lines(whole, "changing", changing, "run_1", CHANGING_PROJECT)
    for tag in (BEFORE_ML, AFTER_ML):
        run_dbt(whole.warehouse, "run", "--select", tag, "--full-refresh", variables=VARIABLES)
        if tag == BEFORE_ML:
            judge_texts(whole.warehouse)
    variables = json.dumps(json.loads(dbt_variables(load_settings(home=folder))) | VARIABLES)
    chance.shuffle(lines)
    cuts = [0, *sorted(chance.sample(range(len(lines) // 2, len(lines)), N_RUNS - 1)), len(lines)]
    days = [0, *(len(changing) * share // 6 for share in (2, 3, 4, 5)), len(changing)]
    for run in range(N_RUNS):
        load_lines(parts, f"part-{run}", lines[cuts[run] : cuts[run + 1]], f"run_{run}")
        load_lines(parts, f"changing-{run}", changing[days[run] : days[run + 1]], f"run_{run}", CHANGING_PROJECT)
        choose(parts, run)
        find_topics(parts, whole, run)
        if run in RUNS:
            with started(parts, variables) as session:
                build(parts, variables)
                keep_models(session, parts.root / "spark", variables)
                if run == RUNS[-1]:
                    yield whole, session


@pytest.mark.parametrize("mart", MARTS, ids=lambda mart: mart.name)
def test_mart_of_incremental_runs_has_the_rows_of_one_full_build(homes: tuple[Home, SparkSession], mart: tables.Table):
    whole, session = homes
    columns = ", ".join(
        f"cast({column.name} as float) as {column.name}" if column.type == "DOUBLE" else column.name
        for column in mart.columns
    )
    with duckdb.connect(str(whole.warehouse), read_only=True) as connection:
        connection.register("found", session.table(mart.qualified_name).toArrow())
        ours, theirs = (f"(select {columns} from {name})" for name in (mart.qualified_name, "found"))
        assert connection.execute(f"{ours} except all {theirs}").fetchall() == []
        assert connection.execute(f"{theirs} except all {ours}").fetchall() == []


def test_last_run_built_only_what_was_touched(homes: tuple[Home, SparkSession]):
    _, session = homes
    ((n_pending, n_events),) = session.sql(
        "select (select count(*) from intermediate.int_events__pending), (select count(*) from marts.fct_events)"
    ).collect()
    assert 0 < n_pending < n_events, "a run that builds everything has none"


def test_files_of_days_that_were_written_again_are_removed(homes: tuple[Home, SparkSession]):
    whole, session = homes
    folder = whole.root.parent / "parts" / "spark" / "marts.db" / "fct_sessions__by_day"
    held = {row.partition for row in session.sql("show partitions marts.fct_sessions__by_day").collect()}
    assert {str(path.relative_to(folder)) for path in folder.glob("part=*/run=*")} == held
