"""Requests to erase: who is meant, until when they can be withdrawn, and what is left of them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from projects import database, open_projects
from projects.deletion.erasures import ERASED_PHRASE, Quotes, erased_digest
from projects.errors import DatabaseError, InvalidValueError, NotFoundError
from projects.records import ErasureCounts, PublishedTopic
from tests.factories.byte_search import files_with

if TYPE_CHECKING:
    from contracts.settings import Settings
    from projects.repository import Projects


@pytest.fixture
def project_id(projects: Projects) -> str:
    return projects.create_project("Shop").project_id


def test_request_for_the_same_id_is_the_same_request(projects: Projects, project_id: str):
    first = projects.erasures.add("Shop", "user", "ada", "admin")
    second = projects.erasures.add(project_id, "user", "ada", "another", "keep")
    assert (second.erasure_id, second.later_events) == (first.erasure_id, "keep")
    assert len(projects.erasures.list("Shop")) == 1


def test_finished_erasure_has_a_digest_and_no_id(projects: Projects, project_id: str):
    erasure = projects.erasures.add(project_id, "user", "ada", "admin")
    projects.erasures.begin([erasure.erasure_id])
    projects.erasures.count({erasure.erasure_id: ErasureCounts(5, 2, 4, 1)})
    projects.erasures.count({erasure.erasure_id: ErasureCounts(0, 0, 0, 0)})
    projects.erasures.finish([erasure.erasure_id], "run-1")
    (done,) = projects.erasures.list()
    assert (done.target, done.run_id, done.counts) == (None, "run-1", ErasureCounts(5, 2, 4, 1))
    assert done.digest == erased_digest(done.salt, "user", "ada")
    assert projects.erasures.list(only_open=True) == []


def test_salt_is_one_for_a_project_and_differs_between_projects(projects: Projects, project_id: str):
    projects.create_project("Other")
    salts = [projects.erasures.add(name, "user", target, "a").salt for name, target in (("Shop", "a"), ("Shop", "b"))]
    other = projects.erasures.add("Other", "user", "a", "admin").salt
    assert salts[0] == salts[1] != other


def test_begun_erasure_cannot_be_cancelled_and_one_of_another_project_is_unknown(projects: Projects, project_id: str):
    projects.create_project("Other")
    erasure = projects.erasures.add(project_id, "session", "s", "admin")
    with pytest.raises(NotFoundError, match="no erasure"):
        projects.erasures.cancel("Other", erasure.erasure_id)
    projects.erasures.begin([erasure.erasure_id])
    with pytest.raises(NotFoundError, match="has begun"):
        projects.erasures.cancel("Shop", erasure.erasure_id)
    waiting = projects.erasures.add(project_id, "event", "e", "admin")
    projects.erasures.cancel("Shop", waiting.erasure_id)
    assert [row.erasure_id for row in projects.erasures.list()] == [erasure.erasure_id]


def test_deletion_of_an_erased_event_is_forgotten(projects: Projects, project_id: str):
    projects.deleted_events.add(project_id, ["gone", "other"])
    erasure = projects.erasures.add(project_id, "user", "ada", "admin")
    projects.erasures.finish([erasure.erasure_id], "run-1", [(project_id, "gone")])
    assert [event.event_id for event in projects.deleted_events.list()] == ["other"]


def test_erased_names_and_hashes_leave_the_history_of_edits(projects: Projects, project_id: str):
    topics = [PublishedTopic("top_1", "prompt", "what ada said")]
    projects.topic_edits.rename(project_id, "top_1", "Refunds", "admin", topics)
    projects.topic_edits.move_text(project_id, "prompt", "a" * 32, "top_1", "admin", topics)
    projects.erasures.erase_quotes(project_id, ["what ada said"], ["ada's words"], ["a" * 32])
    edits = {edit.kind: edit for edit in projects.topic_edits.history(project_id)}
    assert (edits["rename"].topic_label, edits["rename"].label) == (ERASED_PHRASE, "Refunds")
    assert edits["move"].text_hash not in {None, "a" * 32}


@pytest.mark.parametrize(
    ("document", "is_quoted"),
    [
        ("<td>What&#39;s my refund\u2026 &amp; &#34;why&#34;?</td>", True),
        ('| What\'s my *refund*\\_ & "why"? | 3 |', True),
        ('{"texts": ["what\'s my refund & \\"why\\""]}', True),
        ('{"texts": ["html"], "topic": {"id": "top_1"}}', True),
        ("<!doctype html><html><body>A topic</body></html>", False),
        ('{"html": "x", "topic": "y"}', False),
    ],
)
def test_quotes_are_found_whatever_their_escapes_and_short_texts_only_alone(
    document: str,
    is_quoted: bool,  # noqa: FBT001
):
    assert Quotes(["What's my refund & why"], ["html", "topic"]).are_in(document) is is_quoted


@pytest.mark.parametrize(
    ("kind", "target", "later"), [("person", "a", "drop"), ("user", "", "drop"), ("user", "a", "no")]
)
def test_request_that_is_not_allowed_is_refused(
    projects: Projects, project_id: str, kind: str, target: str, later: str
):
    with pytest.raises(InvalidValueError, match="allowed"):
        projects.erasures.add(project_id, kind, target, "admin", later)


def test_erased_id_is_in_no_file_of_the_database_even_beside_a_reader(settings: Settings):
    if settings.database_url:
        pytest.skip("PostgreSQL keeps rows until it vacuums")
    with open_projects(settings) as projects, open_projects(settings) as reader:
        project_id = projects.create_project("Shop").project_id
        erasure = projects.erasures.add(project_id, "user", "ada-lovelace-1815", "admin")
        assert reader.erasures.list()
        assert files_with(settings.home, "ada-lovelace-1815")["ada-lovelace-1815"]
        projects.erasures.finish([erasure.erasure_id], "run-1")
        assert files_with(settings.home, "ada-lovelace-1815") == {"ada-lovelace-1815": set()}


def test_database_with_a_long_reader_leaves_the_erasure_open(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    if settings.database_url:
        pytest.skip("PostgreSQL keeps rows until it vacuums")
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 100)
    with open_projects(settings) as projects:
        erasure = projects.erasures.add(projects.create_project("Shop").project_id, "user", "ada", "admin")
        with closing(sqlite3.connect(settings.home / "turret.sqlite")) as reader:
            reader.execute("begin")
            reader.execute("select * from erasures").fetchall()
            with pytest.raises(DatabaseError, match="next run tries again"):
                projects.erasures.finish([erasure.erasure_id], "run-1")
        assert [row.finished_at for row in projects.erasures.list(only_open=True)] == [None]
        projects.erasures.finish([erasure.erasure_id], "run-1")
        assert projects.erasures.list(only_open=True) == []
