"""A fresh `TURRET_HOME` with one project and a key, and the collectors that run on it."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from contracts.home import Home
from contracts.settings import PREFIX, load_settings
from harness.server_process import ServerProcess, free_port
from projects import open_projects

if TYPE_CHECKING:
    from collections.abc import Mapping

_TURRET = [sys.executable, "-c", "from cli.main import main; main()"]
_VARIANTS = Path(__file__).with_name("variant_server.py")
PRODUCT = "product"
"""The real collector, started with its own command."""


@dataclass
class Installation:
    """A home, its project, and a key that may write to it. `port` stays the same over restarts."""

    home: Home
    project_id: str
    key: str
    port: int = field(default_factory=free_port)

    @classmethod
    def create(cls, root: Path, *, event_limit: int | None = None) -> Self:
        """Make the home in the folder `root`, with a project that has `event_limit` events a month, or no limit."""
        return cls(Home(root), *_make_project(root, "trial", event_limit))

    def add_project(self, name: str, event_limit: int | None) -> tuple[str, str]:
        """Make another project; return its id and a key."""
        return _make_project(self.home.root, name, event_limit)

    @property
    def log(self) -> Path:
        """The output of the collectors."""
        return self.home.root.with_suffix(".log")

    def start(
        self,
        variant: str = PRODUCT,
        *,
        workers: int = 1,
        environment: Mapping[str, str] | None = None,
        **settings: object,
    ) -> ServerProcess:
        """Start the collector, or a variant of it (see variant_server.py), with these settings of Turret."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        given = {f"{PREFIX}{name.upper()}": str(value) for name, value in settings.items()}
        given |= {f"{PREFIX}HOME": str(self.home.root), f"{PREFIX}COLLECTOR_WORKERS": str(workers)}
        port = str(self.port)
        command = [*_TURRET, "collector", "--port", port]
        if variant != PRODUCT:
            command = [sys.executable, str(_VARIANTS), variant, "--port", port]
        return ServerProcess.start(command, self.port, {**kept, **given, **(environment or {})}, self.log)


def _make_project(root: Path, name: str, event_limit: int | None) -> tuple[str, str]:
    with open_projects(load_settings(home=root, database_url="")) as projects:
        project = projects.create_project(name, plan="enterprise", event_limit=event_limit)
        return project.project_id, projects.create_key(name).secret
