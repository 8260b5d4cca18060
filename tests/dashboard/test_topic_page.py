"""A topic's page: what it says of one topic equals SQL of the test's own."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import duckdb
import pytest

from contracts.home import Home
from contracts.settings import load_settings
from dashboard.data.address import Address
from dashboard.data.published import Published
from dashboard.data.view import View
from dashboard.formatting import count, points, share, short_day, shorten
from dashboard.pages import render_page
from dashboard.topic.outvoted import outvoted_card
from dashboard.topic.page import CLEAR_FIT
from dashboard.topic.topic_segments import find_topic_segments, topic_segments_card
from dashboard.topics.page import table_rows
from projects import open_projects
from tests.dashboard.page_words import find_all, words_of
from tests.factories.published_factory import ASSISTANT, FIELD, SAMPLE, SampleProject, publish, topic_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.dashboard.conftest import Marts

TOPIC = topic_id(SAMPLE[0], 0)
DETAIL = topic_id(SAMPLE[0], 1)
P = {"p": ASSISTANT, "t": TOPIC}
DAYS = "period=dates&from=2026-05-11&to=2026-05-17"


def test_topic_page_of_few_days_says_when_the_topic_was_seen_first_and_last_of_all(
    look: Callable[..., View], marts: Marts
):
    [(first, last)] = marts.all(
        "SELECT min(occurred_at), max(occurred_at) FROM marts.fct_messages WHERE project_id = $p AND topic_id = $t", **P
    )
    words = words_of(render_page(look(f"/topics/{TOPIC}?{DAYS}")))
    assert f"First seen {short_day(first)} {first:%H:%M} UTC (of all its messages)" in words
    assert f"Last seen {short_day(last)} {last:%H:%M} UTC (of all its messages)" in words


@pytest.mark.parametrize("search", ["", DAYS, "is.plan=pro&is.plan=free", "event=follow_up"])
def test_values_of_a_topic_are_those_of_its_messages_and_of_all(look: Callable[..., View], marts: Marts, search: str):
    """Counted from the events' own metadata: all messages, and those of the topic."""
    view = look(f"/topics/{TOPIC}?{search}")
    where = {
        "": "true",
        DAYS: "occurred_at::date between '2026-05-11' and '2026-05-17'",
        "is.plan=pro&is.plan=free": "(metadata ->> 'plan') in ('pro', 'free')",
        "event=follow_up": "event_name = 'follow_up'",
    }[search]
    expected = marts.all(
        "SELECT metadata ->> 'plan', count(*) FILTER (topic_id = $t), count(*) FROM marts.fct_messages JOIN "
        "(SELECT event_id, metadata, name AS event_name FROM marts.fct_events) USING (event_id) WHERE project_id = $p "
        f"AND {where} GROUP BY 1",
        **P,
    )
    own = view.rows("topic_values", topic_id=TOPIC, fields=["plan"])
    assert {row["enum_value"]: row["n_messages"] for row in own} == {plan: n for plan, n, _ in expected if n}
    rows = view.rows("topic_contrasts", topic_id=TOPIC, field=FIELD, fields=["plan"], most=6)
    assert {(row["side"], row["n_hits"], row["n_side"]) for row in rows} == set(expected)


def test_topic_names_the_values_it_is_clearly_more_frequent_with(look: Callable[..., View]):
    view = look(f"/topics/{TOPIC}")
    [topic] = view.rows("topic", topic_id=TOPIC)
    found, n_looked_at = find_topic_segments(view, topic)
    assert n_looked_at == 4
    words = words_of(topic_segments_card(view, topic))
    assert "for 4 values of  plan" in words
    for segment in found:
        assert f"{share(segment.contrast.shares[0])} {share(segment.contrast.shares[1])}" in words


def test_borderline_messages_are_those_of_least_fit(look: Callable[..., View], marts: Marts):
    rows = look(f"/topics/{TOPIC}").rows("topic_borderline", topic_id=TOPIC, clear_fit=CLEAR_FIT)
    least = marts.all(
        "SELECT topic_confidence FROM marts.fct_messages WHERE project_id = $p AND topic_id = $t "
        "AND topic_confidence < $c ORDER BY 1 LIMIT 5",
        **P,
        c=CLEAR_FIT,
    )
    assert rows[0]["topic_confidence"] == least[0][0]
    assert len(rows) == len({row["text"] for row in rows}) == 5
    words = words_of(render_page(look(f"/topics/{TOPIC}")))
    for row in rows:
        assert f"{shorten(row['text'], 240)}  {share(row['topic_confidence'])}" in words


def test_topic_page_lists_ten_messages_with_a_word_for_each_conversation(look: Callable[..., View]):
    page = render_page(look(f"/topics/{TOPIC}"))
    [table] = [table for table in find_all(page, "Table") if "table messages" in table.className]
    assert words_of(table).count("Open conversation") == 10


