"""Run the project's own dbt on a warehouse of the tests, as the command a person would type."""

from __future__ import annotations

import os
import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from tests.factories.forked_command import run_forked

if TYPE_CHECKING:
    from collections.abc import Sequence

REPOSITORY = Path(__file__).resolve().parents[2]
DBT_PROJECT = REPOSITORY / "dbt_project"


def run_dbt(warehouse: Path, *arguments: str, scratch: Path | None = None, ok: bool = True) -> str:
    """Run `dbt <arguments>` on `warehouse` and return what it printed.

    Args:
        warehouse: the DuckDB file.
        arguments: what stands after `dbt`.
        scratch: folder for targets, `dbt` beside the warehouse by default; runs that share one parse faster.
        ok: whether dbt is to pass.

    Raises:
        AssertionError: dbt failed although `ok`, or passed although not; its output is the message.
    """
    scratch = scratch or warehouse.parent / "dbt"
    environment = {
        **os.environ,
        "TURRET_WAREHOUSE": warehouse.name,  # a new path would make dbt read its whole project again
        "DBT_TARGET_PATH": str(scratch / _target(arguments)),
        "DBT_LOG_PATH": str(scratch / "logs"),
        "DBT_LOG_LEVEL_FILE": "none",  # a log of every step costs a tenth of a small build
        "DBT_USE_COLORS": "false",
    }
    places = ["--project-dir", DBT_PROJECT, "--profiles-dir", DBT_PROJECT]
    command = [Path(sys.executable).with_name("dbt"), *arguments, *places]
    done = run_forked(_dbt, command, environment=environment, folder=warehouse.parent)
    assert (done.returncode == 0) is ok, done.stdout + done.stderr
    return done.stdout


def _target(arguments: Sequence[str]) -> str:
    """A folder for each set of variables: other ones make dbt read its whole project again, 5 seconds of CPU."""
    if "--vars" not in arguments:
        return "target"
    return "target-" + sha256(arguments[arguments.index("--vars") + 1].encode()).hexdigest()[:8]


def _dbt() -> None:
    """What the command `dbt` calls."""
    from dbt.cli.main import cli  # noqa: PLC0415 - the forked process has it already

    cli()
