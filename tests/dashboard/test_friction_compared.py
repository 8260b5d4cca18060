"""Friction over time and by segment: counts equal plain Python and lead to sessions; planted changes are named."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING

import duckdb
import pytest

from contracts.home import Home
from dashboard.data.address import Address
from dashboard.data.published import Published
from dashboard.data.query_parameters import session_choice
from dashboard.data.view import View
from dashboard.journeys.friction.by_field import find_segments
from dashboard.journeys.friction.over_time import Halves, find_changes
from dashboard.pages import render_page
from tests.dashboard.page_words import find_all, words_of
from tests.factories.published_factory import ASSISTANT, SAMPLE, publish, topic_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.dashboard.conftest import Marts

VISITS = """
    SELECT v.topic_id, v.session_id, v.session_date, v.is_rephrased OR v.is_loop OR EXISTS (
        FROM marts.fct_topic_returns r WHERE r.from_session_id = v.session_id AND r.topic_id = v.topic_id
    ) FROM marts.fct_session_topics v WHERE v.project_id = $p AND NOT v.is_overlong
"""
PLANS = "SELECT session_id, enum_value FROM marts.fct_session_segments WHERE project_id = $p AND field = 'plan'"
TOPIC = topic_id(SAMPLE[0], 1)


def _sums(parts: list[tuple[tuple[object, ...], bool]]) -> dict[tuple[object, ...], tuple[int, int]]:
    """Visits with friction, and all, by part."""
    totals, hits = Counter(part for part, _ in parts), Counter(part for part, has_friction in parts if has_friction)
    return {part: (hits[part], n) for part, n in totals.items()}


def test_friction_of_halves_equals_plain_python(look: Callable[..., View], marts: Marts):
    view = look("/journeys/friction?split=time")
    halves = Halves.of(view)
    assert halves is not None
    assert (halves.first, halves.end) == view.days
    assert (halves.middle - halves.first) - (halves.end - halves.middle) in {timedelta(), timedelta(days=1)}
    visits = marts.all(VISITS, p=ASSISTANT)
    expected = _sums([((topic, day >= halves.middle), hit) for topic, _, day, hit in visits if day < halves.end])
    compared, _ = find_changes(view, halves)
    found = {}
    for topic, one in compared.items():
        found |= {(topic, True): (one.n, one.total), (topic, False): (one.n_other, one.total_other)}
    both = {topic for topic, is_late in expected if {(topic, True), (topic, False)} <= expected.keys()}
    assert found == {part: counts for part, counts in expected.items() if part[0] in both}


def test_friction_by_segment_equals_plain_python(look: Callable[..., View], marts: Marts):
    plans = dict(marts.all(PLANS, p=ASSISTANT))
    visits = [visit for visit in marts.all(VISITS, p=ASSISTANT) if visit[1] in plans]
    expected = _sums([((topic, plans[session]), hit) for topic, session, _, hit in visits])
    compared, _ = find_segments(look(), "plan")
    assert {part: (one.n, one.total) for part, one in compared.items()} == expected
    rows = look().rows("friction_by_segment", by="plan")
    assert {(row["topic_id"], row["segment"]): (row["n_friction"], row["n_sessions"]) for row in rows} == expected
    by_day = _sums([((topic, day), hit) for topic, _, day, hit in marts.all(VISITS, p=ASSISTANT)])
    days = look().rows("friction_by_day")
    assert {(row["topic_id"], row["session_date"]): (row["n_friction"], row["n_sessions"]) for row in days} == by_day


@pytest.mark.parametrize("split", ["time", "field&by=plan"])
def test_shares_lead_to_the_sessions_with_friction(look: Callable[..., View], split: str):
    page = render_page(look(f"/journeys/friction?split={split}"))
    [table] = [made for made in find_all(page, "Table") if "friction" in made.className]
    counted = 0
    for cell in find_all(table, "Td"):
        links = [link for link in find_all(cell, "Link") if "sign=friction" in link.href]
        if links:
            path, _, search = links[0].href.partition("?")
            view = look(f"{path}?{search}")
            rows = view.rows("sessions", **session_choice(view, None))
            words = words_of(cell)
            assert f"{rows[0]['n_found']} of " in words
            counted += 1
        if counted == 12:  # enough, a query each
            break
    assert counted > 5


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> View:
    """The sample, where people ask again about one topic: on one plan, and all since a day; else by chance."""
    home = tmp_path_factory.mktemp("friction") / "home"
    publish(home, SAMPLE)
    with duckdb.connect(str(Home(home).published.resolve())) as connection:
        connection.execute("DELETE FROM marts.fct_topic_returns")
        connection.execute("UPDATE marts.fct_sessions SET user_id = NULL")  # two of the sample's users have half of all
        connection.execute(
            "UPDATE marts.fct_session_topics SET is_loop = FALSE, is_rephrased = hash(session_id) % 5 = 0"
        )
        connection.execute(
            "UPDATE marts.fct_session_topics AS v SET is_rephrased = session_date >= DATE '2026-05-04' OR EXISTS (FROM "
            "marts.fct_session_segments s WHERE s.session_id = v.session_id AND field = 'plan' AND enum_value = 'pro') "
            "WHERE topic_id = $topic",
            {"topic": TOPIC},
        )
    published = Published(Home(home).published)
    return View(Address.parse("/journeys/friction", f"?project={ASSISTANT}"), published.snapshot(), ASSISTANT)


def test_planted_changes_are_named_and_nothing_else(planted: View):
    halves = Halves.of(planted)
    assert halves is not None
    _, worse = find_changes(planted, halves)
    assert {topic: one.z > 0 for topic, one in worse.items()} == {TOPIC: True}
    _, apart = find_segments(planted, "plan")
    assert {topic for topic, _ in apart} == {TOPIC}
    assert apart[TOPIC, "pro"].z > 0
    words = words_of(render_page(View(planted.address.but(split="time"), planted.snapshot, ASSISTANT)))
    assert "is getting worse: friction in" in words
    assert "▲ +" in words
    words = words_of(render_page(View(planted.address.but(split="field", by="plan"), planted.snapshot, ASSISTANT)))
    assert "of the sessions with  pro" in words


def test_friction_leads_to_the_times_and_ends_of_answers_where_the_app_sends_them(look: Callable[..., View]):
    asides = [part for part in find_all(render_page(look("/journeys/friction")), "P") if part.className == "aside"]
    assert [link.href.split("?")[0] for link in find_all(asides, "Link")] == ["/numbers"]
    assert "How the answers went, topic by topic:  latency_ms" in words_of(asides)


def test_a_single_day_has_no_halves(look: Callable[..., View]):
    view = look("/journeys/friction?split=time&period=dates&from=2026-05-04&to=2026-05-04")
    assert Halves.of(view) is None
    assert "There are not enough days to compare" in words_of(render_page(view))


def test_halves_of_chosen_days_include_the_last_one_if_it_is_over(look: Callable[..., View]):
    halves = Halves.of(look("/journeys/friction?period=dates&from=2026-05-04&to=2026-05-07"))
    assert halves == Halves(date(2026, 5, 4), date(2026, 5, 6), date(2026, 5, 8))
