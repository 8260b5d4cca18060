"""What became of topics, and what has changed since the days before, against SQL of the tests' own."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from dashboard.formatting import NOTHING, change, points
from dashboard.overview.page import CHANCE, changes_cards
from dashboard.overview.topic_changes import clear_changes, find_topic_changes, largest_changes
from dashboard.pages import render_page
from dashboard.topics.page import table_rows
from tests.dashboard.page_words import words_of
from tests.factories.published_factory import ASSISTANT, SAMPLE, topic_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.data.view import View
    from tests.dashboard.conftest import Marts

DAYS = "period=dates&from=2026-05-11&to=2026-05-24"
COMPARED = f"{DAYS}&compare=before"
NOW, BEFORE = (
    f"occurred_at::DATE BETWEEN {days}" for days in ("'2026-05-11' AND '2026-05-24'", "'2026-04-27' AND '2026-05-10'")
)
P = {"p": ASSISTANT}


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, ["Merged: took in", "a former topic", "Split: a part became", "Continued: found again", "Born:"]),
        (1, ["Split off from"]),
        (2, ["Lineage: born 6 Apr 2026", "the newest of 2 such fits", "42", "80.0%"]),
    ],
)
def test_topic_page_tells_where_the_topic_comes_from(look: Callable[..., View], number: int, said: list[str]):
    words = words_of(render_page(look(f"/topics/{topic_id(SAMPLE[0], number)}")))
    told = words[words.index("Lineage") :]
    assert [part for part in said if part not in told] == []


def test_lineage_has_each_link_of_the_marts(look: Callable[..., View], marts: Marts):
    topic = topic_id(SAMPLE[0], 0)
    n_links = marts.one(
        "SELECT count(*) FROM marts.fct_topic_lineage WHERE project_id = $p AND $t IN (from_topic_id, to_topic_id)",
        t=topic,
        **P,
    )
    assert len(look().rows("topic_lineage", topic_id=topic)) == n_links == 5


def test_page_of_a_topic_that_is_gone_says_what_became_of_it(look: Callable[..., View]):
    words = words_of(render_page(look(f"/topics/top_a1{'f' * 14}")))
    assert "This topic was not found" in words
    assert "Merged into " in words


@pytest.mark.parametrize(
    ("search", "first", "last"),
    [
        ("", "2026-05-24", "2026-05-30"),  # 31 May was not over when the last run began
        (COMPARED, "2026-05-11", "2026-05-24"),
        ("period=dates&from=2026-04-18&to=2026-04-28&compare=before", "2026-04-18", "2026-04-28"),
    ],
)
def test_new_topics_are_those_first_seen_in_the_newest_days(
    look: Callable[..., View], marts: Marts, search: str, first: str, last: str
):
    expected = marts.one(
        "SELECT count(*) FROM marts.dim_topics WHERE project_id = $p AND level = 0 "
        "AND first_seen_at::DATE BETWEEN $first::DATE AND $last::DATE",
        first=first,
        last=last,
        **P,
    )
    words = words_of(changes_cards(look(f"/?{search}")))
    assert (f"{expected} new topic" in words) if expected else ("No topic is new" in words)


def test_overview_says_what_the_last_seven_days_over_were_against_those_before(look: Callable[..., View], marts: Marts):
    words = words_of(render_page(look("/")))
    for what, table, column in (("events", "fct_events", "occurred_at"), ("sessions", "fct_sessions", "started_at")):
        now, before = (
            marts.one(
                f"SELECT count(*) FROM marts.{table} WHERE project_id = $p AND {column}::DATE BETWEEN {days}", **P
            )
            for days in ("'2026-05-24' AND '2026-05-30'", "'2026-05-17' AND '2026-05-23'")
        )
        assert f"{now:,} in the last 7 days ({change(now, before)})" in words, what
    compared = "24 to 30 May 2026 against 17 to 23 May 2026 (UTC). 31 May is not over yet and is left out."
    assert compared in words_of(changes_cards(look("/")))


def test_overview_against_days_without_events_says_so_instead_of_calling_all_new(look: Callable[..., View]):
    first = look().days[0]
    assert first is not None
    search = f"period=dates&from={first}&to={first + timedelta(days=9)}&compare=before"
    words = words_of(render_page(look(f"/?{search}")))
    assert "No events in the 10 days before" in words
    assert "nothing to compare with" in words
    assert "(before: 0)" not in words
    assert changes_cards(look(f"/?{search}")) is None


def test_overview_with_changes_by_chance_alone_names_the_largest_as_such(look: Callable[..., View]):
    view = look(f"/?{COMPARED}&event=follow_up&is.plan=team")
    assert view.previous is not None
    moves = find_topic_changes(view, view.previous)
    assert clear_changes(moves) == [], "the sample changed: choose days whose changes are by chance"
    words = words_of(changes_cards(view))
    assert CHANCE in words
    assert [move.label for move in largest_changes(moves) if move.label not in words] == []


def test_sizes_of_topics_have_all_messages_and_when_each_was_first_seen(look: Callable[..., View], marts: Marts):
    expected = marts.all(
        "SELECT topic_id, count(*), if(topic_id IS NULL, NULL, min(occurred_at)) FROM marts.fct_messages "
        "WHERE project_id = $p GROUP BY 1",
        **P,
    )
    rows = look().rows("topic_sizes", field="prompt")
    assert {(row["topic_id"], row["n_messages"], row["first_seen_at"]) for row in rows} == set(expected)


def test_topics_table_has_the_change_of_each_share(look: Callable[..., View], marts: Marts):
    shares = [
        dict(
            marts.all(
                f"SELECT topic_id, count(*) / sum(count(*)) OVER () FROM marts.fct_messages "
                f"WHERE project_id = $p AND {days} GROUP BY 1",
                **P,
            )
        )
        for days in (NOW, BEFORE)
    ]
    rows = {row["href"].split("/")[2].split("?")[0]: row for row in table_rows(look(f"/topics?{COMPARED}"))}
    assert set(rows) == set(shares[0]) - {None}
    for topic, row in rows.items():
        assert row["share_change"] == pytest.approx(shares[0][topic] - shares[1].get(topic, 0))
        assert row["change"] == (points(shares[0][topic], shares[1][topic]) if topic in shares[1] else "new")
    assert {row["change"] for row in table_rows(look(f"/topics?{DAYS}"))} == {NOTHING}


def test_journeys_headlines_say_the_numbers_of_the_days_before(look: Callable[..., View], marts: Marts):
    before = marts.one(
        "SELECT count(*) FROM marts.fct_sessions WHERE project_id = $p AND n_steps > 0 "
        "AND session_date BETWEEN '2026-04-27' AND '2026-05-10'",
        **P,
    )
    assert f"(before: {before:,})" in words_of(render_page(look(f"/journeys?{COMPARED}")))


def test_segments_have_the_change_of_their_share(look: Callable[..., View], marts: Marts):
    now, before = (
        dict(
            marts.all(
                f"SELECT metadata ->> 'plan', count(*) / sum(count(*)) OVER () FROM marts.fct_events "
                f"WHERE project_id = $p AND {days} GROUP BY 1",
                **P,
            )
        )
        for days in (NOW, BEFORE)
    )
    words = words_of(render_page(look(f"/segments?by=plan&{COMPARED}")))
    assert [plan for plan in now if points(now[plan], before[plan]) not in words] == []
    assert "Change" not in words_of(render_page(look(f"/segments?by=plan&{DAYS}")))
