"""Late and missing answers on the Friction tab: numbers of plain Python, which lead to their sessions."""

from __future__ import annotations

import shutil
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from contracts.home import Home
from dashboard.data.address import Address
from dashboard.data.published import Published
from dashboard.data.query_parameters import session_choice
from dashboard.data.view import View
from dashboard.formatting import share
from dashboard.journeys.friction.answers import answers_card
from dashboard.journeys.friction.differences import find_answers
from dashboard.pages import render_page
from tests.dashboard.page_words import find_all, words_of
from tests.factories.published_factory import ASSISTANT, SAMPLE, SampleProject, publish, topic_id

if TYPE_CHECKING:
    from collections.abc import Iterator

TOPIC = topic_id(SAMPLE[0], 0)
ABOUT = f"""
update marts.fct_session_topics set is_answer_missing = case
    when md5_number_lower(session_id || topic_id) % 3 = 0
    then topic_id = '{TOPIC}' or md5_number_lower(session_id) % 10 < 1 end;
update marts.dim_projects set late_after_s = 1;
update marts.fct_sessions set user_id = session_id
"""
"""Each session has a user of its own: else one user has half of them."""


@pytest.fixture(scope="module")
def told(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[View]:
    """The sample, whose app also says which messages were not answered; one topic has far more of them."""
    file = Path(shutil.copy(Home(sample_home).published.resolve(), tmp_path_factory.mktemp("told") / "told.duckdb"))
    with duckdb.connect(str(file)) as connection:
        for statement in ABOUT.split(";"):
            connection.execute(statement)
    snapshot = Published(file).snapshot()
    yield View(Address(project=ASSISTANT), snapshot, ASSISTANT)
    snapshot.connection.close()


def test_late_and_missing_answers_are_those_of_plain_python(told: View):
    visits = told.snapshot.connection.execute(
        "select topic_id, slowest_reply_ms, is_answer_missing from marts.fct_session_topics where project_id = ?",
        [ASSISTANT],
    ).fetchall()
    expected = defaultdict[tuple[str, str], list[bool]](list)
    for topic, reply_ms, is_missing in visits:
        expected["late", topic].append(reply_ms > 1000)
        if is_missing is not None:
            expected["missing", topic].append(is_missing)
    counts = {cell: (sum(hits), len(hits)) for cell, hits in expected.items()}
    found, clear = find_answers(told)
    assert {cell: (one.n, one.total) for cell, one in found.items()} == counts
    assert [cell for cell, one in clear.items() if cell[0] == "missing" and one.z > 0] == [("missing", TOPIC)]
    rows = told.rows("friction")
    assert {("late", row["topic_id"]): (row["n_late"], row["n_timed"]) for row in rows} | {
        ("missing", row["topic_id"]): (row["n_missing"], row["n_told"]) for row in rows
    } == counts


def test_card_names_the_topic_and_its_shares_lead_to_the_sessions(told: View):
    card = answers_card(told, told.labels)
    found, _ = find_answers(told)
    words = words_of(card)
    missing = found["missing", TOPIC]
    assert f"“{told.labels[TOPIC]}” : missing answers in {share(missing.shares[0])} of its sessions" in words
    assert "took more than 1 second " in words
    [href] = [link.href for link in find_all(card, "Link") if "sign=missing" in link.href and TOPIC in link.href]
    view = View(Address.parse(*href.split("?")), told.snapshot, ASSISTANT)
    assert len(view.rows("sessions", **session_choice(view, None, is_whole=True))) == missing.n
    late = View(Address.parse("/sessions", f"topic={TOPIC}&sign=late"), told.snapshot, ASSISTANT)
    n_late = len(late.rows("sessions", **session_choice(late, None, is_whole=True)))
    assert n_late == found["late", TOPIC].n > 0
    assert "with a late answer about" in words_of(render_page(late))


def test_seconds_after_which_an_answer_is_late_are_those_of_the_project(tmp_path: Path):
    publish(tmp_path, (SampleProject(ASSISTANT, 60, SAMPLE[0].subjects),))
    view = View(Address(project=ASSISTANT), Published(Home(tmp_path).published).snapshot(), ASSISTANT)
    words = words_of(answers_card(view, view.labels))
    assert "All answers came, and none was late" in words
    assert "took more than 10 seconds" in words
