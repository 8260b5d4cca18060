"""The marts' sessions and journeys equal those that plain Python makes of the same events."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.dbt_project.conftest import CHANGING_PROJECT, ENDLESS_PROJECT, ONE_USER_PROJECT
from tests.factories.plain_journeys import (
    PlainSession,
    plain_moves,
    plain_sessions,
    plain_step_topics,
    plain_steps,
    plain_user_moves,
)
from tests.factories.warehouse_factory import (
    CONTINUING_TOPIC,
    LATE_AFTER_S,
    PENDING_TEXTS,
    PROJECT_ID,
    TOPIC_TEXTS,
    Event,
    topic_id_of,
    topic_of,
)

if TYPE_CHECKING:
    from datetime import datetime

    from tests.dbt_project.conftest import Built


PLANTED_PROJECTS = (PROJECT_ID, ONE_USER_PROJECT)
"""Every text of theirs has a planted truth."""
CONTINUING = {topic_id_of(CONTINUING_TOPIC, "prompt")}


def _topic(event: Event) -> str | None:
    """The topic that the factory planted in an event's prompt."""
    topic = topic_of(str(event.metadata.get("prompt", "")))[1]
    return topic_id_of(topic, "prompt") if topic else None


def _is_endless(session: PlainSession) -> bool:
    return (session.ended_at - session.started_at).total_seconds() > 168 * 3600


def _is_automated(session: PlainSession) -> bool:
    """Whether a session says one sentence 60 times, numbers apart, as those of this project do."""
    return session.project_id == CHANGING_PROJECT


@pytest.fixture(scope="module")
def journeys(built: Built) -> list[tuple[PlainSession, list[str]]]:
    """Every session with its steps, in plain Python."""
    sessions = plain_sessions(built.events).values()
    return [(session, plain_steps((_topic(event) for event in session.events), CONTINUING)) for session in sessions]


def test_sessions_of_all_sources_equal_python(built: Built, journeys: list[tuple[PlainSession, list[str]]]):
    found = built.rows(
        "select project_id, session_id, session_source, user_id, started_at, ended_at, duration_s, n_events, n_steps"
        " from marts.fct_sessions"
    )
    expected = [
        (
            session.project_id,
            session.session_id,
            session.source,
            session.user_id,
            session.started_at,
            session.ended_at,
            (session.ended_at - session.started_at).total_seconds(),
            len(session.events),
            len(steps),
        )
        for session, steps in journeys
    ]
    assert sorted(found) == sorted(expected)
    assert {row[2] for row in found} == {"given", "stitched", "single"}


def test_events_keep_their_place_in_their_session(built: Built, journeys: list[tuple[PlainSession, list[str]]]):
    found = built.rows("select project_id, session_id, event_id, event_index_in_session from marts.fct_events")
    expected = [
        (session.project_id, session.session_id, event.event_id, index)
        for session, _ in journeys
        for index, event in enumerate(session.events, start=1)
    ]
    assert sorted(found) == sorted(expected)


def test_session_counts_of_messages_without_topic_equal_python(
    built: Built, journeys: list[tuple[PlainSession, list[str]]]
):
    found = built.rows(
        "select project_id, session_id, n_messages, n_filler, n_noise, n_pending from marts.fct_sessions"
        " where project_id in (?, ?)",
        *PLANTED_PROJECTS,
    )
    expected = []
    for session in (session for session, _ in journeys if session.project_id in PLANTED_PROJECTS):
        texts = [text for event in session.events if (text := event.metadata.get("prompt"))]
        statuses = Counter(topic_of(text)[0] for text in texts)
        counts = (statuses["filler"], statuses["noise"], statuses["pending"])
        expected.append((session.project_id, session.session_id, len(texts), *counts))
    assert sorted(found) == sorted(expected)
    assert all(sum(row[column] for row in found) > 0 for column in (3, 4, 5))


