"""What is chosen in the filters, against SQL of the test's own."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from contracts.tables import FCT_SESSION_PATHS
from dashboard.data.address import Address
from dashboard.data.filters import RELATIONS, Filters, bound_by, compile_query
from dashboard.pages import render_page
from tests.dashboard.page_words import words_of
from tests.factories.published_factory import ASSISTANT, FIELD, PLANS

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.data.view import View
    from tests.dashboard.conftest import Marts

DAYS = "period=dates&from=2026-04-20&to=2026-05-03"


@pytest.mark.parametrize(
    ("search", "condition"),
    [
        ("", "TRUE"),
        (DAYS, "occurred_at::DATE BETWEEN '2026-04-20' AND '2026-05-03'"),
        ("period=dates&from=2026-04-20", "occurred_at::DATE >= '2026-04-20'"),
        ("period=dates&to=2026-04-20", "occurred_at::DATE <= '2026-04-20'"),
        ("event=follow_up", "name = 'follow_up'"),
        ("is.plan=pro&is.plan=team", "(metadata ->> 'plan') IN ('pro', 'team')"),
        (
            "period=dates&from=2026-04-20&event=follow_up&is.plan=free",
            "name = 'follow_up' AND (metadata ->> 'plan') = 'free' AND occurred_at::DATE >= '2026-04-20'",
        ),
        ("is.plan=pro&is.nowhere=pro", "FALSE"),
        ("event=nothing of that name", "FALSE"),
        ("is.nowhere=pro", "FALSE"),
    ],
)
def test_filters_chooses_the_events_that_plain_sql_chooses(
    look: Callable[..., View], marts: Marts, search: str, condition: str
):
    view = look(f"/?{search}")
    events = f"FROM marts.fct_events WHERE project_id = $p AND {condition}"  # of the lines above
    n_events = marts.one(f"SELECT count(*) {events}", p=ASSISTANT)
    assert n_events == view.row("headline", field=FIELD)["n_events"] == view.row("events_chosen")["n_events"]
    assert view.row("message_statuses", field=FIELD)["n_messages"] == marts.one(
        f"SELECT count(*) FROM marts.fct_messages WHERE event_id IN (SELECT event_id {events}) AND project_id = $p",
        p=ASSISTANT,
    )


def test_filters_chooses_sessions_by_their_start_their_events_and_their_segment(
    look: Callable[..., View], marts: Marts
):
    view = look(f"/journeys?{DAYS}&event=follow_up&is.plan=pro")
    expected = marts.one(
        """
        SELECT count(*) FROM marts.fct_sessions AS s
        WHERE project_id = $p AND session_date BETWEEN '2026-04-20' AND '2026-05-03'
        AND EXISTS (FROM marts.fct_events AS e WHERE e.session_id = s.session_id AND e.name = 'follow_up')
        AND EXISTS (FROM marts.fct_session_segments AS g WHERE g.session_id = s.session_id AND g.segment = 'pro')
        """,
        p=ASSISTANT,
    )
    assert 0 < expected == view.row("journey_summary")["n_sessions"] == view.row("headline", field=FIELD)["n_sessions"]


def test_filters_segments_sum_to_the_whole(look: Callable[..., View]):
    parts = [look(Address("/", values=(("plan", plan),)).href) for plan in PLANS]
    for query in ("headline", "message_statuses"):
        whole = look().row(query, field=FIELD)
        for key in (key for key in whole if key.startswith("n_") and key not in {"n_topics", "n_users"}):
            assert sum(part.row(query, field=FIELD)[key] for part in parts) == whole[key]


def test_filters_topics_shares_are_of_what_was_chosen(look: Callable[..., View]):
    view = look(f"/topics?{DAYS}&is.plan=free")
    statuses = view.row("message_statuses", field=FIELD)
    assert sum(topic["n_messages"] for topic in view.topics) == statuses["n_assigned"]
    assert sum(topic["message_share"] for topic in view.topics) == pytest.approx(
        statuses["n_assigned"] / statuses["n_messages"]
    )


def test_filters_last_days_end_with_the_newest_event(look: Callable[..., View]):
    view = look("/?period=7d")
    assert view.filters.last == view.days[1]
    assert (view.filters.last - view.filters.first).days == 6


def test_filters_before_is_as_long_and_adjoins(look: Callable[..., View]):
    view = look(f"/?{DAYS}&compare=before&event=follow_up")
    assert view.previous is not None
    assert view.previous.filters == Filters(date(2026, 4, 6), date(2026, 4, 19), "follow_up")
    assert view.previous.previous is None


@pytest.mark.parametrize("search", ["compare=before", "compare=before&period=dates&from=2026-04-20", DAYS])
def test_filters_without_both_days_or_wish_has_no_before(look: Callable[..., View], search: str):
    assert look(f"/?{search}").previous is None


def test_filters_before_the_first_day_of_all_is_none():
    assert Filters(date(1, 1, 3), date(1, 1, 31)).previous is None
    assert Filters(date(1, 1, 1), date.max).parameters.keys() == {"from_time"}


@pytest.mark.parametrize("name", RELATIONS)
def test_every_relation_runs_and_binds_what_it_names(look: Callable[..., View], name: str):
    view = look(f"/?{DAYS}&event=follow_up&is.plan=pro")
    sql = compile_query(f"select count(*) as n from {name}", view.filters)  # a name of ours
    assert bound_by(sql) <= {"project_id", *view.filters.parameters}
    chosen = {key: value for key, value in view.filters.parameters.items() if key in bound_by(sql)}
    [[chosen_rows]] = view.snapshot.connection.execute(sql, {"project_id": ASSISTANT} | chosen).fetchall()
    [[all_rows]] = view.snapshot.connection.execute(
        compile_query(f"select count(*) as n from {name}", Filters()),  # a name of ours
        {"project_id": ASSISTANT},
    ).fetchall()
    assert chosen_rows < all_rows or all_rows == 0


@pytest.mark.parametrize("page", ["/", "/topics", "/journeys"])
@pytest.mark.parametrize("search", [DAYS, "period=7d&compare=before", "event=follow_up", "is.plan=free"])
def test_pages_with_filters_are_made(look: Callable[..., View], page: str, search: str):
    assert words_of(render_page(look(f"{page}?{search}")))


@pytest.mark.parametrize("search", ["", DAYS, "is.plan=pro"])
@pytest.mark.parametrize("relation", ["shown_paths", "shown_transitions"])
def test_journeys_of_every_message_are_the_marts_where_none_continues(
    look: Callable[..., View], relation: str, search: str
):
    """The sample's messages all open steps, so both ways to count must agree row for row."""
    rows = []
    for steps in ("all", "wants"):
        view = look(f"/?{search}&steps={steps}")
        columns = [name for name in FCT_SESSION_PATHS.column_names if name != "variant_id"]
        listed = ", ".join(columns) if relation == "shown_paths" else "session_id, from_topic_id, to_topic_id, gap_s"
        sql = compile_query(f"select {listed} from {relation} order by all", view.filters)  # names of ours
        values = {"project_id": ASSISTANT} | view.filters.parameters
        rows.append(view.snapshot.connection.execute(sql, {name: values[name] for name in bound_by(sql)}).fetchall())
    assert rows[0] == rows[1]
    assert len(rows[0]) > 50
