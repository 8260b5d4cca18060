"""Goals reached by sessions, users, topics and paths equal those that plain Python counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import pytest

from tests.dbt_project.conftest import GOALS
from tests.factories.plain_journeys import PlainSession, plain_sessions, plain_steps
from tests.factories.warehouse_factory import CONTINUING_TOPIC, PROJECT_ID, Event, topic_id_of, topic_of

if TYPE_CHECKING:
    from datetime import datetime

    from tests.dbt_project.conftest import Built

CONTINUING = {topic_id_of(CONTINUING_TOPIC, "prompt")}


def _topic(event: Event) -> str | None:
    topic = topic_of(str(event.metadata.get("prompt", "")))[1]
    return topic_id_of(topic, "prompt") if topic else None


def _reaches(event: Event, goal: str) -> bool:
    """Whether an event of the projects with goals reaches the one of this name."""
    return {
        "refunded": _topic(event) == topic_id_of("topic_refund", "prompt"),
        "on beta": event.metadata["client"]["is_beta"],
        "wrote": True,
        "never": False,
        "slow": event.metadata["latency_ms"] == 1000,
    }[goal]


@pytest.fixture(scope="module")
def outcomes(built: Built) -> list[tuple[str, PlainSession, datetime | None]]:
    """Each goal with each session of its project, and when the session first reached it."""
    found = []
    sessions = plain_sessions(built.events).values()
    for project_id, goal, *_ in GOALS:
        for session in (session for session in sessions if session.project_id == project_id):
            hits = (event.occurred_at for event in session.events if _reaches(event, goal))
            found.append((goal, session, next(hits, None)))
    return found


def test_goal_sessions_equal_python(built: Built, outcomes: list[tuple[str, PlainSession, datetime | None]]):
    found = built.rows(
        "select goal, session_id, user_id, is_reached, reached_at, time_to_goal_s from marts.fct_goal_sessions"
    )
    expected = [
        (
            goal,
            session.session_id,
            session.user_id,
            at is not None,
            at,
            at and (at - session.started_at).total_seconds(),
        )
        for goal, session, at in outcomes
    ]
    assert sorted(found, key=str) == sorted(expected, key=str)


def test_goal_users_equal_python(built: Built, outcomes: list[tuple[str, PlainSession, datetime | None]]):
    found = built.rows("select goal, user_id, is_reached, n_sessions, n_sessions_reached from marts.fct_goal_users")
    users: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for goal, session, at in outcomes:
        if session.user_id:
            users[goal, session.user_id].append(at is not None)
    assert sorted(found) == sorted((*key, any(hits), len(hits), sum(hits)) for key, hits in users.items())


def test_goal_variants_equal_python(built: Built, outcomes: list[tuple[str, PlainSession, datetime | None]]):
    found = built.rows(
        "select goal, path, n_reached, n_unreached from marts.agg_goal_variants where project_id = ?", PROJECT_ID
    )
    reached: Counter[tuple[str, tuple[str, ...], bool]] = Counter(
        (goal, tuple(plain_steps((_topic(event) for event in session.events), CONTINUING)), at is not None)
        for goal, session, at in outcomes
        if session.project_id == PROJECT_ID
    )
    counted = {(goal, tuple(path)): (n_reached, n_unreached) for goal, path, n_reached, n_unreached in found}
    assert counted == {
        (goal, path): (reached[goal, path, True], reached[goal, path, False]) for goal, path, _ in reached
    }


def test_goal_drop_off_equals_python(built: Built, outcomes: list[tuple[str, PlainSession, datetime | None]]):
    found = built.rows(
        "select goal, topic_id, n_sessions, n_reached, n_dropped from marts.agg_goal_topics where project_id = ?",
        PROJECT_ID,
    )
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for goal, session, at in outcomes:
        steps = plain_steps((_topic(event) for event in session.events), CONTINUING)
        for topic in set(steps) if session.project_id == PROJECT_ID else ():
            counts[goal, topic][0] += 1
            counts[goal, topic][1] += at is not None
            counts[goal, topic][2] += at is None and steps[-1] == topic
    assert {row[:2]: list(row[2:]) for row in found} == counts


def test_goals_without_a_hit_stay_visible(built: Built):
    found = built.rows("select n_reached, reached_share, reached_low from marts.agg_goals where goal = 'never'")
    assert found == [(0, 0.0, 0.0)]
    shares = built.rows(
        "select sum(share_of_reached), sum(share_of_unreached) from marts.agg_goal_variants where goal = 'refunded'"
    )
    assert shares == [(pytest.approx(1.0), pytest.approx(1.0))]
