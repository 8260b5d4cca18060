"""The SparkSession of a run, with a real Spark on this machine."""

from __future__ import annotations

import duckdb
import pytest

from contracts.settings import load_settings
from orchestration.errors import SparkUnavailableError
from orchestration.spark.session import spark_session, spark_warehouse


def test_duckdb_reads_tables_of_a_session_and_the_next_begins_without_them(tmp_path):
    settings = load_settings(home=tmp_path, spark_master="local[1]")
    with spark_session(settings) as session:
        assert session.conf.get("spark.sql.session.timeZone") == "UTC"
        session.sql("create table marts.days as select timestamp '2026-01-02 03:04:05' as seen_at, 'x' as word")
    with spark_session(settings) as session:
        assert not session.catalog.tableExists("marts.days")
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
