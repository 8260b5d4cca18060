"""The sample as a published file, and pages made from it without a server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from contracts.home import Home
from dashboard.data.address import Address
from dashboard.data.published import CONNECTION, Published, Snapshot
from dashboard.data.view import View
from tests.factories.published_factory import ASSISTANT, BARE, FIELD, SAMPLE, publish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Marts:
    """The published tables, asked with SQL of the tests' own."""

    connection: duckdb.DuckDBPyConnection

    def all(self, sql: str, **values: object) -> list[tuple[Any, ...]]:
        """Rows as tuples."""
        return self.connection.execute(sql, values).fetchall()

    def one(self, sql: str, **values: object) -> Any:
        """The only value of the only row."""
        [[value]] = self.all(sql, **values)
        return value


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("dashboard") / "home"
    publish(home, SAMPLE + BARE)
    return home


@pytest.fixture(scope="session")
def snapshot(sample_home: Path) -> Snapshot:
    return Published(Home(sample_home).published).snapshot()


@pytest.fixture(scope="session")
def marts(sample_home: Path) -> Iterator[Marts]:
    file = str(Home(sample_home).published.resolve())
    with duckdb.connect(file, read_only=True, config=CONNECTION) as connection:
        yield Marts(connection)


@pytest.fixture(scope="session")
def look(snapshot: Snapshot) -> Callable[..., View]:
    """Make a view of one of the sample's projects at an address."""

    def make(address: str = "/", project: str = ASSISTANT) -> View:
        path, _, search = address.partition("?")
        return View(Address.parse(path, search).but(project=project), snapshot, project)

    return make


@pytest.fixture(scope="session")
def assistant() -> dict[str, Any]:
    """Values that most of the tests' own SQL binds."""
    return {"project_id": ASSISTANT, "field": FIELD}
