"""From an address to a screen, and what is said when there is nothing to show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contracts.home import Home
from contracts.settings import load_settings
from dashboard.published import Published
from dashboard.router import Router
from projects import open_projects
from tests.dashboard.page_words import find_all, words_of
from tests.factories.published_factory import ASSISTANT, NASTY, SAMPLE, SampleProject, publish, topic_id
from tests.factories.published_vocabulary import ASSISTANT_SUBJECTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from projects import Projects
    from tests.dashboard.conftest import Marts


SETTINGS = load_settings(home="unused", database_url="")


@pytest.fixture
def projects(tmp_path: Path) -> Iterator[Projects]:
    with open_projects(load_settings(home=tmp_path, database_url="")) as opened:
        yield opened


def test_screen_before_anything_is_published_says_what_to_run(tmp_path: Path, projects: Projects):
    screen = Router(Published(Home(tmp_path).published), projects, SETTINGS).screen("/", "")
    assert "Nothing is published yet" in words_of(screen.page)
    assert "turret run" in words_of(screen.page)


def test_screen_without_events_waits_for_the_first(tmp_path: Path, projects: Projects):
    publish(tmp_path, ())
    screen = Router(Published(Home(tmp_path).published), projects, SETTINGS).screen("/journeys", "")
    assert "Waiting for the first event" in words_of(screen.page)


def test_screen_of_an_unreadable_file_is_a_sentence_and_no_traceback(tmp_path: Path, projects: Projects):
    Home(tmp_path).published_folder.mkdir()
    Home(tmp_path).published.write_bytes(b"?" * 5_000)
    screen = Router(Published(Home(tmp_path).published), projects, SETTINGS).screen("/", "")
    assert "cannot be opened; run `turret run`" in words_of(screen.page)


def test_screen_without_a_project_in_the_address_shows_the_largest(sample_home: Path, projects: Projects):
    screen = Router(Published(Home(sample_home).published), projects, SETTINGS).screen("/", "")
    assert screen.project_id == ASSISTANT
    assert list(screen.projects)[:2] == [ASSISTANT, NASTY]
    assert screen.fresh_until is not None


def test_screen_names_projects_as_people_named_them(tmp_path: Path, projects: Projects):
    named = projects.create_project("<b>Acme</b>")
    empty = projects.create_project("No events yet")
    publish(tmp_path, (SampleProject(named.project_id, 5, ASSISTANT_SUBJECTS),))
    router = Router(Published(Home(tmp_path).published), projects, SETTINGS)
    assert router.screen("/", "").projects == {named.project_id: "<b>Acme</b>", empty.project_id: "No events yet"}
    waiting = router.screen("/topics", f"?project={empty.project_id}")
    assert "This project has no numbers yet" in words_of(waiting.page)
    assert waiting.project_id == empty.project_id


def test_screen_of_an_unknown_project_shows_no_other_projects_numbers(sample_home: Path, projects: Projects):
    screen = Router(Published(Home(sample_home).published), projects, SETTINGS).screen(
        "/", "?project=prj_ffffffffffffffff"
    )
    assert words_of(screen.page).startswith("This project has no numbers yet")


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/journeys", "Journeys · Turret"),
        ("/journeys/drop-off", "Drop-off · Journeys · Turret"),
        (f"/topics/{topic_id(SAMPLE[0], 5)}", "Debug a Python error · Topics · Turret"),
        ("/topics/nothing", "Topics · Turret"),
        ("/sessions/ses_1", "Session ses_1 · Sessions · Turret"),
        (f"/users/{'u' * 90}", f"User {'u' * 39}… · Sessions · Turret"),
        ("/settings/fields", "Metadata · Settings · Turret"),
    ],
)
def test_screen_is_named_in_the_title_of_its_tab(sample_home: Path, projects: Projects, path: str, title: str):
    router = Router(Published(Home(sample_home).published), projects, SETTINGS)
    assert router.screen(path, "").title == title


def test_session_and_user_show_whatever_the_filters_leave_out(sample_home: Path, projects: Projects, marts: Marts):
    router = Router(Published(Home(sample_home).published), projects, SETTINGS)
    [[session_id, user_id, n_sessions]] = marts.all(
        "SELECT session_id, user_id, n_sessions"
        " FROM marts.fct_sessions JOIN marts.dim_users USING (project_id, user_id)"
        " WHERE project_id = $p AND n_sessions > 1 ORDER BY session_id LIMIT 1",
        p=ASSISTANT,
    )
    session = router.screen(f"/sessions/{session_id}", "?event=nothing")
    assert "Its way through the topics" in words_of(session.page)
    assert session.filters is None
    assert {link.href for link in find_all(session.page, "Link")} >= {
        f"/users/{user_id}?project={ASSISTANT}&event=nothing"
    }
    user = router.screen(f"/users/{user_id}", "?event=nothing")
    assert f"0 of {n_sessions:,} sessions, within the filters" in words_of(user.page)
    assert user.filters is not None
    assert "Nothing matches these filters" in words_of(router.screen("/sessions", "?event=nothing").page)
