"""Real conversations through the whole pipeline: what the marts say equals plain Python over the same events."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise

import pytest

from tests.factories.plain_journeys import plain_steps
from tests.pipeline.events import real_conversations

pytestmark = pytest.mark.pipeline


@pytest.fixture(scope="module")
def events():
    return real_conversations()


@pytest.fixture(scope="module")
def marts(events, installation):
    with installation.marts("found", "Assistant") as connection:
        yield connection


@pytest.fixture(scope="module")
def journeys(marts):
    """Steps in order for each session, recomputed from the topics of its messages and which of these continue."""
    rows = marts.execute(
        "select session_id, topic_id from fct_messages order by session_id, occurred_at, event_id"
    ).fetchall()
    topics = defaultdict(list)
    for session_id, topic_id in rows:
        topics[session_id].append(topic_id)
    rows = marts.execute("select distinct topic_id from fct_messages where message_role = 'continues'").fetchall()
    continuing = {topic_id for (topic_id,) in rows}
    assert continuing
    return {session: plain_steps(said, continuing) for session, said in topics.items()}


def counted(marts, sql):
    return {tuple(row[:-1]): row[-1] for row in marts.execute(sql).fetchall()}


def test_every_turn_is_one_event_and_one_message(marts, events):
    assert marts.execute("select count(*) from fct_events").fetchone() == (len(events),)
    texts = Counter(event["metadata"]["prompt"] for event in events)
    found = Counter(row[0] for row in marts.execute("select text from fct_messages").fetchall())
    assert found == texts


def test_every_dialogue_is_one_session_with_its_turns_in_order(marts, events):
    expected = defaultdict(list)
    for event in events:
        expected[event["session_id"]].append(event["event_id"])
    found = defaultdict(list)
    for session, event_id in marts.execute(
        "select session_id, event_id from fct_events order by session_id, event_index_in_session"
    ).fetchall():
        found[session].append(event_id)
    assert found == expected


def test_services_are_an_enum_with_several_values_and_the_prompt_is_the_journey(marts, events):
    fields = {
        row[0]: row[1:]
        for row in marts.execute("select field, effective_type, is_journey_field from dim_fields").fetchall()
    }
    assert fields == {"prompt": ("text", True), "service": ("enum", False)}
    expected = Counter((event["event_id"], service) for event in events for service in event["metadata"]["service"])
    found = Counter(marts.execute("select event_id, enum_value from fct_event_values").fetchall())
    assert found == expected


def test_transitions_equal_those_recomputed_from_the_messages(marts, journeys):
    expected = Counter(pair for path in journeys.values() if path for pair in pairwise(["START", *path, "END"]))
    assert counted(marts, "select from_topic_id, to_topic_id, n_transitions from agg_transitions") == expected
    single = counted(marts, "select from_topic_id, to_topic_id, count(*) from fct_transitions group by all")
    assert single == expected


def test_variants_equal_the_paths_and_sum_to_the_sessions(marts, journeys):
    expected = Counter(tuple(path) for path in journeys.values())
    found = {
        tuple(path): n for path, n in marts.execute("select path, n_sessions from agg_journey_variants").fetchall()
    }
    assert found == expected
    assert sum(found.values()) == len(journeys)


def test_returns_and_loops_equal_those_in_the_paths(marts, journeys):
    n_returns = sum(len(path) - len(set(path)) for path in journeys.values())
    n_loops = sum(a == c for path in journeys.values() for a, c in zip(path, path[2:], strict=False))
    assert marts.execute("select sum(n_returns), sum(n_loops) from fct_session_paths").fetchone() == (
        n_returns,
        n_loops,
    )


def test_inflow_equals_outflow_at_every_topic(marts):
    inflow = counted(marts, "select to_topic_id, sum(n_transitions) from agg_transitions group by 1")
    outflow = counted(marts, "select from_topic_id, sum(n_transitions) from agg_transitions group by 1")
    assert inflow.pop(("END",)) == outflow.pop(("START",))
    assert inflow == outflow


def test_user_transitions_join_last_and_first_topics_of_neighbouring_sessions(marts, events, journeys):
    starts = {}
    for event in events:
        starts.setdefault((event["user_id"], event["session_id"]), event["timestamp"])
    by_user = defaultdict(list)
    for (user, session), started in sorted(starts.items(), key=lambda item: (item[1], item[0])):
        if journeys[session]:
            by_user[user].append((started, session))
    expected = Counter(
        (user, journeys[before[1]][-1], journeys[after[1]][0])
        for user, sessions in by_user.items()
        for before, after in pairwise(sorted(sessions))
    )
    found = counted(
        marts, "select user_id, from_topic_id, to_topic_id, count(*) from fct_user_transitions group by all"
    )
    assert found == expected


def test_topics_are_named_distinct_and_not_one_giant(marts):
    labels = [row[0] for row in marts.execute("select label from dim_topics where level = 0").fetchall()]
    assert len(labels) == len(set(labels)) >= 20
    sizes = marts.execute("select max(n_messages), sum(n_messages) from dim_topics where level = 0").fetchone()
    assert sizes[0] < sizes[1] / 4


def test_every_topic_lies_in_one_area_and_areas_sum_their_topics(marts):
    areas = marts.execute(
        "select areas.label, any_value(areas.n_messages), sum(topics.n_messages) from dim_topics as topics"
        " left join dim_topics as areas on topics.parent_topic_id = areas.topic_id and areas.level = 1"
        " where topics.level = 0 group by areas.label"
    ).fetchall()
    assert all(label and n_messages == n_of_topics for label, n_messages, n_of_topics in areas)
    n_areas, n_topics = marts.execute(
        "select count(*) filter (level = 1), count(*) filter (level = 0) from dim_topics"
    ).fetchone()
    assert 3 <= n_areas == len(areas) < n_topics / 2
