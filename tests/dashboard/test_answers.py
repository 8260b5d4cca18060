"""Late and missing answers on the Friction tab: numbers of plain Python, which lead to their sessions."""

from __future__ import annotations

import shutil
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from contracts.home import Home
from contracts.settings import load_settings
from dashboard.data.address import Address
from dashboard.data.published import Published
from dashboard.data.query_parameters import session_choice
from dashboard.data.view import View
from dashboard.formatting import share
from dashboard.journeys.friction.answers import answers_card, find_answers
from dashboard.pages import render_page
from projects import open_projects
from projects.errors import InvalidValueError
from tests.dashboard.page_words import find_all, words_of
from tests.factories.published_factory import ASSISTANT, SAMPLE, SampleProject, publish, topic_id

if TYPE_CHECKING:
    from collections.abc import Iterator

TOPIC = topic_id(SAMPLE[0], 0)
ABOUT = f"""
insert into marts.dim_fields by name
select project_id, unnest(['bot.Answered', 'error']) as field, unnest(['enum', 'text']) as effective_type
from marts.dim_fields where project_id = '{ASSISTANT}' and field = 'latency_ms';
insert into marts.fct_event_values by name
select project_id, event_id, session_id, 'bot.Answered' as field, 'enum' as value_type, 1 as value_index,
    if(md5_number_lower(event_id) % 10 < if(topic_id = '{TOPIC}', 10, 1), 'false', 'true') as enum_value, occurred_at
from marts.fct_messages where project_id = '{ASSISTANT}' and md5_number_lower(event_id) % 3 = 0;
insert into marts.fct_messages by name
select * replace ('error' as field, 'time out' as text, null as topic_id, false as is_journey_field)
from marts.fct_messages where project_id = '{ASSISTANT}' and md5_number_lower(event_id) % 97 = 0;
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


def in_python(view: View, late_ms: int) -> dict[tuple[str, str], tuple[int, int]]:
    """Count the hits and the sessions of both kinds, by topic."""
    cursor = view.snapshot.connection.cursor()
    reply, missing, known = {}, set(), set()
    for event_id, field, number, value in cursor.execute(
        "select event_id, field, number_value, enum_value from marts.fct_event_values where project_id = ?", [ASSISTANT]
    ).fetchall():
        if field == "latency_ms":
            reply[event_id] = number
        if field in {"latency_ms", "bot.Answered"}:
            known.add(event_id)
        if field == "bot.Answered" and value == "false":
            missing.add(event_id)
    messages = cursor.execute(
        "select event_id, session_id, topic_id, field from marts.fct_messages where project_id = ?", [ASSISTANT]
    ).fetchall()
    missing |= {event_id for event_id, _, _, field in messages if field == "error"}
    said = [(event, topic, session) for event, session, topic, field in messages if topic and field != "error"]
    visits = defaultdict[tuple[str, str, str], list[bool]](list)
    for event_id, topic, session_id in said:
        if event_id in reply:
            visits["late", topic, session_id].append(reply[event_id] > late_ms)
        if event_id in known | missing:
            visits["missing", topic, session_id].append(event_id in missing)
    found = defaultdict[tuple[str, str], list[bool]](list)
    for (family, topic, _), hits in visits.items():
        found[family, topic].append(any(hits))
    return {cell: (sum(hits), len(hits)) for cell, hits in found.items()}


@pytest.mark.parametrize("late_s", [1, 2])
def test_late_and_missing_answers_are_those_of_plain_python(told: View, late_s: int):
    found, clear = find_answers(told, late_s)
    assert {cell: (one.n, one.total) for cell, one in found.items()} == in_python(told, late_s * 1000)
    assert [cell for cell, one in clear.items() if cell[0] == "missing" and one.z > 0] == [("missing", TOPIC)]


def test_card_names_the_topic_and_its_shares_lead_to_the_sessions(told: View):
    card = answers_card(told, told.labels)
    found, _ = find_answers(told, 10)
    words = words_of(card)
    missing = found["missing", TOPIC]
    assert f"“{told.labels[TOPIC]}” : missing answers in {share(missing.shares[0])} of its sessions" in words
    assert "took more than 10 seconds" in words
    [href] = [link.href for link in find_all(card, "Link") if "sign=missing" in link.href and TOPIC in link.href]
    view = View(Address.parse(*href.split("?")), told.snapshot, ASSISTANT)
    assert len(view.rows("sessions", **session_choice(view, None, is_whole=True))) == missing.n
    late = View(Address.parse("/sessions", f"topic={TOPIC}&sign=late&late=1"), told.snapshot, ASSISTANT)
    n_late = len(late.rows("sessions", **session_choice(late, None, is_whole=True)))
    assert n_late == find_answers(told, 1)[0]["late", TOPIC].n > 0
    assert "with a late answer about" in words_of(render_page(late))


def test_project_sets_after_how_many_seconds_an_answer_is_late(tmp_path: Path):
    settings = load_settings(home=tmp_path, database_url="")
    with open_projects(settings) as projects:
        project_id = projects.create_project("shop").project_id
        publish(tmp_path, (SampleProject(project_id, 60, SAMPLE[0].subjects),))
        snapshot = Published(Home(tmp_path).published).snapshot()
        view = View(Address(project=project_id), snapshot, project_id, projects=projects)
        assert "All answers came, and none was late" in words_of(answers_card(view, view.labels))
        projects.set_late_after("shop", 1)
        words = words_of(answers_card(view, view.labels))
        assert "Answered after more than 1 second" in words
        assert "No topic has more late or missing answers" in words
        for seconds in (0, 3601):
            with pytest.raises(InvalidValueError, match=f"late after {seconds} seconds; allowed are 1 to 3600"):
                projects.set_late_after("shop", seconds)
        assert projects.set_late_after("shop", None).late_after_s is None
