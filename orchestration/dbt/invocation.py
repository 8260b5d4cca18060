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
from contracts.tables import DBT_PROJECT
from orchestration.dbt.project import dbt_variables, prepared_manifest, profile_variables
from orchestration.errors import DbtBuildError, DbtProjectError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dbt.artifacts.schemas.run import RunResult
    from dbt.contracts.graph.manifest import Manifest
    from dbt_common.events.base_types import EventMsg

    from contracts.settings import Settings

_QUIET = ["--log-level", "none", "--log-level-file", "none", "--no-use-colors"]
"""Dagster stores the result of each node; a log of every step of dbt costs a tenth of a small build. A level of `warn`
would still format every line; `_tell` prints warnings and errors."""
_BUILD = ["build", "--exclude-resource-type", "unit_test", "--no-write-json"]
"""Unit tests prove the SQL, not the data: `make test` runs them, pipeline runs do not."""


def build_models(settings: Settings, select: Sequence[str]) -> tuple[list[RunResult], DbtBuildError | None]:
    """Build and test what `select` names; the warehouse is closed again on return.

    Returns:
        The result of each node, with its error if it failed; models downstream of a failed one are skipped.

    Raises:
        DbtProjectError: dbt cannot read its project.
        DbtBuildError: dbt stopped with an error.
    """
    try:
        runner = dbtRunner(manifest=read_project(settings), callbacks=[_tell])
        with contextlib.chdir(settings.home):  # the profile names the warehouse by its file alone
            done = runner.invoke([*_BUILD, "--select", *select, *_arguments(settings)])
    finally:
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]  # it would stay open until this process ends
    if done.exception is not None and not isinstance(done.exception, Exception):
        raise done.exception  # the run was interrupted, which dbt reports as its own error
    if done.exception is not None:
        raise DbtBuildError(f"dbt stopped: {done.exception}") from done.exception
    results: list[RunResult] = list(done.result)  # type: ignore[arg-type]  # of `build` they are run results
    return results, None if done.success else DbtBuildError(_explain(results, Home(settings.home).warehouse))


def _tell(event: EventMsg) -> None:
    """Print what dbt warns of, and its errors."""
    if event.info.level in {"warn", "error"}:
        sys.stdout.write(f"{event.info.msg}\n")  # type: ignore[attr-defined]  # which its protocol leaves out


def read_project(settings: Settings) -> Manifest:
    """Read the dbt project as it is for this installation, once per process.

    Raises:
        DbtProjectError: dbt cannot read it.
    """
    return _parse(prepared_manifest(settings), Home(settings.home).warehouse.name, dbt_variables(settings))


def compile_macros(manifest: Manifest) -> None:
    """Compile every macro, which dbt otherwise does when a build first calls it; it takes 1.3 CPU seconds."""
    for macro in manifest.macros.values():
        template_cache.get_node_template(macro)


@lru_cache(maxsize=1)
def _parse(manifest: Path, warehouse: str, variables: str) -> Manifest:
    """Load the parsed project from the files next to `manifest`, for a warehouse of this name and these variables."""
    os.environ.update(profile_variables(warehouse))
    done = dbtRunner(callbacks=[_tell]).invoke(
        ["parse", "--no-write-json", *_places(manifest.parent, variables), *_QUIET]
    )
    if not done.success:
        raise DbtProjectError(f"dbt cannot parse {DBT_PROJECT}: {done.exception}")
    parsed: Manifest = done.result  # type: ignore[assignment]  # of `parse` it is the manifest
    return parsed


def _arguments(settings: Settings) -> list[str]:
    return [*_places(Home(settings.home).dbt, dbt_variables(settings)), *_QUIET]


def _places(target: Path, variables: str) -> list[str]:
    project = str(DBT_PROJECT)
    return ["--project-dir", project, "--profiles-dir", project, "--target-path", str(target), "--vars", variables]


def _explain(results: Sequence[RunResult], warehouse: Path) -> str:
    """List the failed nodes with their errors."""
    errors = [result for result in results if result.status in {"error", "runtime error"}]
    broken = [result for result in results if result.status == "fail"]
    with duckdb.connect(warehouse, read_only=True) as connection:
        reasons = {result.node.name: _broken_constraints(connection, result) for result in broken}
    reasons |= {result.node.name: " ".join(str(result.message).split()) for result in errors}
    return " ".join(f"{name}: {reason}." for name, reason in reasons.items())


def _broken_constraints(connection: duckdb.DuckDBPyConnection, test: RunResult) -> str:
    """List the constraints of a table that do not hold, with the numbers of rows; dbt itself only counts."""
    sql: str = test.node.compiled_code  # type: ignore[union-attr,assignment]  # what has failed is a test, and has SQL
    rows = connection.execute(sql).fetchall()
    return "; ".join(
        f"{rule} ({columns}) is broken {'once' if n_rows == 1 else f'{n_rows:,} times'}"
        for rule, columns, n_rows in rows
    )
