"""The retention tab: its numbers equal those that plain Python counts from sessions and messages."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go
import pytest

from dashboard.data.significance import wilson
from dashboard.journeys.retention.figure import draw_retention
from dashboard.journeys.retention.week_share import WeekShare, pool_weeks
from dashboard.pages import render_page
from tests.dashboard.page_words import find_all, words_of
from tests.factories.published_factory import ASSISTANT, SAMPLE, topic_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.data.view import View
    from tests.dashboard.conftest import Marts

TOPIC = topic_id(SAMPLE[0], 2)
SAID = (
    "SELECT e.user_id, e.session_id, e.occurred_at, m.topic_id FROM marts.fct_messages m JOIN marts.fct_events e "
    "USING (project_id, event_id) WHERE project_id = $p AND m.is_journey_field AND m.topic_id IS NOT NULL "
    "AND e.is_user_id_given ORDER BY e.occurred_at, e.session_id"
)
SESSIONS = (
    "SELECT user_id, session_id, min(occurred_at) FROM marts.fct_events WHERE project_id = $p AND is_user_id_given "
    "GROUP BY user_id, session_id"
)
LAST = "SELECT max(occurred_at) FROM marts.fct_events WHERE project_id = $p"


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def plain_retention(marts: Marts, topic: str | None) -> tuple[dict[tuple[date, int], tuple[int, int, int]], Any]:
    """Count users, those who came back and those who spoke of the topic again, by week and weeks later.

    Also count the users who came back by the topics of which they spoke then.
    """
    starts = {(user, session): moment.date() for user, session, moment in marts.all(SESSIONS, p=ASSISTANT)}
    said = marts.all(SAID, p=ASSISTANT)
    weeks: dict[str, set[date]] = defaultdict(set)
    for (user, _), day in starts.items():
        weeks[user].add(monday(day))
    own = [(user, session, other) for user, session, _, other in said if topic in {None, other}]
    first: dict[str, date] = {}
    spoke: dict[str, set[date]] = defaultdict(set)
    for user, session, _ in own:
        first.setdefault(user, monday(starts[user, session]))
        spoke[user].add(monday(starts[user, session]))
    last = marts.one(LAST, p=ASSISTANT).date()
    found = {}
    for cohort in set(first.values()):
        users = [user for user, week in first.items() if week == cohort]
        later = 1
        while cohort + timedelta(weeks=later + 1) <= last:
            week = cohort + timedelta(weeks=later)
            n_back, n_again = (sum(week in visited[user] for user in users) for visited in (weeks, spoke))
            found[cohort, later] = (len(users), n_back, n_again)
            later += 1
    about: dict[str, set[str]] = defaultdict(set)
    for user, session, _, other in said:
        if user in first and monday(starts[user, session]) > first[user]:
            about[other].add(user)
    return found, {other: len(users) for other, users in about.items()}


@pytest.mark.parametrize("topic", [None, TOPIC])
def test_retention_equals_plain_python(look: Callable[..., View], marts: Marts, topic: str | None):
    expected, about = plain_retention(marts, topic)
    rows = look("/journeys/retention").rows("retention", topic=topic)
    over = {
        (row["cohort_week"], row["weeks_later"]): (row["n_users"], row["n_back"], row["n_again"])
        for row in rows
        if row["is_over"]
    }
    assert over == {key: counts for key, counts in expected.items() if key[1] <= 12}
    assert sum(n_back for _, n_back, _ in over.values()) > 0
    pending = [row for row in rows if not row["is_over"]]
    assert pending
    assert all(row["n_back"] is row["back_share"] is row["n_again"] is None for row in pending)
    found = look("/journeys/retention").rows("retention_topics", topic=topic)
    assert {row["topic_id"]: row["n_users"] for row in found} == about


def test_retention_of_selected_days_keeps_users_whose_first_session_is_in_them(look: Callable[..., View]):
    every = look("/journeys/retention").rows("retention", topic=None)
    weeks = sorted({row["cohort_week"] for row in every})
    chosen = f"/journeys/retention?period=dates&from={weeks[1]}&to={weeks[1] + timedelta(days=6)}"
    assert look(chosen).rows("retention", topic=None) == [row for row in every if row["cohort_week"] == weeks[1]]


def test_pool_weeks_adds_up_cohorts_whose_week_is_over():
    rows = [
        {"weeks_later": 1, "n_users": 40, "n_back": 20, "is_over": True},
        {"weeks_later": 2, "n_users": 40, "n_back": 4, "is_over": True},
        {"weeks_later": 1, "n_users": 10, "n_back": 5, "is_over": True},
        {"weeks_later": 2, "n_users": 10, "n_back": None, "is_over": False},
    ]
    assert pool_weeks(rows) == [WeekShare(1, 50, 25), WeekShare(2, 40, 4)]
    assert WeekShare(1, 50, 25).interval == wilson(25, 50)
    assert [week.is_small for week in (WeekShare(1, 29, 1), WeekShare(1, 30, 1))] == [True, False]


def test_retention_page_shows_shares_of_weeks_that_are_over_and_a_dash_for_others(look: Callable[..., View]):
    view = look(f"/journeys/retention?topic={TOPIC}")
    page = render_page(view)
    pooled = pool_weeks(view.rows("retention", topic=TOPIC))
    assert f"Of {pooled[0].n_users} users who first spoke of" in words_of(page)
    [table] = [made for made in find_all(page, "Table") if "retention" in made.className]
    cells = find_all(table, "Td")
    assert any(getattr(cell, "title", None) == "This week is not over" for cell in cells)
    assert "All weeks that are over" in words_of(table)


def test_draw_retention_has_a_point_and_an_interval_for_each_week():
    weeks = [WeekShare(1, 100, 50), WeekShare(2, 80, 20)]
    figure = go.Figure(draw_retention(weeks))
    [trace] = figure.data
    assert (list(trace.x), list(trace.y)) == ([1, 2], [0.5, 0.25])
    assert trace.y[0] + trace.error_y.array[0] == pytest.approx(wilson(50, 100).high)
    assert trace.y[1] - trace.error_y.arrayminus[1] == pytest.approx(wilson(20, 80).low)


def test_retention_of_a_topic_nobody_spoke_of_says_so(look: Callable[..., View]):
    assert "No user first spoke of  “nothing”" in words_of(render_page(look("/journeys/retention?topic=nothing")))
