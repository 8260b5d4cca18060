"""The SparkSession of a run. dbt-spark's `session` method uses the one that is active in its process."""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.home import Home
from orchestration.errors import SparkFailedError, SparkUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession

    from contracts.settings import Settings

APP_NAME = "turret"
SCHEMAS = ("raw", "ml", "ops", "staging", "intermediate", "marts", "state")
"""Databases of Spark's catalog, named like the schemas of the warehouse."""
_LOGGING = Path(__file__).with_name("log4j2.properties")


def spark_warehouse(settings: Settings) -> Path:
    """Return the folder of Spark's tables: `<schema>.db/<table>/*.parquet`."""
    return Path(settings.spark_warehouse or Home(settings.home).spark / "warehouse").expanduser().absolute()


class SparkRun:
    """The Spark of one run of the pipeline: starts when a stage first needs it, and stops when the run ends.

    Args:
        settings: the installation's settings.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stack = ExitStack()
        self._session: SparkSession | None = None
        self.has_models = False
        """Whether the models before the topics have been built in this session."""

    @property
    def is_engine(self) -> bool:
        """Whether Spark loads and models the events of this installation."""
        return self._settings.engine == "spark"

    @property
    def folder(self) -> Path:
        """The folder of Spark's tables."""
        return spark_warehouse(self._settings)

    def session(self) -> SparkSession:
        """Return the session; the first call starts it.

        Raises:
            SparkUnavailableError: pyspark or Java is not installed, or the master cannot be reached.
        """
        if self._session is None:
            self._session = self._stack.enter_context(spark_session(self._settings))
        return self._session

    def stop(self) -> None:
        """Stop the session if it was started."""
        self._stack.close()
        self._session, self.has_models = None, False


def check_spark() -> None:
    """Check that Spark and dbt's adapter are installed, which is said before dbt's project is read.

    Raises:
        SparkUnavailableError: pyspark, dbt-spark or Java is not installed.
    """
    if not shutil.which("java") and "JAVA_HOME" not in os.environ:
        raise SparkUnavailableError(
            "TURRET_ENGINE is spark, which needs Java 17 or newer, on the PATH or in JAVA_HOME; install it, or use "
            "the engine duckdb."
        )
    if not find_spec("pyspark") or not find_spec("dbt.adapters.spark"):
        raise SparkUnavailableError(
            "TURRET_ENGINE is spark, which needs the extra `spark`: pip install 'turret[spark]'."
        )


@contextmanager
def spark_errors(task: str) -> Iterator[None]:
    """Turn an error of Spark into one sentence about the `task` that failed.

    Raises:
        SparkFailedError: Spark could not do it.
    """
    from py4j.protocol import Py4JError  # noqa: PLC0415 - an extra
    from pyspark.errors import PySparkException  # noqa: PLC0415 - the same

    try:
        yield
    except (PySparkException, Py4JError) as error:
        raise SparkFailedError(f"Spark could not {task}: {_reason(str(error))}") from error


def _reason(message: str) -> str:
    """Return the line of an error that names its cause: the last of a Python worker's traceback, or the first."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    worker = [place for place, line in enumerate(lines) if line.startswith("Traceback")]
    if not worker:
        return lines[0] if lines else "no reason given"
    after = lines[worker[-1] + 1 :]
    raised = [line for line in after if not line.startswith(("File ", "at ", "^", "~")) and ": " in line]
    return raised[0] if raised else lines[0]


@contextmanager
def spark_session(settings: Settings) -> Iterator[SparkSession]:
    """Start Spark's driver in this process, or connect to the master, and stop it at the end.

    Times are UTC without a time zone, as in DuckDB. Tables are Parquet. Invalid casts and overflows raise errors (ANSI
    mode), except in dbt's statements, for which dbt-spark switches that off. The catalog is in memory: each run
    declares the tables that the last one has left. Spark logs to `logs/spark.log` of the home. Anything else (memory,
    cores, shuffle partitions) is configured as for any Spark application, in the folder `SPARK_CONF_DIR`.

    Raises:
        SparkUnavailableError: pyspark or Java is not installed, or the master cannot be reached.
    """
    check_spark()
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)  # it gets Arrow only
    from py4j.protocol import Py4JJavaError  # noqa: PLC0415 - an extra
    from pyspark.sql import SparkSession  # noqa: PLC0415 - the same

    from orchestration.spark.functions import register_functions  # noqa: PLC0415 - the same

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # what workers on this machine run
    home, warehouse = Home(settings.home), spark_warehouse(settings)
    warehouse.mkdir(parents=True, exist_ok=True)
    home.logs.mkdir(parents=True, exist_ok=True)
    options: dict[str, bool | float | int | str | None] = {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.timestampType": "TIMESTAMP_NTZ",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.warehouse.dir": str(warehouse),
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.sources.default": "parquet",
        "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
        "spark.driver.defaultJavaOptions": f"-Dlog4j2.configurationFile={_LOGGING.as_uri()} "
        f'-Dturret.log="{home.logs / "spark.log"}"',
        "spark.ui.showConsoleProgress": "false",
    }
    builder = SparkSession.builder.appName(APP_NAME).master(settings.spark_master)
    try:
        session = builder.config(map=options).getOrCreate()
    except Py4JJavaError as error:
        reason = error.java_exception.getMessage()
        raise SparkUnavailableError(
            f"Spark cannot start with TURRET_SPARK_MASTER {settings.spark_master!r}: {reason}"
        ) from error
    register_functions(session)
    try:
        for schema in SCHEMAS:
            session.sql(f"create database if not exists {schema}")
        yield session
    finally:
        session.stop()
