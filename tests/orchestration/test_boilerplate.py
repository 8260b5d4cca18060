"""Boilerplate of a field in the warehouse: found once, kept, only added to; topics are made of what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pytest

from orchestration.embedding.boilerplate import separate_boilerplate
from orchestration.embedding.vectors import embed_missing, list_text_fields, read_corpus
from orchestration.topics.field_topics import read_field_topics
from orchestration.topics.fitting import update_field
from orchestration.topics.results import topic_of_text
from orchestration.topics.run_context import TopicRun
from orchestration.warehouse.resource import create_tables
from tests.factories.message_tables import create_message_tables
from tests.factories.warehouse_factory import text_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from orchestration.topics.results import FieldRun

THINGS = ("password", "weather", "cake", "flight")
SAID = [
    f"{opening} {thing}{ending}"
    for opening in ("Where is the", "How do I change my", "I want another", "Who takes care of a", "Cancel that")
    for thing in THINGS
    for ending in ("", " today", ", please, I have waited for it", "?")
]
FIRST = "You are the assistant of a shop and answer in one short sentence only.\nQuestion: "
SECOND = "Read the whole conversation below, think it over, and give one answer.\nUser: "


class ThingEmbedder:
    """Knows which of the things a text is about, and reads 60 characters."""

    model_id = "things"
    dimensions = len(THINGS) + 1

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.array([[float(thing in text) for thing in THINGS] + [0.1] for text in texts])
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    def count_long(self, texts: Sequence[str]) -> int:
        return sum(len(text) > 60 for text in texts)


class Field:
    """The one text field of a project, and the runs over it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.told: list[str] = []
        self.n_runs = 0
        create_tables(connection)
        create_message_tables(connection)

    def say(self, texts: Iterable[str]) -> None:
        self.connection.executemany(
            "insert into intermediate.int_messages__extracted values ('prj_1', ?, 'prompt', ?, ?, ?)",
            [[f"{self.n_runs:06} {text}", text, text_hash(text), f"user of {text}"] for text in texts],
        )

    def run(self) -> FieldRun:
        self.n_runs += 1
        separate_boilerplate(self.connection, ThingEmbedder(), self.told.append)
        embed_missing(self.connection, ThingEmbedder())
        (text_field,) = list_text_fields(self.connection)
        return update_field(self.connection, text_field, TopicRun(f"run_{self.n_runs}", "things", 0, uses_llm=False))

    def own_texts(self) -> set[str]:
        (text_field,) = list_text_fields(self.connection)
        return set(read_corpus(self.connection, text_field, "things").texts)

    def verdict(self, text: str) -> tuple[str, str | None, str | None]:
        (row,) = self.connection.execute(
            "select topic_status, topic_id, topic_reason from ml.text_topics where text_hash = ?", [text_hash(text)]
        ).fetchall()
        return row


@pytest.fixture
def field() -> Iterator[Field]:
    """Eighty texts behind one prompt, judged."""
    with duckdb.connect() as connection:
        field = Field(connection)
        field.say([FIRST + said for said in SAID])
        assert field.run().reason == "first fit"
        yield field


def test_separate_boilerplate_what_is_left_is_embedded_judged_and_named(field: Field):
    assert field.own_texts() == set(SAID)
    assert field.told == ["prj_1: nearly all texts in 'prompt' share 72% of their characters, which topics ignore"]
    (text_field,) = list_text_fields(field.connection)
    topics = read_field_topics(field.connection, text_field, "things")
    assert sorted(len(topic.texts.all_texts) for topic in topics.values()) == [20, 20, 20, 20]
    shown = {text_hash(FIRST + said) for said in SAID}
    assert all(set(topic.example_hashes) <= shown for topic in topics.values())
    assert field.connection.execute("select n_texts, long_share from ml.boilerplate").fetchall() == [(80, 1.0)]


def test_separate_boilerplate_texts_that_say_the_same_of_their_own_are_judged_as_one(field: Field):
    again = [FIRST.upper() + SAID[0], f"  {FIRST}{SAID[0]}\n"]
    field.say([*again, FIRST])
    field.run()
    assert field.own_texts() == {*SAID, ""}
    assert [field.verdict(text) for text in again] == [field.verdict(FIRST + SAID[0])] * 2
    assert field.verdict(FIRST) == ("filler", None, "nothing but what nearly all messages share")


def test_separate_boilerplate_later_texts_change_no_vector_and_no_topic(field: Field):
    (text_field,) = list_text_fields(field.connection)
    statement = "select text_hash, vector from ml.embeddings"
    vectors = dict(field.connection.execute(statement).fetchall())
    before = topic_of_text(field.connection, text_field)
    field.say([f"{said} tomorrow" for said in SAID[:8]])
    assert field.run().reason != "other boilerplate"
    now = dict(field.connection.execute(statement).fetchall())
    assert len(now) == len(vectors) + 8
    assert now.items() >= vectors.items()
    assert before.items() <= topic_of_text(field.connection, text_field).items()


def test_separate_boilerplate_another_prompt_is_found_among_the_new_texts_and_the_first_stays(field: Field):
    new = [f"{said} {('again', 'soon', 'tomorrow')[n % 3]}" for n, said in enumerate(SAID[:60])]
    field.say([SECOND + said for said in new])
    assert field.run().reason == "other boilerplate"
    assert field.own_texts() == {*SAID, *new}
    field.say([f"{SECOND}Please, {said}" for said in new])
    assert field.run().reason != "other boilerplate"
    assert len(field.told) == 2


def test_separate_boilerplate_of_deleted_texts_nothing_is_kept(field: Field):
    field.connection.execute("delete from intermediate.int_messages__extracted where text != ?", [FIRST + SAID[0]])
    separate_boilerplate(field.connection, ThingEmbedder())
    assert field.connection.execute("select own_text from ml.own_texts").fetchall() == [(SAID[0],)]
    field.connection.execute("delete from intermediate.int_messages__extracted")
    separate_boilerplate(field.connection, ThingEmbedder())
    assert field.connection.execute("select * from ml.boilerplate").fetchall() == []