def test_steps_and_paths_equal_python(built: Built, journeys: list[tuple[PlainSession, list[str]]]):
    steps = defaultdict(list)
    for project_id, session_id, topic_id in built.rows(
        "select project_id, session_id, topic_id from marts.fct_session_steps order by project_id, session_id, step"
    ):
        steps[project_id, session_id].append(topic_id)
    paths = {row[:2]: row[2:] for row in built.rows("from marts.fct_session_paths select project_id, session_id, path")}
    assert steps == {(session.project_id, session.session_id): path for session, path in journeys if path}
    assert paths == {(session.project_id, session.session_id): (path,) for session, path in journeys}
    assert any(path[index] == path[index - 2] for path in steps.values() for index in range(2, len(path)))


def test_message_roles_and_details_of_steps_equal_python(built: Built, journeys: list[tuple[PlainSession, list[str]]]):
    found = built.rows(
        "select event_id, message_role, continues_topic_id from marts.fct_messages"
        " where is_journey_field and project_id = ? and topic_status = 'assigned'",
        PROJECT_ID,
    )
    expected = []
    n_details: Counter[tuple[str, str]] = Counter()
    for session, _ in journeys:
        if session.project_id != PROJECT_ID:
            continue
        has_begun = False
        for event, step in zip(session.events, plain_step_topics(map(_topic, session.events), CONTINUING), strict=True):
            if step is None:
                continue
            is_detail = has_begun and _topic(event) in CONTINUING
            role = ("continues", step) if is_detail else ("opens", None)
            expected.append((event.event_id, *role))
            n_details[session.session_id, step] += is_detail
            has_begun = True
    counted = built.rows(
        "select session_id, topic_id, sum(n_details)::int from marts.fct_session_steps"
        " where project_id = ? group by all",
        PROJECT_ID,
    )
    assert sorted(found) == sorted(expected)
    assert {row[:2]: row[2] for row in counted} == n_details
    assert n_details.total() > 0


def test_topics_say_what_most_of_their_messages_do(built: Built):
    said = built.rows(
        "select project_id, topic_id, message_role from marts.fct_messages"
        " where is_journey_field and topic_status = 'assigned'"
    )
    roles: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for project_id, topic_id, role in said:
        roles[project_id, topic_id][role] += 1
    found = built.rows(
        "select project_id, topic_id, usual_role, n_details from marts.dim_topics"
        " where level = 0 and usual_role is not null"
    )
    assert {row[:2]: row[2:] for row in found} == {
        topic: ("continues" if 2 * counts["continues"] > counts.total() else "opens", counts["continues"])
        for topic, counts in roles.items()
    }
    assert any(row[3] > 0 for row in found)


def test_returns_and_loops_equal_python(built: Built, journeys: list[tuple[PlainSession, list[str]]]):
    found = built.rows("select project_id, session_id, n_returns, n_loops from marts.fct_session_paths")
    expected = []
    for session, path in journeys:
        n_returns = len(path) - len(set(path))
        n_loops = sum(path[index] == path[index - 2] for index in range(2, len(path)))
        expected.append((session.project_id, session.session_id, n_returns, n_loops))
    assert sorted(found) == sorted(expected)


def _plain_session_topics(session: PlainSession) -> dict[str, list[tuple[Event, bool]]]:
    """The messages of each topic of a journey, each with whether it makes a request."""
    found: dict[str, list[tuple[Event, bool]]] = defaultdict(list)
    steps = plain_step_topics(map(_topic, session.events), CONTINUING)
    for event, step in zip(session.events, steps, strict=True):
        if step is not None:
            found[step].append((event, not found or _topic(event) not in CONTINUING))
    return found


def _is_rephrased(text: str, other: str) -> bool:
    """Whether two texts share at least half of the words of the shorter one, and differ."""
    words = [set(re.findall(r"[^\W_]+", each.lower())) for each in (text, other)]
    return text != other and len(words[0] & words[1]) >= max(1, 0.5 * min(map(len, words)))


