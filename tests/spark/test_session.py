"""The SparkSession of a run, with a real Spark on this machine."""

from __future__ import annotations

import shutil

import duckdb
import pytest

from contracts.settings import load_settings
from orchestration.errors import SparkUnavailableError
from orchestration.run import run_pipeline
from orchestration.spark import session
from orchestration.spark.session import spark_session, spark_warehouse
from orchestration.warehouse.engine_tables import use_engine
from orchestration.warehouse.resource import create_tables


def test_duckdb_reads_tables_of_a_session_and_the_next_begins_without_them(tmp_path):
    settings = load_settings(home=tmp_path, spark_master="local[1]")
    with spark_session(settings) as opened:
        assert opened.conf.get("spark.sql.session.timeZone") == "UTC"
        opened.sql("create table marts.days as select timestamp '2026-01-02 03:04:05' as seen_at, 'x' as word")
    with spark_session(settings) as opened:
        assert not opened.catalog.tableExists("marts.days")
    files = spark_warehouse(settings) / "marts.db" / "days" / "*.parquet"
    assert duckdb.execute("select word, cast(seen_at as varchar) from read_parquet(?)", [str(files)]).fetchall() == [
        ("x", "2026-01-02 03:04:05")
    ]


def test_master_that_spark_does_not_know_is_named(tmp_path):
    settings = load_settings(home=tmp_path, spark_master="sparkle://host")
    with (
        pytest.raises(SparkUnavailableError, match=r"TURRET_SPARK_MASTER 'sparkle://host': .*[Mm]aster"),
        spark_session(settings),
    ):
        pass


def test_missing_java_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(SparkUnavailableError, match="needs Java 17"), spark_session(load_settings(home=tmp_path)):
        pass


def test_run_without_the_extra_fails_with_its_name(tmp_path, monkeypatch):
    monkeypatch.setattr(session, "find_spec", lambda _name: None)
    with pytest.raises(SparkUnavailableError, match="needs the extra `spark`"):
        run_pipeline(load_settings(home=tmp_path, engine="spark"))


def test_run_with_another_folder_than_that_of_the_tables_fails_with_both(tmp_path, parsed_project):
    shutil.copytree(parsed_project, tmp_path / "dbt")
    with duckdb.connect(tmp_path / "warehouse.duckdb") as connection:
        create_tables(connection)
        use_engine(connection, tmp_path / "spark" / "warehouse", lambda _sentence: None)
    result = run_pipeline(load_settings(home=tmp_path, engine="spark", spark_warehouse=str(tmp_path / "other")))
    assert not result.success
    assert len(result.failures) == 1
    assert all(folder in result.failures[0] for folder in ("/other'", "/spark/warehouse'"))
