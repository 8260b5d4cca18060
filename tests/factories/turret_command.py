"""The `turret` command over a new home, as a user starts it."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli.main import main
from tests.factories.forked_command import run_forked

TURRET = Path(sys.executable).parent / "turret"


@dataclass(frozen=True)
class Turret:
    """Runs commands; `environment` adds settings."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, status: int = 0, timeout_s: float = 900) -> str:
        """Run a command that must end with `status`; gives its standard output. No command may end in a traceback."""
        environment = {**os.environ, "TURRET_HOME": str(self.home), **self.environment}
        done = run_forked(main, [TURRET, *arguments], environment=environment, timeout_s=timeout_s)
        assert "Traceback" not in done.stderr + done.stdout, done.stderr + done.stdout
        assert done.returncode == status, done.stderr + done.stdout
        return done.stdout

    def json(self, *arguments: str, status: int = 0) -> Any:
        """Run a command with `--json` and read what it prints."""
        return json.loads(self.run(*arguments, "--json", status=status))

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Rows of the published marts."""
        rows: list[dict[str, Any]] = json.loads(self.run("query", sql, "--format", "json"))
        return rows

    def create_project(self, name: str) -> str:
        """A new project's id."""
        return str(self.json("project", "create", name)["project_id"])
