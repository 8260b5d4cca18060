"""Data as applications send it: projects that each have one oddity, and what users must see of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.pipeline.events import SAID, SYSTEM

if TYPE_CHECKING:
    from tests.pipeline.conftest import Installation

pytestmark = pytest.mark.pipeline


def _journey_field(installation: Installation, name: str) -> str:
    ((field,),) = installation.rows("found", name, "select field from dim_fields where is_journey_field")
    return str(field)


def _texts(installation: Installation, name: str) -> list[str]:
    rows = installation.rows("found", name, "select text from fct_messages where is_journey_field order by event_id")
    return [text for (text,) in rows]


def test_run_a_clock_at_zero_is_kept_set_apart_and_said(installation):
    apart = installation.rows(
        "found",
        "clocks",
        "select event_id from fct_events where set_apart_reason = 'implausible_time' order by 1",
    )
    assert apart == [("e900",), ("e901",)]
    assert installation.rows("found", "clocks", "select count(*) from fct_events") == [(98,)]
    assert installation.rows(
        "found", "clocks", "select sum(n_events), count(*) filter (is_overlong) from fct_sessions"
    ) == [(96, 0)]
    assert installation.rows("found", "clocks", "select min(message_date)::varchar from agg_topic_daily") == [
        ("2026-03-02",)
    ]
    (warning,) = [
        sentence for sentence in installation.warnings("found", "clocks") if "are excluded from all numbers" in sentence
    ]
    assert "Their number is 2;" in warning
    assert "'e900' of 0001-01-01" in warning


def test_run_journeys_are_made_of_what_people_say_not_of_the_field_with_most_events(installation):
    assert _journey_field(installation, "browsers") == "prompt"


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("histories", "messages"),
        ("parts of histories", "messages"),
        ("histories as text", "gen_ai.input.messages"),
        ("content parts", "content.parts"),
    ],
)
def test_run_a_chat_history_gives_the_users_new_message_alone(installation, name, field):
    assert _journey_field(installation, name) == field
    assert sorted(_texts(installation, name)) == sorted(SAID[n % len(SAID)] for n in range(60))
    text_fields = installation.rows("found", name, "select field from dim_fields where effective_type = 'text'")
    assert text_fields == [(field,)]


def test_run_a_question_logged_at_each_step_of_an_agent_is_one_message(installation):
    assert sorted(_texts(installation, "steps")) == sorted(SAID[:40])
    assert installation.rows("found", "steps", "select sum(n_messages) from fct_sessions") == [(40,)]


def test_run_sessions_of_a_monitor_are_left_out_and_said(installation):
    made = installation.rows(
        "found",
        "monitor",
        "select count(*), count(*) filter (starts_with(session_id, 'probe')) from fct_sessions where is_automated",
    )
    assert made == [(200, 200)]
    assert installation.rows("found", "monitor", "select n_sessions, reached_share from agg_goals") == [(40, 1.0)]
    assert installation.rows("found", "monitor", "select sum(n_sessions) from agg_journey_variants") == [(40,)]
    said = "200 of 240 sessions were made by a machine"
    assert [said in sentence for sentence in installation.warnings("found", "monitor") if "machine" in sentence] == [
        True
    ]


def test_run_people_who_say_what_a_monitor_says_are_not_sent_by_machine(installation):
    rows = installation.rows(
        "found",
        "monitor",
        "select distinct starts_with(session_id, 'probe'), topic_reason = 'sent by machine' from fct_messages"
        " where (starts_with(session_id, 'probe') or topic_reason = 'sent by machine')",
    )
    assert rows == [(True, True)]


def test_run_a_popular_question_of_shared_logins_is_not_sent_by_machine(installation):
    assert installation.rows("found", "kiosk", "select count(*) from fct_sessions where is_automated") == [(0,)]
    assert installation.rows(
        "found", "kiosk", "select count(*) from fct_messages where topic_reason = 'sent by machine'"
    ) == [(0,)]


def test_run_what_all_messages_begin_with_is_left_out_of_topics_and_names(installation):
    rows = installation.rows(
        "found",
        "instructions",
        "select topic_status, topic_reason, text from fct_messages where text like '%Question: '",
    )
    assert {row[:2] for row in rows} == {("filler", "nothing but what nearly all messages share")}
    assert len(rows) == 10
    assert all(SYSTEM in text for _, _, text in rows)
    topics = installation.rows(
        "found",
        "instructions",
        "select label, count(distinct regexp_extract(text, 'my invoice|my order|my account|a report'))"
        " from fct_messages inner join dim_topics using (project_id, topic_id, field) group by 1",
    )
    assert len(topics) > 1
    assert {n_things for _, n_things in topics} == {1}
    assert not [label for label, _ in topics if any(word in label.lower() for word in ("bank", "policy", "question"))]
    (warning,) = [sentence for sentence in installation.warnings("found", "instructions") if "longer than" in sentence]
    assert "100% of the texts in 'prompt' are longer than the embedding model reads" in warning


def test_run_a_placeholder_id_is_said_with_its_users_and_can_count_as_missing(installation):
    (warning,) = [sentence for sentence in installation.warnings("found", "placeholders") if "undefined" in sentence]
    assert '"undefined" has 40 events of 20 users' in warning
    assert not [sentence for sentence in installation.results["edited"]["warnings"] if '"undefined"' in sentence]
    sessions = installation.rows(
        "edited",
        "placeholders",
        "select count(*) filter (session_source = 'given'), count(*) filter (session_id = 'undefined')"
        " from fct_sessions",
    )
    assert sessions == [(38, 0)]


@pytest.mark.parametrize(("version", "n_events"), [("found", 80), ("edited", 78), ("undone", 79), ("refitted", 79)])
def test_run_deleted_events_leave_the_marts_and_a_restored_one_comes_back(installation, version, n_events):
    assert installation.rows(version, "placeholders", "select count(*) from fct_events") == [(n_events,)]
