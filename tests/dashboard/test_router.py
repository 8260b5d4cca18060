"""From an address to a screen, and what is said when there is nothing to show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contracts.home import Home
from contracts.settings import load_settings
from dashboard.published import Published
from dashboard.router import Router
from projects import open_projects
from tests.dashboard.page_words import words_of
from tests.factories.published_factory import ASSISTANT, NASTY, SampleProject, publish
from tests.factories.published_vocabulary import ASSISTANT_SUBJECTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from projects import Projects


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


def test_screen_has_the_name_of_the_page_in_its_title(sample_home: Path, projects: Projects):
    router = Router(Published(Home(sample_home).published), projects, SETTINGS)
    assert router.screen("/journeys", "").title == "Journeys · Turret"
