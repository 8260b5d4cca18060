"""Topics and areas in the warehouse: both levels named, every topic in one area, and what stays from run to run."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pytest

from ml.naming.labellers import MessageLabeller, TopicLabel, TopicTexts
from orchestration.embedding.vectors import TextField
from orchestration.topics.naming import fields_to_name, name_field
from orchestration.topics.run_context import TopicRun
from orchestration.warehouse.resource import create_tables
from tests.factories.message_tables import create_message_tables

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

SUBJECTS = {
    "travel": ["book flight", "cancel flight", "change seat"],
    "money": ["send money", "lost card", "check balance"],
    "home": ["dim lights", "lock doors", "feed cat"],
    "odd": ["write poem"],
}
PLACE = TextField("prj_1", "prompt", 0, 0)
RUN = TopicRun(run_id="run_1", model_id="planted", seed=0, uses_llm=False)


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """Ten topics of four subjects, judged and not yet named."""
    with duckdb.connect() as connection:
        create_tables(connection)
        create_message_tables(connection)
        rng = np.random.default_rng(1)
        for axis, (subject, names) in enumerate(SUBJECTS.items()):
            for name in names:
                _plant(connection, name, 8 * np.eye(24)[axis] + rng.normal(size=24), f"{subject} {name}")
        yield connection


def test_name_field_every_topic_gets_an_area_and_both_levels_a_name(warehouse: duckdb.DuckDBPyConnection):
    n_named = name_field(warehouse, PLACE, MessageLabeller(), RUN)
    assert n_named == 10 + len(_areas(warehouse))
    assert {frozenset(topics) for topics in _areas(warehouse).values()} == {
        frozenset(f"top_{name}" for name in names) for names in SUBJECTS.values()
    }
    rows = warehouse.execute("select label, description, example_text_hashes from ml.topics").fetchall()
    assert all(label and description and examples for label, description, examples in rows)


def test_name_field_area_of_one_topic_has_its_name_and_no_other_name_is_given_twice(
    warehouse: duckdb.DuckDBPyConnection,
):
    name_field(warehouse, PLACE, MessageLabeller(), RUN)
    (area,) = _column(warehouse, "select parent_topic_id from ml.topics where topic_id = 'top_write poem'")
    (poem,) = _column(warehouse, "select label from ml.topics where topic_id = 'top_write poem'")
    labels = _column(warehouse, f"select lower(label) from ml.topics where topic_id != '{area}'")
    assert _column(warehouse, f"select label from ml.topics where topic_id = '{area}'") == [poem]
    assert len(set(labels)) == len(labels)


def test_name_field_again_names_nothing_and_changes_nothing(warehouse: duckdb.DuckDBPyConnection):
    name_field(warehouse, PLACE, MessageLabeller(), RUN)
    before = warehouse.execute("select * from ml.topics order by all").fetchall()
    assert name_field(warehouse, PLACE, RefusingLabeller(), RUN) == 0
    assert warehouse.execute("select * from ml.topics order by all").fetchall() == before
    assert fields_to_name(warehouse, [PLACE], RUN) == []


def test_name_field_new_topic_out_of_an_old_one_joins_its_area(warehouse: duckdb.DuckDBPyConnection):
    name_field(warehouse, PLACE, MessageLabeller(), RUN)
    before = _areas(warehouse)
    warehouse.execute("update ml.text_topics set topic_id = 'top_new' where topic_id = 'top_lost card'")
    warehouse.execute(
        "insert into ml.topic_lineage values"
        " ('prj_1', 'prompt', 'run_1', 'top_lost card', 'top_new', 'split', 4, 0.1, timestamp '2026-01-01')"
    )
    name_field(warehouse, PLACE, MessageLabeller(), RUN)
    assert {area: {topic.replace("lost card", "new") for topic in topics} for area, topics in before.items()} == _areas(
        warehouse
    )


def test_name_field_area_keeps_its_name_while_it_keeps_most_of_its_texts(warehouse: duckdb.DuckDBPyConnection):
    name_field(warehouse, PLACE, MessageLabeller(), RUN)
    area_of = dict(warehouse.execute("select topic_id, parent_topic_id from ml.topics where level = 0").fetchall())
    home, money = area_of["top_dim lights"], area_of["top_send money"]
    warehouse.execute("update ml.topics set label = 'Before ' || topic_id where level = 1")
    warehouse.execute("update ml.topics set parent_topic_id = ? where topic_id = 'top_lock doors'", [money])
    name_field(warehouse, PLACE, MessageLabeller(), RUN)
    labels = dict(warehouse.execute("select topic_id, label from ml.topics where level = 1").fetchall())
    assert labels[money] == f"Before {money}", "it gave away a quarter"
    assert labels[home] != f"Before {home}", "it grew by a half"


def test_name_field_few_topics_have_no_area(warehouse: duckdb.DuckDBPyConnection):
    warehouse.execute("delete from ml.text_topics where topic_id not in ('top_book flight', 'top_lost card')")
    name_field(warehouse, PLACE, MessageLabeller(), RUN)
    assert _column(warehouse, "select parent_topic_id from ml.topics") == [None, None]


class RefusingLabeller:
    """Nothing is to be named."""

    def label(
        self, topics: Sequence[TopicTexts], taken: Collection[str] = (), siblings: Sequence[TopicTexts] = ()
    ) -> list[TopicLabel]:
        raise AssertionError([topic.topic_id for topic in topics], taken, siblings)


def _plant(connection: duckdb.DuckDBPyConnection, name: str, direction: np.ndarray, words: str) -> None:
    rng = np.random.default_rng(len(name))
    for number in range(4):
        text = f"please {words} number {number}"
        text_hash = hashlib.sha256(text.encode()).hexdigest()[:32]
        vector = direction + 0.2 * rng.normal(size=len(direction))
        vector /= np.linalg.norm(vector)
        connection.execute("insert into ml.embeddings values ('planted', ?, ?)", [text_hash, vector.tolist()])
        connection.execute(
            "insert into intermediate.int_messages__extracted values ('prj_1', ?, 'prompt', ?, ?, ?)",
            [text_hash, text, text_hash, f"user_{number}"],
        )
        connection.execute(
            "insert into ml.text_topics values ('prj_1', 'prompt', ?, ?, 'assigned', 1, null)",
            [text_hash, f"top_{name}"],
        )


def _areas(connection: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
    """Topics of each area; every parent must be there as an area."""
    rows = connection.execute(
        "select areas.topic_id, list(topics.topic_id) from ml.topics as areas"
        " join ml.topics as topics on topics.parent_topic_id = areas.topic_id"
        " where areas.level = 1 and areas.parent_topic_id is null and topics.level = 0 group by 1"
    ).fetchall()
    assert len(rows) == len(_column(connection, "select 1 from ml.topics where level = 1"))
    assert sum(len(topics) for _, topics in rows) == len(_column(connection, "select 1 from ml.topics where level = 0"))
    return {area: set(topics) for area, topics in rows}


def _column(connection: duckdb.DuckDBPyConnection, sql: str) -> list[object]:
    return [row[0] for row in connection.execute(sql).fetchall()]
