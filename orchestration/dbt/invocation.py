"""Run dbt in this process with `dbtRunner`: imported and parsed once, however many builds follow."""

from __future__ import annotations

import contextlib
import os
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from dbt_common.clients.jinja import template_cache

from contracts.home import Home
from contracts.tables import DBT_PROJECT, Table
from orchestration.dbt.project import BEFORE_ML, dbt_target, dbt_variables, prepared_manifest, profile_variables
from orchestration.errors import DbtBuildError, DbtProjectError
from orchestration.spark.session import SparkRun, spark_errors
from orchestration.spark.warehouse_tables import declare_models, hand_over, keep_models
from orchestration.warehouse.engine_tables import show_models
from orchestration.warehouse.resource import OPEN_WAIT_S, open_duckdb

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from dbt.artifacts.schemas.run import RunResult
    from dbt.contracts.graph.manifest import Manifest
    from dbt_common.events.base_types import EventMsg

    from contracts.settings import Settings

    Query = Callable[[str], Sequence[Sequence[object]]]

_QUIET = ["--log-level", "none", "--log-level-file", "none", "--no-use-colors"]
"""Dagster stores the result of each node; a log of every step of dbt costs a tenth of a small build. A level of `warn`
would still format every line; `_tell` prints warnings and errors."""
_BUILD = ["build", "--exclude-resource-type", "unit_test", "--no-write-json"]
"""Unit tests prove the SQL, not the data: `make test` runs them, pipeline runs do not."""


def build_models(
    settings: Settings, select: Sequence[str], spark: SparkRun | None = None
) -> tuple[list[RunResult], DbtBuildError | None]:
    """Build and test what `select` names; the warehouse is closed again on return.

    On Spark, a run's first build includes the models before the topics, because its catalog begins with what the last
    run has left.

    Returns:
        The result of each node, with its error if it failed; models downstream of a failed one are skipped.

    Raises:
        DbtProjectError: dbt cannot read its project.
        DbtBuildError: dbt stopped with an error.
    """
    manifest = read_project(settings)
    spark = spark or SparkRun(settings)
    if spark.is_engine:
        select = _prepare_spark(settings, spark, manifest, select)
    is_success = False
    try:
        runner = dbtRunner(manifest=manifest, callbacks=[_tell])
        with contextlib.chdir(settings.home):  # the profile names the warehouse by its file alone
            done = runner.invoke([*_BUILD, "--select", *select, *_arguments(settings)])
            is_success = bool(done.success)
    finally:
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]  # it would stay open until this process ends
        if spark.is_engine:
            if is_success:
                keep_models(spark.session(), spark.folder, dbt_variables(settings))
            with open_duckdb(Home(settings.home).warehouse, OPEN_WAIT_S) as connection:
                show_models(connection, spark.folder)
    if done.exception is not None and not isinstance(done.exception, Exception):
        raise done.exception  # the run was interrupted, which dbt reports as its own error
    if done.exception is not None:
        raise DbtBuildError(f"dbt stopped: {done.exception}") from done.exception
    results: list[RunResult] = list(done.result)  # type: ignore[arg-type]  # of `build` they are run results
    spark.has_models = spark.is_engine and is_success
    return results, None if done.success else DbtBuildError(_explain(results, settings, spark))


def _prepare_spark(settings: Settings, spark: SparkRun, manifest: Manifest, select: Sequence[str]) -> list[str]:
    """Hand the sources over to Spark; return what to build in this session."""
    session = spark.session()
    used = {parent for node in manifest.nodes.values() for parent in node.depends_on_nodes}
    sources = [Table(source.schema, source.name) for key, source in manifest.sources.items() if key in used]
    if not spark.has_models:
        declare_models(session, spark.folder, dbt_variables(settings))
    with (
        spark_errors("read the driver's tables"),
        open_duckdb(Home(settings.home).warehouse, OPEN_WAIT_S) as connection,
    ):
        hand_over(connection, session, spark.folder, sources)
    return list(select) if spark.has_models else list(dict.fromkeys([BEFORE_ML, *select]))


def _tell(event: EventMsg) -> None:
    """Print what dbt warns of, and its errors."""
    if event.info.level in {"warn", "error"}:
        sys.stdout.write(f"{event.info.msg}\n")  # type: ignore[attr-defined]  # which its protocol leaves out


def read_project(settings: Settings) -> Manifest:
    """Read the dbt project as it is for this installation, once per process.

    Raises:
        DbtProjectError: dbt cannot read it.
    """
    warehouse = Home(settings.home).warehouse.name
    return _parse(prepared_manifest(settings), warehouse, dbt_variables(settings), dbt_target(settings))


def compile_macros(manifest: Manifest) -> None:
    """Compile every macro, which dbt otherwise does when a build first calls it; it takes 1.3 CPU seconds."""
    for macro in manifest.macros.values():
        template_cache.get_node_template(macro)


@lru_cache(maxsize=1)
def _parse(manifest: Path, warehouse: str, variables: str, target: str) -> Manifest:
    """Load the parsed project from the files next to `manifest`, for a warehouse of this name and these variables."""
    os.environ.update(profile_variables(warehouse))
    done = dbtRunner(callbacks=[_tell]).invoke(
        ["parse", "--no-write-json", *_places(manifest.parent, variables, target), *_QUIET]
    )
    if not done.success:
        raise DbtProjectError(f"dbt cannot parse {DBT_PROJECT}: {done.exception}")
    parsed: Manifest = done.result  # type: ignore[assignment]  # of `parse` it is the manifest
    return parsed


def _arguments(settings: Settings) -> list[str]:
    return [*_places(Home(settings.home).dbt, dbt_variables(settings), dbt_target(settings)), *_QUIET]


def _places(folder: Path, variables: str, target: str) -> list[str]:
    project = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT), "--target", target]
    return [*project, "--target-path", str(folder), "--vars", variables]


def _explain(results: Sequence[RunResult], settings: Settings, spark: SparkRun) -> str:
    """List the failed nodes with their errors."""
    errors = [result for result in results if result.status in {"error", "runtime error"}]
    broken = [result for result in results if result.status == "fail"]
    if spark.is_engine:
        session = spark.session()
        reasons = {each.node.name: _broken_constraints(lambda sql: session.sql(sql).collect(), each) for each in broken}
    else:
        with duckdb.connect(Home(settings.home).warehouse, read_only=True) as connection:
            reasons = {
                each.node.name: _broken_constraints(lambda sql: connection.execute(sql).fetchall(), each)
                for each in broken
            }
    reasons |= {result.node.name: " ".join(str(result.message).split()) for result in errors}
    return " ".join(f"{name}: {reason}." for name, reason in reasons.items())


def _broken_constraints(query: Query, test: RunResult) -> str:
    """List the constraints of a table that do not hold, with the numbers of rows; dbt itself only counts."""
    sql: str = test.node.compiled_code  # type: ignore[union-attr,assignment]  # what has failed is a test, and has SQL
    return "; ".join(
        f"{rule} ({columns}) is broken {'once' if n_rows == 1 else f'{n_rows:,} times'}"
        for rule, columns, n_rows in query(sql)
    )
