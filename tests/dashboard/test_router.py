"""From an address to a screen, and the messages if there is nothing to show."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from contracts.home import Home
from contracts.run_progress import begin_run, begin_stage, fail_stage
from contracts.settings import load_settings
from contracts.trouble import find_trouble
from dashboard.data.address import Address
from dashboard.data.published import Published
from dashboard.deferred_cards import card_at
from dashboard.errors import DeletedProjectError
from dashboard.kept_projects import KeptPublished
from dashboard.router import Router
from dashboard.search.page import find
from dashboard.sign_in.visitor import EVERYBODY, NOBODY, set_visitor
from orchestration.warehouse.writer_lock import hold_lock
from projects import open_projects
from projects.plans import month_of
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


def test_screen_of_an_installation_without_projects_asks_an_admin_to_make_one(tmp_path: Path, projects: Projects):
    router = Router(Published(Home(tmp_path).published), projects, SETTINGS)
    assert words_of(router.screen("/", "").page) == "There is no project yet Ask an admin to make one."
    set_visitor(EVERYBODY)
    try:
        assert "Create project" in words_of(router.screen("/", "").page)
    finally:
        set_visitor(NOBODY)


def test_screen_of_the_overview_says_trouble_to_admins_alone_in_the_words_of_status(tmp_path: Path, projects: Projects):
    project = projects.create_project("Größe & Söhne")
    home = Home(tmp_path)
    folder = home.quarantine / "segments"
    folder.mkdir(parents=True)
    (folder / f"project_id={project.project_id}~a.rejected.ndjson").write_text("{}\n")
    (trouble,) = find_trouble(home, {project.project_id: project.name}, datetime.now(UTC))
    router = Router(Published(home.published), projects, load_settings(home=tmp_path, database_url=""))
    set_visitor(EVERYBODY)
    try:
        told, elsewhere = words_of(router.screen("/", "").page), words_of(router.screen("/journeys", "").page)
    finally:
        set_visitor(NOBODY)
    assert "Something needs your attention" in told
    assert f"In quarantine:  {trouble.sentence}" in told
    assert "attention" not in elsewhere
    assert "attention" not in words_of(router.screen("/", "").page)


@pytest.mark.parametrize("published", [None, ()])
def test_screen_of_a_project_without_numbers_follows_its_events(
    tmp_path: Path, projects: Projects, published: tuple[SampleProject, ...] | None
):
    project = projects.create_project("Größe & Söhne")
    if published is not None:
        publish(tmp_path, published)
    settings = load_settings(home=tmp_path, database_url="")
    router = Router(Published(Home(tmp_path).published), projects, settings)
    set_visitor(EVERYBODY)
    try:
        screen = router.screen("/", "")
    finally:
        set_visitor(NOBODY)
    assert screen.project_id == project.project_id
    assert screen.projects == {project.project_id: "Größe & Söhne"}
    words = words_of(screen.page)
    assert "The first numbers of  Größe & Söhne" in words
    assert "Create a key and show the call" in words
    assert "Waiting for the first event" in words
    elsewhere = words_of(router.screen("/journeys", f"?project={project.project_id}").page)
    assert elsewhere.startswith("No numbers yet Nothing is published yet for  Größe & Söhne .")


def test_first_events_tell_how_many_came_and_which_stage_the_run_is_in(tmp_path: Path, projects: Projects):
    project = projects.create_project("Acme")
    home = Home(tmp_path)
    router = Router(Published(home.published), projects, load_settings(home=tmp_path, database_url=""))
    address = Address(project=project.project_id)
    now = datetime.now(UTC)
    projects.ledger.settle("worker", 1, {(project.project_id, month_of(now)): 524})
    folder = home.segment_folder(project.project_id, now)
    folder.mkdir(parents=True)
    segment = folder / "part.ndjson.zst"
    segment.touch()
    sealed_at = now.timestamp() - 12
    os.utime(segment, (sealed_at, sealed_at))
    assert re.search(r"524 events arrived, the last 1[2-9] s ago\.", words_of(router.first_events(address)))
    assert "The events are waiting for a pipeline run." in words_of(router.first_events(address))
    with hold_lock(home.warehouse_lock, 0):
        begin_run(home)
        begin_stage(home, "run-1", "Finding topics", now.replace(tzinfo=None))
        assert re.search(
            r"A run has been under way for \d+ s: Finding topics \(\d+ s so far\)\.",
            words_of(router.first_events(address)),
        )
        fail_stage(home)
    assert "The last run ended early, in the stage “Finding topics”" in words_of(router.first_events(address))


def test_first_events_of_a_project_that_is_not_there_are_none(tmp_path: Path, projects: Projects):
    router = Router(Published(Home(tmp_path).published), projects, SETTINGS)
    assert router.first_events(Address(project="prj_ffffffffffffffff")) is None


def test_screen_of_an_unreadable_file_is_a_sentence_and_no_traceback(tmp_path: Path, projects: Projects):
    Home(tmp_path).published_folder.mkdir()
    Home(tmp_path).published.write_bytes(b"?" * 5_000)
    screen = Router(Published(Home(tmp_path).published), projects, SETTINGS).screen("/", "")
    assert "cannot be opened; run" in words_of(screen.page)
    assert "turret run" in [code.children for code in find_all(screen.page, "Code")], "a command is shown as code"


def test_screen_without_a_project_in_the_address_shows_the_largest(sample_home: Path, projects: Projects):
    screen = Router(Published(Home(sample_home).published), projects, SETTINGS).screen("/", "")
    assert screen.project_id == ASSISTANT
    assert list(screen.projects)[:2] == [ASSISTANT, NASTY]
    assert screen.fresh_until is not None


def test_screen_names_projects_as_people_named_them(tmp_path: Path, projects: Projects):
    empty = projects.create_project("No events yet")
    named = projects.create_project("<b>Acme</b>")
    publish(tmp_path, (SampleProject(named.project_id, 5, ASSISTANT_SUBJECTS),))
    router = Router(Published(Home(tmp_path).published), projects, SETTINGS)
    for path in ("/", "/settings/keys"):  # an address without a project means the same one on every page
        screen = router.screen(path, "")
        assert screen.project_id == named.project_id
        assert list(screen.projects.items()) == [
            (named.project_id, "<b>Acme</b>"),
            (empty.project_id, "No events yet"),
        ]
    waiting = router.screen("/topics", f"?project={empty.project_id}")
    assert "No numbers yet" in words_of(waiting.page)
    assert "No events yet" in words_of(waiting.page)
    assert waiting.project_id == empty.project_id


def test_deleted_project_can_be_read_nowhere_although_the_file_still_has_it(tmp_path: Path, projects: Projects):
    own, other = projects.create_project("Deleted"), projects.create_project("Kept")
    publish(tmp_path, tuple(SampleProject(of.project_id, 5, ASSISTANT_SUBJECTS) for of in (own, other)))
    published = KeptPublished(Home(tmp_path).published, None, projects)
    router, address = Router(published, projects, SETTINGS), Address(project=own.project_id)
    snapshot = published.snapshot()
    assert published.snapshot() is snapshot, "so that what it computed stays"
    for is_deleted in (False, True):
        assert ("Project not found" in words_of(router.screen("/", address.search).page)) is is_deleted
        assert (find(published, address, "the") is None) is is_deleted
        assert (card_at(published, address.href, "changes") is None) is is_deleted
        projects.delete_project(other.name if is_deleted else own.name)
    for now in (published.snapshot(), published.snapshot_of(snapshot.version)):
        assert now is not None
        assert now.rows("projects") == []
        with pytest.raises(DeletedProjectError, match="The project was deleted"):
            now.rows("topic_labels", project_id=own.project_id)


def test_screen_of_an_unknown_project_shows_no_other_projects_numbers(sample_home: Path, projects: Projects):
    screen = Router(Published(Home(sample_home).published), projects, SETTINGS).screen(
        "/", "?project=prj_ffffffffffffffff"
    )
    assert words_of(screen.page).startswith("Project not found")


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/journeys", "Journeys · Turret"),
        ("/journeys/drop-off", "Drop-off · Journeys · Turret"),
        ("/journeys/friction", "Friction · Journeys · Turret"),
        ("/journeys/retention", "Retention · Journeys · Turret"),
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
    assert "Path through topics" in words_of(session.page)
    assert session.filters is None
    assert {link.href for link in find_all(session.page, "Link")} >= {
        f"/users/{user_id}?project={ASSISTANT}&event=nothing"
    }
    user = router.screen(f"/users/{user_id}", "?event=nothing")
    assert f"0 of {n_sessions:,} sessions, within the filters" in words_of(user.page)
    assert user.filters is not None
    assert "No events match these filters" in words_of(router.screen("/sessions", "?event=nothing").page)
