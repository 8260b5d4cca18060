"""A `turret run` that finds nothing new pays for none of the engines that a real run needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.factories.turret_process import ROOT

HEAVY = ("dagster", "dagster_dbt", "dbt", "great_expectations", "onnxruntime", "pandas", "sklearn")


@pytest.mark.parametrize("modules", ["cli.main", "cli.main, collector.recovery, orchestration.run"])
def test_command_line_before_a_run_begins_imports_no_engine(modules: str):
    script = f"import sys, {modules}; print(*sorted(set(sys.modules) & {set(HEAVY)!r}))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
