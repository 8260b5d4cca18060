"""What a run on Spark takes over from the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contracts.settings import load_settings
from orchestration.spark.session import spark_session
from orchestration.spark.warehouse_tables import declare_models, keep_models

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("why", ["other SQL", "a run that was killed"])
def test_tables_of_other_sql_or_of_an_unfinished_run_are_removed(tmp_path: Path, why: str):
    folder = tmp_path / "spark"
    settings = load_settings(home=tmp_path, spark_master="local[2]", spark_warehouse=str(folder))
    rows = "select 1 as n, 'day' as part, '1' as run"
    with spark_session(settings) as session:
        session.sql(f"create table marts.fct_sessions__by_day using parquet partitioned by (part, run) as {rows}")
        session.sql("create table state.progress using parquet as select 1 as key")
        if why == "other SQL":
            keep_models(session, folder, "SQL")
    with spark_session(settings) as session:
        declare_models(session, folder, why if why == "other SQL" else "SQL")
        assert session.sql("show tables in marts").collect() == []
        assert not (folder / "marts.db" / "fct_sessions__by_day").exists()
