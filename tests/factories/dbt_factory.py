"""Run the project's own dbt on a warehouse of the tests, as the command a person would type."""

from __future__ import annotations

import json
import os
import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.settings import load_settings
from orchestration.dbt.project import dbt_variables, profile_variables
from tests.factories.forked_command import run_forked

if TYPE_CHECKING:
    from collections.abc import Mapping

REPOSITORY = Path(__file__).resolve().parents[2]
DBT_PROJECT = REPOSITORY / "dbt_project"


def run_dbt(
    warehouse: Path,
    *arguments: str,
    scratch: Path | None = None,
    variables: Mapping[str, object] | None = None,
    ok: bool = True,
) -> str:
    """Run `dbt <arguments>` on `warehouse` and return what it printed.

    Args:
        warehouse: the DuckDB file.
        arguments: the words after `dbt`.
        scratch: folder for targets, `dbt` beside the warehouse by default; with a copy of the fixture `parsed_project`
            as `target`, dbt need not parse its project.
        variables: of the dbt project, where they differ from those of the pipeline; dbt parses its project for them.
        ok: whether dbt is to pass.

    Raises:
        AssertionError: dbt failed although `ok`, or passed although not; its output is the message.
    """
    scratch = scratch or warehouse.parent / "dbt"
    environment = {
        **os.environ,
        **profile_variables(warehouse.name),  # a new path would make dbt read its whole project again
        "DBT_TARGET_PATH": str(scratch / _target(variables)),
        "DBT_LOG_PATH": str(scratch / "logs"),
        "DBT_LOG_LEVEL_FILE": "none",  # a log of every step costs a tenth of a small build
        "DBT_USE_COLORS": "false",
    }
    places = ["--project-dir", DBT_PROJECT, "--profiles-dir", DBT_PROJECT]
    given = json.loads(dbt_variables(load_settings(home=warehouse.parent))) | (variables or {})
    command = [Path(sys.executable).with_name("dbt"), *arguments, "--vars", json.dumps(given), *places]
    done = run_forked(dbt_command, command, environment=environment, folder=warehouse.parent)
    assert (done.returncode == 0) is ok, done.stdout + done.stderr
    return done.stdout


def _target(variables: Mapping[str, object] | None) -> str:
    """A folder for each set of variables: other ones make dbt read its whole project again, 5 seconds of CPU."""
    if not variables:
        return "target"
    return "target-" + sha256(json.dumps(variables).encode()).hexdigest()[:8]


def dbt_command() -> None:
    """What the command `dbt` calls."""
    from dbt.cli.main import cli  # noqa: PLC0415 - the forked process has it already

    cli()