def test_topics_of_sessions_equal_python(built: Built, journeys: list[tuple[PlainSession, list[str]]]):
    columns = "project_id, session_id, topic_id"
    found = built.rows(
        f"select {columns}, n_messages, first_at, last_at, is_rephrased, is_loop, is_last, slowest_reply_ms,"
        " is_answer_missing from marts.fct_session_topics"
    )
    expected, main = [], []
    for session, path in journeys:
        messages = _plain_session_topics(session)
        key = (session.project_id, session.session_id)
        for topic, told in messages.items():
            requests = [event.metadata["prompt"] for event, is_request in told if is_request]
            is_loop = any(path[n] == path[n - 2] == topic for n in range(2, len(path)))
            times = [event.occurred_at for event, _ in told]
            signs = (any(map(_is_rephrased, requests, requests[1:])), is_loop, path[-1] == topic)
            replies = [event.metadata["latency_ms"] for event, _ in told if "latency_ms" in event.metadata]
            answers = (max(replies), False) if replies else (None, None)
            expected.append((*key, topic, len(told), min(times), max(times), *signs, *answers))
        if messages:
            main.append((*key, max(messages, key=lambda topic: len(messages[topic]))))
    assert sorted(found) == sorted(expected)
    assert all({row[column] for row in found} == {True, False} for column in (6, 7, 8))
    assert sorted(built.rows(f"select {columns} from marts.fct_session_topics where is_main")) == sorted(main)
    sessions = built.rows("select project_id, session_id, main_topic_id from marts.fct_sessions where n_steps > 0")
    assert sorted(sessions) == sorted(main)


def test_returns_to_topics_equal_python(built: Built, journeys: list[tuple[PlainSession, list[str]]]):
    visits: dict[tuple[str, str, str], list[tuple[datetime, str, datetime]]] = defaultdict(list)
    for session, _ in journeys:
        for topic, told in _plain_session_topics(session).items():
            if session.user_id:
                times = [event.occurred_at for event, _ in told]
                visits[session.project_id, session.user_id, topic].append((min(times), session.session_id, max(times)))
    expected = [
        (*key, left, entered, (begun_at - left_at).total_seconds())
        for key, own in visits.items()
        for (_, left, left_at), (begun_at, entered, _) in pairwise(sorted(own))
        if 0 <= (begun_at - left_at).total_seconds() <= 24 * 3600
    ]
    found = built.rows(
        "select project_id, user_id, topic_id, from_session_id, to_session_id, gap_s from marts.fct_topic_returns"
    )
    assert sorted(found) == sorted(expected)
    assert found


def test_friction_of_topics_counts_sessions_with_any_sign(built: Built):
    visits = built.rows(
        "select project_id, topic_id, session_id, is_rephrased or is_loop, slowest_reply_ms"
        " from marts.fct_session_topics where not is_overlong"
    )
    returns = set(built.rows("select project_id, topic_id, from_session_id from marts.fct_topic_returns"))
    n_visits: Counter[tuple[str, str]] = Counter()
    n_friction: Counter[tuple[str, str]] = Counter()
    n_answers: Counter[tuple[str, str, str]] = Counter()
    for *topic, session_id, has_sign, reply_ms in visits:
        n_visits[*topic] += 1
        n_friction[*topic] += has_sign or (*topic, session_id) in returns
        n_answers.update((*topic, "timed") for _ in range(reply_ms is not None))
        n_answers.update((*topic, "late") for _ in range((reply_ms or 0) > LATE_AFTER_S * 1000))
    found = built.rows(
        "select project_id, topic_id, n_sessions, n_friction, friction_low, friction_share, friction_high,"
        " excess_sessions from marts.agg_topic_friction"
    )
    assert {row[:2]: row[2:4] for row in found} == {topic: (n_visits[topic], n_friction[topic]) for topic in n_visits}
    answers = built.rows("select project_id, topic_id, n_timed, n_late, late_share from marts.agg_topic_friction")
    assert {row[:4] for row in answers} == {
        (*topic, n_answers[*topic, "timed"], n_answers[*topic, "late"]) for topic in n_visits
    }
    assert any(0 < (late_share or 0) < 1 for *_, late_share in answers)
    assert all(low <= share <= high for *_, low, share, high, _ in found)
    for project in {project for project, *_ in found}:
        assert sum(row[-1] for row in found if row[0] == project) == pytest.approx(0, abs=1e-9)


