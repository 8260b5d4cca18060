"""The dbt project on Apache Spark: the same marts as on DuckDB, from macros that mean the same on both."""

from __future__ import annotations

import math
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from contracts import tables
from contracts.settings import load_settings
from orchestration.dbt.project import AFTER_ML, BEFORE_ML, dbt_variables
from orchestration.spark.session import spark_session
from orchestration.spark.warehouse_tables import copy_tables
from tests.factories.dbt_factory import run_dbt
from tests.factories.odd_warehouse import judge_and_edit, make_odd_warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyspark.sql import SparkSession

pytest.importorskip("pyspark", reason="the extra `spark` is not installed")
if not shutil.which("java") and "JAVA_HOME" not in os.environ:
    pytest.skip("Java is not installed", allow_module_level=True)

NOT_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
RELATIVE_TOLERANCE = 1e-12
"""Of doubles: sums and medians may add in another order."""
SPARK_DEFAULTS = """
spark.ui.enabled                    false
spark.sql.shuffle.partitions        1
spark.default.parallelism           1
spark.sql.adaptive.enabled          false
spark.sql.codegen.wholeStage        false
"""
SPARK_TYPES = {
    "VARCHAR": "string",
    "JSON": "string",
    "VARCHAR[]": "array<string>",
    "TIMESTAMP": "timestamp_ntz",
    "DATE": "date",
    "DOUBLE": "double",
    "BIGINT": "bigint",
    "INTEGER": "int",
    "BOOLEAN": "boolean",
}
QUICK_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Half of the CPU of a short run is Java's better compiler."""


@dataclass(frozen=True)
class Engines:
    """The same rows in both engines, modelled by both."""

    duckdb: duckdb.DuckDBPyConnection
    spark: SparkSession


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    home = tmp_path_factory.mktemp("spark")
    (home / "spark-defaults.conf").write_text(SPARK_DEFAULTS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_CONF_DIR", str(home))
        patch.setenv("JAVA_TOOL_OPTIONS", QUICK_JAVA)
        with spark_session(load_settings(home=home, spark_master="local[2]")) as session:
            yield session


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory, parsed_project: Path, session: SparkSession) -> Iterator[Engines]:
    home = tmp_path_factory.mktemp("odd")
    shutil.copytree(parsed_project, home / "dbt" / "target")
    warehouse = home / "warehouse.duckdb"
    make_odd_warehouse(warehouse)
    run_dbt(warehouse, "build", "--select", BEFORE_ML, *NOT_UNIT_TESTS)
    judge_and_edit(warehouse)
    run_dbt(warehouse, "build", "--select", AFTER_ML, *NOT_UNIT_TESTS)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        copy_tables(connection, session, (*tables.RAW, *tables.ML, *tables.OPS), home / "spark")
        _build_on_spark(home)
        yield Engines(connection, session)


def _build_on_spark(home: Path) -> None:
    """Run dbt in this process, which has the session."""
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - importing dbt takes seconds

    places = ["--project-dir", str(tables.DBT_PROJECT), "--profiles-dir", str(tables.DBT_PROJECT)]
    written = ["--target-path", str(home / "target"), "--log-path", str(home / "logs")]
    variables = ["--vars", dbt_variables(load_settings(home=home))]
    quiet = ["--log-level", "none", "--log-level-file", "none", "--no-write-json"]
    done = dbtRunner().invoke(
        ["build", "--target", "spark", "--full-refresh", *NOT_UNIT_TESTS, *places, *written, *variables, *quiet]
    )
    failed = [(result.node.name, result.message) for result in done.result or () if result.status in {"error", "fail"}]
    assert failed == []
    assert done.success, done.exception


@pytest.mark.parametrize("mart", tables.MARTS, ids=lambda mart: mart.name)
def test_mart_has_the_rows_and_types_that_duckdb_gives_it(engines: Engines, mart: tables.Table):
    frame = engines.spark.table(mart.qualified_name)
    assert frame.dtypes == [(column.name, SPARK_TYPES[column.type]) for column in mart.columns]
    expected = _sorted(engines.duckdb.execute(f"from {mart.qualified_name}").fetchall())
    found = _sorted(engines.duckdb.from_arrow(frame.toArrow()).fetchall())
    assert expected
    assert len(found) == len(expected)
    assert [pair for pair in zip(found, expected, strict=True) if not _agree(*pair)] == []


def _sorted(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows in an order that does not depend on the last digits of doubles."""
    return sorted(rows, key=lambda row: [repr(None if isinstance(value, float) else value) for value in row])


def _agree(one: tuple[Any, ...], two: tuple[Any, ...]) -> bool:
    return all(
        math.isclose(a, b, rel_tol=RELATIVE_TOLERANCE) if isinstance(a, float) and isinstance(b, float) else a == b
        for a, b in zip(one, two, strict=True)
    )
