"""The `turret` command in its own process, with an environment without other settings."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cli.main import main
from tests.factories.forked_command import run_forked

if TYPE_CHECKING:
    import subprocess

ROOT = Path(__file__).parents[2]
TURRET = [sys.executable, "-c", "from cli.main import main; main()"]


def process_environment(home: Path, **settings: object) -> dict[str, str]:
    """The environment of a command: this one's, without its settings of Turret, and with the given ones."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TURRET_")}
    given = {f"TURRET_{name.upper()}": str(value) for name, value in settings.items()}
    python_path = os.pathsep.join([str(ROOT), *filter(None, [kept.get("PYTHONPATH")])])
    return {**kept, "TURRET_HOME": str(home), "PYTHONPATH": python_path, "COLUMNS": "200", **given}


def run_turret(home: Path, *arguments: str | Path, **settings: object) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; never raises for its exit status."""
    environment = process_environment(home, **settings)
    return run_forked(main, ["turret", *arguments], environment=environment, folder=home.parent, timeout_s=60)
