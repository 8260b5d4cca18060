"""The SparkSession of a run. dbt-spark's `session` method uses the one that is active in its process."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.home import Home
from orchestration.errors import SparkUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession

    from contracts.settings import Settings

APP_NAME = "turret"
SCHEMAS = ("raw", "ml", "ops", "staging", "intermediate", "marts")
"""Databases of Spark's catalog, named like the schemas of the warehouse."""


def spark_warehouse(settings: Settings) -> Path:
    """Return the folder of Spark's tables: `<schema>.db/<table>/*.parquet`."""
    return Path(settings.spark_warehouse or Home(settings.home).spark / "warehouse").expanduser().absolute()


@contextmanager
def spark_session(settings: Settings) -> Iterator[SparkSession]:
    """Start Spark's driver in this process, or connect to the master, and stop it at the end.

    Times are UTC without a time zone, as in DuckDB. Tables are Parquet. Invalid casts and overflows raise errors (ANSI
    mode). The catalog is a Hive metastore in the home folder. Anything else (memory, cores, shuffle partitions) is
    configured as for any Spark application, in the folder `SPARK_CONF_DIR`.

    Raises:
        SparkUnavailableError: pyspark or Java is not installed, or the master cannot be reached.
    """
    if not shutil.which("java") and "JAVA_HOME" not in os.environ:
        raise SparkUnavailableError(
            "TURRET_ENGINE is spark, which needs Java 17 or newer, on the PATH or in JAVA_HOME; install it, or use "
            "the engine duckdb."
        )
    try:
        from py4j.protocol import Py4JJavaError  # noqa: PLC0415 - an extra
        from pyspark.sql import SparkSession  # noqa: PLC0415 - the same

        from orchestration.spark.functions import register_functions  # noqa: PLC0415 - the same
    except ImportError as error:
        raise SparkUnavailableError(
            "TURRET_ENGINE is spark, which needs the extra `spark`: pip install 'turret[spark]'."
        ) from error
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # what workers on this machine run
    home, warehouse = Home(settings.home), spark_warehouse(settings)
    warehouse.mkdir(parents=True, exist_ok=True)
    catalog = home.spark / "catalog"
    options: dict[str, bool | float | int | str | None] = {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.timestampType": "TIMESTAMP_NTZ",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.warehouse.dir": str(warehouse),
        "spark.sql.sources.default": "parquet",
        "spark.sql.sources.partitionOverwriteMode": "dynamic",
        "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={catalog};create=true",
        "spark.driver.extraJavaOptions": f"-Dderby.stream.error.file={home.spark / 'derby.log'}",
        "spark.ui.showConsoleProgress": "false",
    }
    builder = SparkSession.builder.appName(APP_NAME).master(settings.spark_master).enableHiveSupport()
    try:
        session = builder.config(map=options).getOrCreate()
    except Py4JJavaError as error:
        reason = error.java_exception.getMessage()
        raise SparkUnavailableError(
            f"Spark cannot start with TURRET_SPARK_MASTER {settings.spark_master!r}: {reason}"
        ) from error
    session.sparkContext.setLogLevel("ERROR")
    register_functions(session)
    try:
        for schema in SCHEMAS:
            session.sql(f"create database if not exists {schema}")
        yield session
    finally:
        session.stop()
