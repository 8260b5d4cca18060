"""Answers are ready before somebody asks: for each new version, and in the running dashboard."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from contracts.home import Home
from contracts.settings import load_settings
from dashboard.data.published import Published, Snapshot
from dashboard.deferred_cards import CARDS_OF, card_at
from dashboard.router import Router
from dashboard.warm_up import WarmUp
from projects import open_projects
from tests.factories.published_factory import ASSISTANT, SampleProject, publish
from tests.factories.published_vocabulary import ASSISTANT_SUBJECTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SMALL = SampleProject(ASSISTANT, 20, ASSISTANT_SUBJECTS)
LARGER = SampleProject(ASSISTANT, 30, ASSISTANT_SUBJECTS)
PAGES = ("/", "/topics", "/journeys", "/segments", "/numbers", "/sessions")
PATIENCE_S = 60


class Asked(list[str]):
    """The queries that were asked of the file, not answered from memory."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    found = Asked()
    ask = Snapshot._ask
    monkeypatch.setattr(Snapshot, "_ask", lambda *of: (found.append(of[1]), ask(*of))[1])
    return found


@pytest.fixture
def router(tmp_path: Path) -> Iterator[tuple[Published, Router]]:
    settings = load_settings(home=tmp_path, database_url="")
    with open_projects(settings) as projects:
        published = Published(Home(tmp_path).published)
        yield published, Router(published, projects, settings)


def test_warm_up_leaves_nothing_to_ask_for_on_the_pages(tmp_path: Path, router: tuple[Published, Router], asked: Asked):
    publish(tmp_path, (SMALL,))
    WarmUp(*router, every_s=1).warm()
    assert "headline" in asked
    asked.clear()
    for page in PAGES:
        assert router[1].screen(page, "").fresh_until is not None
    for page, cards in CARDS_OF.items():
        for card in cards:
            assert card_at(router[0], f"/{page}?project={ASSISTANT}", card) is not None
    assert asked == []


def test_warm_up_asks_once_for_a_version_and_again_for_the_next(
    tmp_path: Path, router: tuple[Published, Router], asked: Asked
):
    warm_up = WarmUp(*router, every_s=1)
    warm_up.warm()
    assert asked == []  # nothing is published
    publish(tmp_path, (SMALL,), version="1")
    for _ in range(2):
        warm_up.warm()
    assert asked.count("number_by_topic") == 1
    publish(tmp_path, (LARGER,), version="2")
    warm_up.warm()
    assert asked.count("number_by_topic") == 2


def test_warm_up_in_its_thread_finds_a_new_version_and_ends_with_the_block(
    tmp_path: Path, router: tuple[Published, Router], asked: Asked
):
    with WarmUp(*router, every_s=0.05).running():
        publish(tmp_path, (SMALL,))
        until = time.monotonic() + PATIENCE_S
        while asked.count("sessions") == 0 and time.monotonic() < until:
            time.sleep(0.05)
    n_asked = len(asked)
    assert "sessions" in asked
    publish(tmp_path, (LARGER,), version="2")
    time.sleep(0.3)
    assert len(asked) == n_asked


def test_warm_up_of_a_file_that_cannot_be_read_leaves_it_to_the_pages(
    tmp_path: Path, router: tuple[Published, Router], asked: Asked
):
    Home(tmp_path).published_folder.mkdir()
    Home(tmp_path).published.write_bytes(b"?" * 5_000)
    WarmUp(*router, every_s=1).warm()
    assert asked == []
    assert "cannot be opened" in str(router[1].screen("/", "").page)
