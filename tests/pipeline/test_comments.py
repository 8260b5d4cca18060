"""Comments of feedback have topics of their own, and nothing that is counted of messages knows of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contracts.events import COMMENT_FIELD
from tests.factories.support_texts import texts_about
from tests.pipeline.events import COMMENTED, comments

if TYPE_CHECKING:
    from tests.pipeline.conftest import Installation

pytestmark = pytest.mark.pipeline

OF_MESSAGES = (
    "fct_events",
    "fct_messages",
    "fct_event_values",
    "fct_sessions",
    "dim_users",
    "dim_fields",
    "fct_session_steps",
    "fct_session_paths",
    "fct_session_topics",
    "fct_transitions",
    "fct_topic_returns",
    "agg_topic_daily",
    "agg_topic_friction",
    "agg_topic_flow",
    "agg_transitions",
    "agg_journey_variants",
)
LABELLED = "(select topic_id, label from dim_topics where field = 'prompt')"


def test_comments_about_two_things_have_two_named_topics(installation):
    topics = {subject: installation.comment_topic("found", subject) for subject in COMMENTED}
    sql = "select topic_id, label, n_messages from dim_topics where field = ? and level = 0"
    found = installation.rows("found", "Shop", sql, COMMENT_FIELD)
    assert {topic_id for topic_id, _, _ in found} == set(topics.values())
    assert len(set(topics.values())) == len(COMMENTED)
    for topic_id, label, n_comments in found:
        [subject] = [subject for subject, each in topics.items() if each == topic_id]
        sql = (
            "select count(*), count(*) filter (list_contains(?, comment)) from fct_feedback where comment_topic_id = ?"
        )
        [(n_counted, n_right)] = installation.rows("found", "Shop", sql, texts_about(subject), topic_id)
        assert n_comments == n_counted == n_right > len(texts_about(subject)) / 2
        assert label in texts_about(subject) or subject in label.lower() or "parcel" in label.lower()


def test_no_number_of_messages_is_another_for_comments(installation):
    """The project Other has the same messages and no comments."""
    for mart in OF_MESSAGES:
        sql = f"select count(*), {_digest(installation, mart)} from {mart}"
        of_each = [installation.rows("found", name, sql) for name in ("Shop", "Other")]
        assert of_each[0] == of_each[1], mart
    sql = "select label, n_messages from dim_topics where field = 'prompt' order by all"
    assert installation.rows("found", "Shop", sql) == installation.rows("found", "Other", sql)


def _digest(installation: Installation, mart: str) -> str:
    """An expression over all columns but ids, which are made for each project, and lists of ids."""
    sql = "select column_name, data_type from duckdb_columns() where table_name = ? and database_name = 'memory'"
    columns = installation.rows("found", "Other", sql, mart)
    compared = [name for name, of in columns if "_id" not in name and name != "received_at" and not of.endswith("[]")]
    assert compared, mart
    return f"sum(hash(({', '.join(compared)})))"


def test_renamed_topic_of_comments_has_the_persons_name(installation):
    topic_id = installation.comment_topic("found", COMMENTED[1])
    sql = "select label, label_source, field from dim_topics where topic_id = ?"
    for version in ("edited", "refitted"):
        assert installation.rows(version, "Shop", sql, topic_id) == [("Invoices", "person", COMMENT_FIELD)]
    sql = "select n_messages from dim_topic_edits where topic_id = ?"
    [(n_edited,)] = installation.rows("edited", "Shop", sql, topic_id)
    sql = "select count(*) from fct_feedback where comment_topic_id = ?"
    assert installation.rows("edited", "Shop", sql, topic_id) == [(n_edited,)]


def test_deleted_feedback_is_counted_in_no_topic(installation):
    topic_id = installation.comment_topic("found", COMMENTED[0])
    sql = "select n_messages from dim_topics where topic_id = ?"
    found, edited, undone = (
        installation.rows(version, "Shop", sql, topic_id)[0][0] for version in ("found", "edited", "undone")
    )
    assert found == undone == edited + 1
    sql = "select count(*) from fct_feedback"
    assert installation.rows("edited", "Shop", sql) == [(len(comments()) - 1,)]
