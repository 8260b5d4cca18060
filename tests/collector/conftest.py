"""A running collector with one project, shared by the tests that only ask it questions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from contracts.settings import load_settings
from projects import open_projects
from tests.factories.collector_process import run_collector

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass
class Client:
    """Talks to a collector with a key of one project."""

    http: httpx.Client
    home: Path
    project_id: str
    key: str

    def track(self, body: object, **headers: str) -> httpx.Response:
        """Send one event as JSON."""
        return self.http.post("/track", json=body, headers={"X-API-Key": self.key, **headers})

    def send(
        self, body: bytes, headers: dict[str, str] | None = None, *, path: str = "/track", **options: Any
    ) -> httpx.Response:
        """Send bytes as they are; `headers` win over the usual ones."""
        usual = {"X-API-Key": self.key, "Content-Type": "application/json"}
        return self.http.post(path, content=body, headers={**usual, **(headers or {})}, **options)


def make_project(home: Path, name: str = "shop") -> tuple[str, str]:
    """Make a project; return its id and a key."""
    with open_projects(load_settings(home=home, database_url="")) as projects:
        project = projects.create_project(name)
        return project.project_id, projects.create_key(name).secret


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    home = tmp_path_factory.mktemp("collector") / "home"
    project_id, key = make_project(home)
    with run_collector(home) as collector, httpx.Client(base_url=collector.url, timeout=30) as http:
        yield Client(http, home, project_id, key)
