"""Segments, days and the flow of each topic, against plain Python; overlong sessions set apart."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.dbt_project.conftest import ENDLESS_PROJECT
from tests.factories.plain_journeys import plain_moves, plain_sessions, plain_steps
from tests.factories.warehouse_factory import CONTINUING_TOPIC, PROJECT_ID, Event, topic_id_of, topic_of

if TYPE_CHECKING:
    from tests.dbt_project.conftest import Built

CONTINUING = {topic_id_of(CONTINUING_TOPIC, "prompt")}


def _topic(event: Event) -> str | None:
    topic = topic_of(str(event.metadata.get("prompt", "")))[1]
    return topic_id_of(topic, "prompt") if topic else None


def _first_plan(events: list[Event]) -> str:
    return next((event.metadata["plan"] for event in events if "plan" in event.metadata), "None")


def test_transitions_by_segment_equal_python(built: Built):
    found = built.rows(
        "select segment, from_topic_id, to_topic_id, n_transitions from marts.agg_transitions_by_segment"
        " where project_id = ? and field = 'plan'",
        PROJECT_ID,
    )
    sessions = [session for session in plain_sessions(built.events).values() if session.project_id == PROJECT_ID]
    moves = Counter(
        (_first_plan(session.events), *move)
        for session in sessions
        for move in plain_moves(plain_steps((_topic(event) for event in session.events), CONTINUING))
    )
    assert {row[:3]: row[3] for row in found} == moves
    assert {row[0] for row in found} == {"free", "pro", "Team plus"}


def test_transitions_by_day_equal_python(built: Built):
    found = built.rows(
        "select project_id, session_date, from_topic_id, to_topic_id, n_transitions from marts.agg_transitions_daily"
        " where project_id <> ?",
        ENDLESS_PROJECT,
    )
    moves = Counter(
        (session.project_id, session.started_at.date(), *move)
        for session in plain_sessions(built.events).values()
        for move in plain_moves(plain_steps((_topic(event) for event in session.events), CONTINUING))
        if session.project_id != ENDLESS_PROJECT
    )
    assert {row[:4]: row[4] for row in found} == moves


def test_segments_hold_every_session_once_per_field(built: Built):
    found = built.rows(
        "select segments.field, sum(segments.n_sessions), max_by(segments.running_share, segments.segment_rank),"
        " any_value(sessions.n_sessions)"
        " from marts.agg_segments as segments join (select project_id, count(*) as n_sessions from marts.fct_sessions"
        " where not is_overlong group by all) as sessions using (project_id)"
        " group by segments.project_id, segments.field"
    )
    assert found
    assert all(n == n_sessions and last == 1.0 for _, n, last, n_sessions in found)


def test_values_beyond_the_largest_twenty_are_other(built: Built):
    found = built.rows(
        "select segment_kind, count(*), sum(n_sessions) from marts.agg_segments"
        " where project_id = ? and field = 'region' group by all order by all",
        ENDLESS_PROJECT,
    )
    assert found == [("none", 1, 1), ("other", 1, 4), ("value", 20, 20)]


def test_overlong_session_is_counted_but_in_no_sum_of_journeys(built: Built):
    sessions = built.rows(
        "select is_overlong, count(*), sum(n_events) from marts.fct_sessions where project_id = ? group by all"
        " order by all",
        ENDLESS_PROJECT,
    )
    variants = built.rows(
        "select is_overlong, path, n_sessions from marts.agg_journey_variants where project_id = ?"
        " order by variant_rank",
        ENDLESS_PROJECT,
    )
    moves = built.rows("select count(*) from marts.agg_transitions where project_id = ?", ENDLESS_PROJECT)
    facts = built.rows("select count(*) from marts.fct_transitions where project_id = ?", ENDLESS_PROJECT)
    assert sessions == [(False, 25, 25), (True, 1, 2)]
    assert variants == [(False, [], 25), (True, [], 1)]
    assert moves == [(0,)]
    assert facts[0][0] > 0


def test_flow_of_topics_equals_the_moves(built: Built):
    flows = built.rows("select project_id, topic_id, n_steps, n_entries, n_exits from marts.agg_topic_flow")
    moves = built.rows("select project_id, from_topic_id, to_topic_id, n_transitions from marts.agg_transitions")
    n_in: Counter[tuple[str, str]] = Counter()
    n_entries: Counter[tuple[str, str]] = Counter()
    n_exits: Counter[tuple[str, str]] = Counter()
    for project_id, left, entered, n in moves:
        n_in[project_id, entered] += n
        n_entries[project_id, entered] += n if left == "START" else 0
        n_exits[project_id, left] += n if entered == "END" else 0
    assert flows
    for project_id, topic_id, *counts in flows:
        key = (project_id, topic_id)
        assert counts == [n_in[key], n_entries[key], n_exits[key]]


def test_ends_of_the_wilson_interval_solve_its_equation(built: Built):
    found = built.rows("select n_exits, n_steps, drop_off_low, drop_off_high from marts.agg_topic_flow")
    assert found
    for n_exits, n_steps, low, high in found:
        share = n_exits / n_steps
        assert 0 <= low <= share <= high <= 1
        for end in (low, high):
            if 0 < end < 1:
                assert abs(share - end) == pytest.approx(1.96 * math.sqrt(end * (1 - end) / n_steps))
