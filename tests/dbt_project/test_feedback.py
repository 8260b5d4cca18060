"""Feedback in the marts: read, linked, attributed and counted as a few lines of Python do it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from contracts.events import COMMENT_FIELD, FEEDBACK_ID_START, FEEDBACK_NAME
from tests.factories.warehouse_factory import COMMENT_TEXTS, PROJECT_ID, made_session_id, topic_id_of

if TYPE_CHECKING:
    from tests.dbt_project.conftest import Built
    from tests.factories.warehouse_factory import Event


def rows(built: Built, columns: str) -> dict[str, tuple[Any, ...]]:
    """Columns of fct_feedback by feedback_id."""
    found = built.rows(
        f"select feedback_id, {columns} from marts.fct_feedback where project_id = '{PROJECT_ID}' and source = 'people'"
    )
    return {row[0]: row[1:] for row in found}


def id_of(feedback: Event) -> str:
    return feedback.event_id.removeprefix(FEEDBACK_ID_START)


def test_feedback_is_no_event_message_value_or_session(built: Built):
    marts = ("fct_events", "fct_messages", "fct_event_values")
    landed = [f"select count(*) from marts.{mart} where event_id like '{FEEDBACK_ID_START}%'" for mart in marts]
    assert [built.rows(query) for query in landed] == [[(0,)]] * 3
    assert built.rows("select count(*) from marts.dim_fields where field in ('score', 'comment')") == [(0,)]
    assert built.rows("select count(*) from marts.fct_sessions where session_id = 'no'") == [(0,)]
    assert {feedback.name for feedback in built.feedback} == {FEEDBACK_NAME}


def test_feedback_is_linked_and_scaled_as_sent(built: Built):
    events = {event.event_id: event for event in built.events if event.project_id == PROJECT_ID}
    landed_sessions = {event.session_id or made_session_id(event.event_id) for event in events.values()}
    found = rows(built, "event_id, score, given_score, is_linked, comment")
    expected = {}
    for feedback in built.feedback:
        said = feedback.metadata
        score = said["score"] if "scale" not in said else (said["score"] - 1) / (said["scale"] - 1) * 2 - 1
        is_known = said["event_id"] in events if "event_id" in said else said["session_id"] in landed_sessions
        expected[id_of(feedback)] = (said.get("event_id"), score, said["score"], is_known, said.get("comment"))
    assert found == expected
    assert {row[3] for row in found.values()} == {True, False}


def test_feedback_about_an_event_is_in_its_session_and_for_the_step_under_way(built: Built):
    events = {
        event_id: (session_id, occurred_at)
        for event_id, session_id, occurred_at in built.rows(
            f"select event_id, session_id, occurred_at from marts.fct_events where project_id = '{PROJECT_ID}'"
        )
    }
    steps = defaultdict(list)
    for session_id, started_at, topic_id in built.rows(
        f"select session_id, started_at, topic_id from marts.fct_session_steps"
        f" where project_id = '{PROJECT_ID}' order by session_id, step"
    ):
        steps[session_id].append((started_at, topic_id))
    about_events = [feedback for feedback in built.feedback if feedback.metadata.get("event_id") in events]
    found = rows(built, "session_id, topic_id")
    for feedback in about_events:
        session_id, occurred_at = events[feedback.metadata["event_id"]]
        begun = [topic_id for started_at, topic_id in steps[session_id] if started_at <= occurred_at]
        assert found[id_of(feedback)] == (session_id, begun[-1] if begun else None)
    assert {found[id_of(feedback)][1] is None for feedback in about_events} == {True, False}


def test_only_the_latest_feedback_of_a_person_about_a_thing_counts(built: Built):
    found = rows(built, "coalesce(event_id, 's ' || session_id), user_id, given_at, is_latest")
    latest: dict[tuple[str, str | None], tuple[Any, str]] = {}
    for feedback_id, (about, user_id, given_at, _) in found.items():
        key = (about, user_id)
        latest[key] = max(latest.get(key, (given_at, feedback_id)), (given_at, feedback_id))
    assert {feedback_id for feedback_id, row in found.items() if row[3]} == {each for _, each in latest.values()}
    assert len(latest) < len(found)


def test_comments_have_topics_of_their_own(built: Built):
    (topic,) = COMMENT_TEXTS
    topic_id = topic_id_of(topic, COMMENT_FIELD)
    judged = dict.fromkeys(COMMENT_TEXTS[topic], (topic_id, "assigned")) | {None: (None, None)}
    expected = {
        id_of(feedback): judged.get(feedback.metadata.get("comment"), (None, "pending")) for feedback in built.feedback
    }
    assert rows(built, "comment_topic_id, comment_topic_status") == expected
    assert len(set(expected.values())) == len(["assigned", "pending", "without a comment"])

    commented = [feedback for feedback in built.feedback if expected[id_of(feedback)][0]]
    given = sorted(feedback.occurred_at for feedback in commented)
    examples = [min((each.occurred_at, id_of(each)) for each in commented)[1]]
    found = "select topic_id, n_messages, first_seen_at, last_seen_at, example_event_ids from marts.dim_topics"
    assert built.rows(f"{found} where field = ?", COMMENT_FIELD) == [
        (topic_id, len(commented), given[0], given[-1], examples)
    ]
    elsewhere = ("fct_messages", "fct_session_steps", "fct_session_topics", "agg_topic_daily", "agg_topic_friction")
    counts = [built.rows(f"select count(*) from marts.{mart} where topic_id = ?", topic_id) for mart in elsewhere]
    assert counts == [[(0,)]] * len(elsewhere)
    assert built.rows("select count(*) from marts.dim_fields where field = ?", COMMENT_FIELD) == [(0,)]


def test_outcomes_in_metadata_are_those_of_plain_python(built: Built):
    in_order = built.rows(
        f"select event_id, session_id from marts.fct_events where project_id = '{PROJECT_ID}'"
        " order by session_id, event_index_in_session"
    )
    events = {event.event_id: event for event in built.events if event.project_id == PROJECT_ID}
    resolved: dict[str, tuple[str | None, float]] = {}
    fallback: dict[str, tuple[str | None, float]] = {}
    for event_id, session_id in in_order:
        said = events[event_id].metadata
        if "resolved" in said:
            resolved[session_id] = (event_id, 1 if said["resolved"] else -1)
        if "bot" in said and fallback.get(session_id, (None, 0)) == (None, 0):
            fallback[session_id] = (event_id, -1) if said["bot"]["fallback"] else (None, 0)

    found = built.rows(
        "select label, session_id, event_id, score, is_latest, is_linked from marts.fct_feedback"
        f" where project_id = '{PROJECT_ID}' and source = 'metadata'"
    )
    expected = [("resolved", session, *outcome, True, True) for session, outcome in resolved.items()]
    expected += [("bot.fallback", session, *outcome, True, True) for session, outcome in fallback.items()]
    assert sorted(found, key=str) == sorted(expected, key=str)
    assert {row[3] for row in found} == {-1, 0, 1}
