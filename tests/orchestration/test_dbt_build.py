"""dbt in the pipeline's own process: failed and built nodes are distinguished, and the file is released."""

from __future__ import annotations

import gc
import shutil
import signal

import duckdb
import pytest
from dbt_common.clients.jinja import template_cache

from contracts.home import Home
from contracts.settings import load_settings
from orchestration.dbt.invocation import build_models, compile_macros, read_project
from orchestration.warehouse.resource import create_tables

GOALS = "insert into raw.goals (project_id, goal, kind, value) values ('prj_1', 'paid', 'event', 'paid')"


@pytest.fixture(scope="module")
def settings(tmp_path_factory, parsed_project):
    """Those of a home with an empty warehouse."""
    settings = load_settings(home=tmp_path_factory.mktemp("home"))
    shutil.copytree(parsed_project, Home(settings.home).dbt)
    with duckdb.connect(Home(settings.home).warehouse) as connection:
        create_tables(connection)
    return settings


BROKEN = "stg_raw__goals__constraints: unique (project_id, goal) is broken once."


def test_build_models_often_in_one_process_closes_the_warehouse_and_names_the_failed_test(settings):
    warehouse = Home(settings.home).warehouse
    for n_rows, failed in ((1, None), (2, BROKEN)):
        with duckdb.connect(warehouse) as connection:
            connection.execute(GOALS)
        for _ in range(2):
            results, error = build_models(settings, ["stg_raw__goals"])
            assert {result.node.resource_type for result in results} >= {"model", "test"}
            assert (failed in str(error)) if failed else error is None
            with duckdb.connect(warehouse, config={"threads": 1}) as connection:  # refused while another is open
                assert connection.execute("select count(*) from staging.stg_raw__goals").fetchall() == [(n_rows,)]


def test_compile_macros_leaves_none_for_a_build_to_compile(settings):
    compile_macros(read_project(settings))
    compiled = set(template_cache.file_cache)
    assert build_models(settings, ["stg_raw__goals"])[0]
    assert set(template_cache.file_cache) == compiled


class Interrupted(BaseException):
    """As Dagster raises one."""


def interrupt(_number, _frame):
    raise Interrupted


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # what dbt had open is never closed
def test_build_models_that_is_interrupted_is_no_failure_of_dbt(settings):
    """Dagster tells a run that was stopped from one that failed by this exception."""
    build_models(settings, ["stg_raw__goals"])  # which parses the project
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(Interrupted):
            build_models(settings, ["tag:before_ml"])
    finally:
        signal.signal(signal.SIGALRM, before)
        gc.collect()
