"""Commands import what they need and no more: help costs a quarter of a second, a run without news no engine."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.factories.turret_process import ROOT

ENGINES = {"dagster", "dagster_dbt", "dbt", "great_expectations", "onnxruntime", "pandas", "sklearn"}
FOR_COMMANDS = {"contracts.settings", "duckdb", "fastapi", "dash", "httpx", "numpy", "projects.database", "sqlalchemy"}


@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        ("import cli.main; cli.main.app(['--help'], standalone_mode=False)", ENGINES | FOR_COMMANDS),
        ("import cli.main; cli.main.app(['project', 'goal', '--help'], standalone_mode=False)", ENGINES | FOR_COMMANDS),
        ("import cli.main, cli.pipeline.state", ENGINES | {"httpx"}),
        ("import cli.main, collector.wal.recovery, orchestration.run", ENGINES),
    ],
    ids=["help", "help of a group", "status", "run with nothing new"],
)
def test_command_imports_nothing_heavy_that_it_does_not_need(code: str, heavy: set[str]):
    script = f"{code}\nimport sys; print('imported:', *sorted(set(sys.modules) & {heavy!r}))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "imported:"