def test_topic_page_says_how_the_share_changed_since_the_days_before(look: Callable[..., View], marts: Marts):
    now, before = (
        marts.one(
            "SELECT count(*) FILTER (topic_id = $t) / count(*) FROM marts.fct_messages WHERE project_id = $p "
            f"AND occurred_at::date BETWEEN {days}",
            **P,
        )
        for days in ("'2026-05-11' AND '2026-05-17'", "'2026-05-04' AND '2026-05-10'")
    )
    words = words_of(render_page(look(f"/topics/{TOPIC}?{DAYS}&compare=before")))
    assert f"{share(now)} of all, {points(now, before)} since the previous period" in words
    first = "period=dates&from=2026-04-06&to=2026-04-12&compare=before"
    assert "no messages in the previous period" in words_of(render_page(look(f"/topics/{TOPIC}?{first}")))


@pytest.fixture(scope="module")
def continuing(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> View:
    """The sample, in which all messages of the second topic continue steps of the first."""
    file = tmp_path_factory.mktemp("continuing") / "turret.duckdb"
    shutil.copy(Home(sample_home).published.resolve(), file)
    with duckdb.connect(file) as connection:
        connection.execute(
            "UPDATE marts.fct_messages SET message_role = 'continues', continues_topic_id = $t WHERE topic_id = $d",
            {"t": TOPIC, "d": DETAIL},
        )
        connection.execute("UPDATE marts.dim_topics SET usual_role = 'continues' WHERE topic_id = $d", {"d": DETAIL})
    return View(Address(path=f"/topics/{TOPIC}", project=ASSISTANT), Published(file).snapshot(), ASSISTANT)


def test_topic_page_shows_the_details_said_on_the_way_with_their_share_of_sessions(continuing: View, marts: Marts):
    n_both, n_all = marts.all(
        "SELECT count(*) FILTER (has_detail), count(*) FROM (SELECT bool_or(topic_id = $d) AS has_detail "
        "FROM marts.fct_messages WHERE project_id = $p AND topic_id IN ($t, $d) GROUP BY session_id)",
        p=ASSISTANT,
        t=TOPIC,
        d=DETAIL,
    )[0]
    [row] = continuing.rows("topic_details", topic_id=TOPIC)
    assert (row["topic_id"], row["n_sessions"], row["share"]) == (DETAIL, n_both, n_both / n_all)
    words = words_of(render_page(continuing))
    assert "What people add, answer or choose here" in words
    assert f"{row['label']} {count(n_both)} {share(n_both / n_all)}" in words


def test_topic_page_of_what_continues_says_which_steps_it_continues(continuing: View):
    view = replace(continuing, address=continuing.address.to("topics", DETAIL))
    words = words_of(render_page(view))
    assert "100% of these messages continue a step of another topic" in words
    assert "Steps: every message" in words_of(render_page(replace(view, address=view.address.to("journeys"))))


def test_topics_table_marks_what_only_continues_as_a_detail(continuing: View):
    notes = {row["href"].split("?")[0]: row["detail"] for row in table_rows(continuing)}
    assert [href for href, note in notes.items() if note] == [f"/topics/{DETAIL}"]


def test_pages_that_count_every_message_as_a_step_agree_about_it(continuing: View, marts: Marts):
    view = replace(continuing, address=continuing.address.to("topics", DETAIL).but(steps="all"))
    words = words_of(render_page(view))
    assert "continue a step of another topic" not in words
    assert "Before: where journeys came from" in words
    [session_id] = marts.all(
        "SELECT session_id FROM marts.fct_session_paths WHERE project_id = $p AND list_contains(path, $t) "
        "AND list_contains(path, $d) ORDER BY n_steps DESC, session_id LIMIT 1",
        p=ASSISTANT,
        t=TOPIC,
        d=DETAIL,
    )[0]
    [[n_steps]] = marts.all(
        "SELECT n_steps FROM marts.fct_session_paths WHERE project_id = $p AND session_id = $s",
        p=ASSISTANT,
        s=session_id,
    )
    page = replace(view, address=view.address.to("sessions", session_id))
    assert f"{n_steps} steps of the journey" in words_of(render_page(page))


def test_page_of_an_own_topic_names_the_examples_that_are_outvoted(tmp_path: Path):
    with open_projects(load_settings(home=tmp_path, database_url="")) as projects:
        own = SampleProject(projects.create_project("shop").project_id, 20, SAMPLE[0].subjects[:3])
        file = publish(tmp_path, (own,))
        examples = ["like ours", "like <b>theirs", "like nothing"]
        edit = projects.topic_edits.define("shop", FIELD, "Ours", examples, "topics", "ada")
        with duckdb.connect(file) as marts:
            marts.execute(
                "insert into marts.dim_topic_edits by name select $project as project_id, $topic as topic_id,"
                " [$topic, $other, null] as example_topic_ids",
                {"project": own.project_id, "topic": edit.topic_id, "other": topic_id(own, 0)},
            )
        view = View(Address(), Published(Home(tmp_path).published).snapshot(), own.project_id, projects=projects)
        words = words_of(outvoted_card(view, {"topic_id": edit.topic_id}))
        assert outvoted_card(view, {"topic_id": topic_id(own, 0)}) is None
    assert words.startswith("2 of the 3 examples by which people defined this topic are outvoted: most of the messages")
    assert f"“like <b>theirs” :  {own.subjects[0].label}" in words
    assert "“like nothing” :  no topic" in words
    assert "like ours" not in words
