"""A new projects database for every test: SQLite, and PostgreSQL if the machine has one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text

from contracts.settings import Settings, load_settings
from projects import Projects, open_projects
from tests.factories.postgres_server import find_postgres, run_postgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    programs = find_postgres()
    if programs is None:
        pytest.skip("PostgreSQL is not installed here")
    with run_postgres(programs) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    if request.param == "sqlite":
        yield load_settings(home=tmp_path / "home", database_url="")
        return
    url = request.getfixturevalue("postgres_url")
    yield load_settings(home=tmp_path / "home", database_url=url)
    engine = create_engine(url)
    with engine.begin() as connection:
        # A test that failed may have left a transaction open, for which DROP would wait.
        others = "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        connection.execute(text(f"select pg_terminate_backend(pid) {others}"))
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()


@pytest.fixture
def projects(settings: Settings) -> Iterator[Projects]:
    with open_projects(settings) as opened:
        yield opened
