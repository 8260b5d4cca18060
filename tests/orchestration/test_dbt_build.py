"""dbt in the pipeline's own process: what failed is told apart from what was built, and the file is let go."""

from __future__ import annotations

import duckdb

from contracts.home import Home
from contracts.settings import load_settings
from orchestration.dbt.invocation import build_models
from orchestration.warehouse.resource import create_tables

GOALS = "insert into raw.goals (project_id, goal, kind, value) values ('prj_1', 'paid', 'event', 'paid')"


BROKEN = "stg_raw__goals__constraints: unique (project_id, goal) is broken 1 times."


def test_build_models_often_in_one_process_closes_the_warehouse_and_names_the_failed_test(tmp_path):
    settings = load_settings(home=tmp_path)
    warehouse = Home(tmp_path).warehouse
    with duckdb.connect(warehouse) as connection:
        create_tables(connection)
    for n_rows, failed in ((1, None), (2, BROKEN)):
        with duckdb.connect(warehouse) as connection:
            connection.execute(GOALS)
        for _ in range(2):
            results, error = build_models(settings, ["stg_raw__goals"])
            assert {result.node.resource_type for result in results} >= {"model", "test"}
            assert (failed in str(error)) if failed else error is None
            with duckdb.connect(warehouse, config={"threads": 1}) as connection:  # refused while another is open
                assert connection.execute("select count(*) from staging.stg_raw__goals").fetchall() == [(n_rows,)]