def test_transitions_equal_python(built: Built, journeys: list[tuple[PlainSession, list[str]]]):
    found = built.rows("select project_id, from_topic_id, to_topic_id, n_transitions from marts.agg_transitions")
    normal = [(session, path) for session, path in journeys if session.project_id != ENDLESS_PROJECT]
    moves = Counter((session.project_id, *move) for session, path in normal for move in plain_moves(path))
    assert sorted(found) == sorted((*move, n) for move, n in moves.items())


def test_transition_gaps_equal_python(built: Built, journeys: list[tuple[PlainSession, list[str]]]):
    found = built.rows("select project_id, session_id, gap_s from marts.fct_transitions where gap_s is not null")
    expected = []
    for session, _ in journeys:
        steps = plain_step_topics(map(_topic, session.events), CONTINUING)
        told = [(step, event.occurred_at) for step, event in zip(steps, session.events, strict=True) if step]
        expected += [
            (session.project_id, session.session_id, (entered_at - left_at).total_seconds())
            for (left, left_at), (entered, entered_at) in pairwise(told)
            if left != entered
        ]
    assert sorted(found) == sorted(expected)


def test_variants_equal_python_and_sum_to_sessions(built: Built, journeys: list[tuple[PlainSession, list[str]]]):
    found = built.rows("select project_id, path, n_sessions from marts.agg_journey_variants where not is_overlong")
    by_people = [(session, path) for session, path in journeys if not _is_automated(session)]
    variants = Counter((session.project_id, tuple(path)) for session, path in by_people if not _is_endless(session))
    assert {(project_id, tuple(path)): n for project_id, path, n in found} == variants
    ((n_sessions,),) = built.rows("select sum(n_sessions) from marts.agg_journey_variants")
    assert n_sessions == len(by_people)
    assert any(row[1] == [] for row in found)


def test_running_shares_end_at_one(built: Built):
    found = built.rows(
        "select max_by(running_share, variant_rank), sum(session_share) from marts.agg_journey_variants"
        " group by project_id"
    )
    assert found
    assert all(last == 1.0 and total == pytest.approx(1.0) for last, total in found)


def test_user_transitions_equal_python(built: Built, journeys: list[tuple[PlainSession, list[str]]]):
    found = built.rows(
        "select project_id, user_id, from_session_id, to_session_id, from_topic_id, to_topic_id"
        " from marts.fct_user_transitions"
    )
    assert sorted(found) == sorted(plain_user_moves(journeys))


def test_users_are_those_the_app_named(built: Built):
    found = built.rows("select project_id, user_id, n_events from marts.dim_users")
    named = Counter((event.project_id, event.user_id) for event in built.events if event.user_id)
    assert {row[:2]: row[2] for row in found} == named


def test_pending_messages_are_those_without_a_finding(built: Built):
    found = built.rows(
        "select distinct text from marts.fct_messages"
        " where is_journey_field and topic_status = 'pending' and project_id in (?, ?)",
        *PLANTED_PROJECTS,
    )
    assert {text for (text,) in found} == set(PENDING_TEXTS)


def test_topic_sizes_and_days_equal_the_messages(built: Built):
    planted = Counter(
        (event.project_id, topic, event.occurred_at.date()) for event in built.events if (topic := _topic(event))
    )
    found = built.rows("select project_id, topic_id, message_date, n_messages from marts.agg_topic_daily")
    sizes = built.rows("select sum(n_messages) from marts.dim_topics where level = 0 and field = 'prompt'")
    assert {row[:3]: row[3] for row in found} == planted
    assert sizes == [(planted.total(),)]


def test_topic_examples_are_first_events_of_the_texts_in_order(built: Built):
    found = built.rows(
        "select topics.project_id, topics.topic_id, list(messages.text order by place)"
        " from (select *, unnest(example_event_ids) as event_id, generate_subscripts(example_event_ids, 1) as place"
        "       from marts.dim_topics where level = 0) as topics"
        " join marts.fct_messages as messages using (project_id, event_id, field)"
        " where project_id in (?, ?) group by all",
        *PLANTED_PROJECTS,
    )
    assert found
    for _, topic_id, texts in found:
        assert tuple(reversed(texts)) == TOPIC_TEXTS[topic_id.removesuffix("__prompt")]
