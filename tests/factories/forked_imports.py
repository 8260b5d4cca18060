"""What the process imports from which commands are forked: all that they take seconds to load.

DuckDB takes a process whose main module has no file for an interactive one and draws a progress bar into its output as
soon as a query takes two seconds. The process that commands are forked from has none, so it gets the command's.
"""

import gc
import sys
from pathlib import Path

sys.modules["__main__"].__file__ = str(Path(sys.executable).parent / "turret")

import dbt.adapters.duckdb  # noqa: E402
import dbt.cli.main  # noqa: E402

import cli.main  # noqa: E402
import collector.server  # noqa: E402
import dashboard.app  # noqa: E402
import orchestration.job_run  # noqa: E402

__all__ = ["cli", "collector", "dashboard", "dbt", "orchestration"]

gc.collect()
gc.freeze()  # else every forked process goes through a million objects of packages that it mostly does not use
