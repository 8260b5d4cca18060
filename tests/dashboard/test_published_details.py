"""A file with the details of the newest days only: what it has, and that everything that counts from it says so."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from starlette.testclient import TestClient

from contracts.home import Home
from contracts.settings import load_settings
from contracts.tables import MARTS
from dashboard.api.app import create_api
from dashboard.data.address import Address
from dashboard.data.published import Published, Snapshot
from dashboard.data.view import View
from dashboard.errors import NoSuchWeekError
from dashboard.formatting import day
from dashboard.pages import render_page
from dashboard.report.week import find_week
from dashboard.ui.filter_bar import filter_bar
from orchestration.publish.published_file import publish
from orchestration.warehouse.resource import create_tables
from projects import open_projects
from tests.dashboard.page_words import words_of
from tests.factories.read_api import Readable, make_readable
from tests.factories.turret_process import run_turret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

N_DAYS = 14


@pytest.fixture(scope="module")
def readable(tmp_path_factory: pytest.TempPathFactory) -> Readable:
    """Projects with 28 and 20 days in the warehouse, of which 14 are published."""
    made = make_readable(tmp_path_factory.mktemp("details") / "home")
    home = Home(made.home)
    home.published.resolve().rename(home.warehouse)
    with duckdb.connect(str(home.warehouse)) as warehouse:
        create_tables(warehouse)
    publish(home, "run-1", "print", detail_days=N_DAYS)
    return made


@pytest.fixture(scope="module")
def snapshot(readable: Readable) -> Snapshot:
    return Published(Home(readable.home).published).snapshot()


@pytest.fixture(scope="module")
def first(readable: Readable) -> date:
    """The first day that is due for the first project."""
    with duckdb.connect(str(Home(readable.home).warehouse), read_only=True) as warehouse:
        [(newest,)] = warehouse.execute(
            "select max(session_date) from marts.fct_sessions where project_id = ?", [readable.own.project_id]
        ).fetchall()
    found: date = newest - timedelta(days=N_DAYS - 1)
    return found


@pytest.fixture(scope="module")
def look(snapshot: Snapshot, readable: Readable) -> Callable[[str], View]:
    def make(address: str) -> View:
        path, _, search = address.partition("?")
        return View(Address.parse(path, search).but(project=readable.own.project_id), snapshot, readable.own.project_id)

    return make


@pytest.fixture(scope="module")
def ask(readable: Readable) -> Iterator[Callable[..., Any]]:
    with open_projects(load_settings(home=readable.home, database_url="")) as projects:
        api = TestClient(create_api(Published(Home(readable.home).published), projects))
        yield lambda path, key=readable.key: api.get(path, headers={"X-API-Key": key})


def test_published_rows_are_those_of_whole_sessions_and_the_other_marts_have_all(readable: Readable):
    home = Home(readable.home)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home.warehouse}' as whole (read_only)")
        connection.execute(f"attach '{home.published.resolve()}' as published (read_only)")
        kept = "select project_id, session_id from published.marts.fct_sessions"
        n_limited = 0
        for table in MARTS:
            sessions = [name for name in table.detail_of if name != "event_id"]
            among = " and ".join(f"(project_id, {name}) in ({kept})" for name in sessions) or "true"
            if "event_id" in table.detail_of:
                among = "(project_id, event_id) in (select project_id, event_id from published.marts.fct_events)"
            due = f"from whole.{table.qualified_name} where {among}"
            found = f"from published.{table.qualified_name}"
            assert (
                connection.execute(
                    f"(({due}) except all ({found})) union all (({found}) except all ({due}))"
                ).fetchall()
                == []
            )
            [(n_due,), (n_all,)] = connection.execute(
                f"select count(*) {found} union all select count(*) from whole.{table.qualified_name}"
            ).fetchall()
            n_limited += n_due < n_all
        assert n_limited > 8


@pytest.mark.parametrize("path", ["/", "/topics", "/journeys", "/segments", "/numbers", "/sessions", "/search"])
def test_every_page_says_from_which_day_it_counts(look: Callable[[str], View], first: date, path: str):
    assert f"Counts start with the sessions of {day(first)}" in words_of(filter_bar(look(path)))
    assert look(path).days[0] == first


def test_a_page_of_a_file_with_all_sessions_says_nothing(readable: Readable):
    whole = Snapshot(Home(readable.home).warehouse, duckdb.connect(str(Home(readable.home).warehouse), read_only=True))
    with whole.connection:
        view = View(Address.parse("/", ""), whole, readable.own.project_id)
        assert view.details_from is None
        assert "Counts start" not in words_of(filter_bar(view))


def test_a_period_is_compared_only_with_days_that_are_published(look: Callable[[str], View], first: date):
    early = first + timedelta(days=7)
    days = "/?period=dates&from={}&to={}&compare=before"
    assert look(days.format(early, early + timedelta(days=6))).previous is not None
    view = look(days.format(early - timedelta(days=1), early + timedelta(days=6)))
    assert view.previous is None
    assert "Compare with" not in str(filter_bar(view))


def test_retention_is_that_of_users_whose_first_session_is_published(
    look: Callable[[str], View], readable: Readable, first: date
):
    with duckdb.connect(str(Home(readable.home).warehouse), read_only=True) as warehouse:
        [(due,)] = warehouse.execute(
            "select count(*) from marts.dim_users where project_id = ? and first_seen_at >= ? and user_id in"
            " (select user_id from marts.fct_session_topics where project_id = dim_users.project_id)",
            [readable.own.project_id, first],
        ).fetchall()
    view = look("/journeys/retention")
    cohorts = {row["cohort_week"]: row["n_users"] for row in view.rows("retention", topic=None)}
    assert 0 < sum(cohorts.values()) == due
    assert f"Users who came before {day(first)} are left out" in words_of(render_page(view))


def test_a_session_that_is_left_out_is_not_called_a_wrong_address(
    look: Callable[[str], View], readable: Readable, first: date
):
    with duckdb.connect(str(Home(readable.home).warehouse), read_only=True) as warehouse:
        [(session, user)] = warehouse.execute(
            "select session_id, user_id from marts.fct_sessions where project_id = ? and user_id is not null"
            " order by started_at limit 1",
            [readable.own.project_id],
        ).fetchall()
    assert f"began before {day(first)}" in words_of(render_page(look(f"/sessions/{session}")))
    shown = words_of(render_page(look(f"/users/{user}")))
    assert f"since {day(first)}" in shown


def test_answers_of_the_api_name_the_day_in_every_format(ask: Callable[..., Any], readable: Readable, first: date):
    for path in ("/topics", "/overview", "/sql?query=select+1"):
        answer = ask(path)
        assert answer.json()["details_from"] == first.isoformat(), path
        assert answer.headers["x-turret-details-from"] == first.isoformat()
    assert ask("/topics?format=csv").headers["x-turret-details-from"] == first.isoformat()
    assert ask("/topics", readable.other_key).json()["details_from"] not in {None, first.isoformat()}
    refused = ask(f"/changes?from={first}&to={first + timedelta(days=6)}")
    assert refused.status_code == 400
    assert f"sessions are published from {first} on" in refused.json()["detail"]
    assert f"sessions that began before {first} are not" in ask("/sessions/none").json()["detail"]


def test_a_report_about_days_that_are_left_out_is_refused(snapshot: Snapshot, readable: Readable, first: date):
    monday = first - timedelta(days=first.weekday())
    with pytest.raises(NoSuchWeekError, match=f"sessions are published from {day(first)} on") as refused:
        find_week(snapshot, readable.own.project_id, "bot", monday=monday, min_people=1, problems=[])
    named = date.fromisocalendar(*map(int, str(refused.value).rsplit(" ", 1)[1].split("-W")), 1)
    assert find_week(snapshot, readable.own.project_id, "bot", monday=named, min_people=1, problems=[]).first == named


def test_the_commands_say_it_too(readable: Readable, snapshot: Snapshot, tmp_path: Path):
    words = f"published from {min(snapshot.details_from.values())} on, or from a later day, depending on the project"
    queried = run_turret(readable.home, "query", "select count(*) as n from fct_sessions", "--format", "json")
    assert words in queried.stderr
    assert json.loads(queried.stdout)[0]["n"] > 0
    assert words in run_turret(readable.home, "export", tmp_path / "out").stdout
    written = json.loads((tmp_path / "out" / "export.json").read_text())
    assert written["details_from"] == {key: first.isoformat() for key, first in snapshot.details_from.items()}
    assert words in run_turret(readable.home, "status").stdout
