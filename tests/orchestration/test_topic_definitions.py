"""Topics that people define by examples: they wait, take what their examples fall into, and keep it in refits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pytest

from orchestration.embedding.vectors import list_text_fields
from orchestration.topics.choices.definitions import apply_definitions, place_definition_examples
from orchestration.topics.fitting import update_field
from orchestration.topics.results import topic_of_text
from orchestration.topics.run_context import TopicRun
from orchestration.warehouse.resource import create_tables
from tests.factories.message_tables import create_message_tables
from tests.factories.planted_topics import Planted, make_corpus, plant_topics

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

SIZE = 40
OURS = "top_ours"
THEIRS = "top_theirs"


class PlantedEmbedder:
    """Gives the vectors of planted texts, said or not."""

    model_id = "planted"
    dimensions = 48

    def __init__(self, *planted: Planted) -> None:
        self._vectors = {
            text: vector
            for each in planted
            for text, vector in zip(each.corpus.texts, each.corpus.vectors, strict=True)
        }

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed planted texts."""
        return np.array([self._vectors[text] for text in texts], dtype=np.float32)

    def count_long(self, texts: Sequence[str]) -> int:
        """Count nothing: planted texts are short."""
        del texts
        return 0


class Field:
    """The one text field of a project, its runs, and what people define in it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self._n_runs = 0
        create_tables(connection)
        create_message_tables(connection)

    def say(self, planted: Planted) -> None:
        corpus = planted.corpus
        for text, text_hash, vector in zip(corpus.texts, corpus.text_hashes, corpus.vectors, strict=True):
            self.connection.execute(
                "insert into intermediate.int_messages__extracted values ('prj_1', ?, 'prompt', ?, ?, ?)",
                [f"event of {text}", text, text_hash, f"user of {text}"],
            )
            self.connection.execute(
                "insert into ml.embeddings values (?, ?, ?)", ["planted", text_hash, vector.tolist()]
            )

    def define(self, topic_id: str, examples: Planted, scope: str = "topics") -> None:
        self.connection.execute(
            "insert into raw.topic_choices by name select 'prj_1' as project_id, 'prompt' as field, ? as topic_id,"
            " ? as label, false as is_hidden, 'kept' as state, ? as examples, ? as example_scope",
            [topic_id, topic_id, examples.corpus.texts, scope],
        )

    def run(self, *examples: Planted) -> int:
        """Judge what is new; return how many texts the definitions took."""
        self._n_runs += 1
        (text_field,) = list_text_fields(self.connection)
        run = TopicRun(run_id=f"run_{self._n_runs}", model_id="planted", seed=0, uses_llm=False)
        if text_field.n_pending:
            update_field(self.connection, text_field, run)
        n_taken = apply_definitions(self.connection, PlantedEmbedder(*examples), run)
        place_definition_examples(self.connection, PlantedEmbedder(*examples), run)
        return n_taken

    def topics_of(self, planted: Planted) -> list[str | None]:
        (text_field,) = list_text_fields(self.connection)
        found = topic_of_text(self.connection, text_field)
        return [found.get(text_hash) for text_hash in planted.corpus.text_hashes]

    def placed_examples(self) -> list[tuple[Any, ...]]:
        sql = "select topic_id, example_topic_ids, placed_at from ml.placed_examples"
        return self.connection.execute(sql).fetchall()

    def lineage(self) -> set[tuple[str | None, str | None, str]]:
        rows = self.connection.execute(
            "select from_topic_id, to_topic_id, change from ml.topic_lineage where run_id = ?", [f"run_{self._n_runs}"]
        )
        return set(rows.fetchall())


@pytest.fixture
def field() -> Iterator[Field]:
    with duckdb.connect() as connection:
        yield Field(connection)


def unsaid(topic: int, n_examples: int = 3) -> Planted:
    """Examples of a planted topic that nobody said."""
    return plant_topics([topic], n_examples, first=1_000)


def test_apply_definitions_takes_the_topic_of_the_examples_and_keeps_it(field: Field):
    said = plant_topics(range(8), SIZE)
    field.define(OURS, unsaid(3))
    field.say(said)
    assert field.run(unsaid(3)) == SIZE
    topics = field.topics_of(said)
    assert {topics[row] for row in np.flatnonzero(said.truth == 3)} == {OURS}
    assert OURS not in {topics[row] for row in np.flatnonzero(said.truth != 3)}
    (link,) = [link for link in field.lineage() if link[1] == OURS]
    assert link[2] == "merged"
    before = dict(zip(said.corpus.text_hashes, topics, strict=True))
    more = plant_topics(range(8), 20, first=SIZE)
    field.say(more)
    assert field.run(unsaid(3)) == 0
    assert field.lineage() == {(topic_id, topic_id, "continued") for topic_id in set(before.values())}
    assert set(np.array(field.topics_of(more))[more.truth == 3]) == {OURS}


def test_examples_that_their_neighbours_outvote_are_noted_once_and_again_after_a_refit(field: Field):
    two, one = unsaid(3, 2).corpus, unsaid(5, 1).corpus
    corpus = make_corpus([*two.texts, *one.texts], np.concatenate([two.vectors, one.vectors]))
    examples = Planted(corpus, np.array([3, 3, 5]))
    field.define(OURS, examples)
    said = plant_topics(range(8), SIZE)
    field.say(said)
    assert field.run(examples) == SIZE
    fifth = next(topic for topic, truth in zip(field.topics_of(said), said.truth, strict=True) if truth == 5)
    (first,) = field.placed_examples()
    assert first[:2] == (OURS, [OURS, OURS, fifth])
    field.run(examples)
    assert field.placed_examples() == [first]
    field.connection.execute("update ml.topic_fits set recorded_at = recorded_at + interval 1 hour")
    field.run(examples)
    (again,) = field.placed_examples()
    assert again[:2] == first[:2]
    assert again[2] > first[2]
    field.connection.execute("delete from raw.topic_choices")
    field.run(examples)
    assert field.placed_examples() == []


def test_apply_definitions_waits_until_somebody_says_it(field: Field):
    field.define(OURS, unsaid(9))
    assert not list_text_fields(field.connection)
    field.say(plant_topics(range(8), SIZE))
    assert field.run(unsaid(9)) == 0
    assert field.run(unsaid(9)) == 0
    said = plant_topics([9], SIZE)
    field.say(said)
    assert field.run(unsaid(9)) == SIZE
    assert set(field.topics_of(said)) == {OURS}


def test_apply_definitions_closest_leaves_the_rest_of_the_topic(field: Field):
    said = plant_topics(range(4), SIZE, spread=0.1)
    examples = plant_topics([2], 4, spread=0.1)
    field.say(said)
    field.run()
    (former,) = set(field.topics_of(examples))
    field.define(OURS, examples, "closest")
    n_taken = field.run(examples)
    assert 4 <= n_taken < SIZE
    assert set(field.topics_of(examples)) == {OURS}
    assert set(np.array(field.topics_of(said))[said.truth == 2]) == {OURS, former}
    assert field.lineage() == {(former, OURS, "split")}


def test_apply_definitions_divides_a_topic_that_two_definitions_take(field: Field):
    said = plant_topics(range(4), SIZE)
    field.say(said)
    field.run()
    ours, theirs = plant_topics([1], 2), plant_topics([1], 2, first=2)
    field.define(OURS, ours)
    field.define(THEIRS, theirs)
    assert field.run(ours, theirs) == SIZE
    assert set(np.array(field.topics_of(said))[said.truth == 1]) == {OURS, THEIRS}
    assert (set(field.topics_of(ours)), set(field.topics_of(theirs))) == ({OURS}, {THEIRS})


def test_apply_definitions_leaves_topics_that_people_edited(field: Field):
    said = plant_topics(range(4), SIZE)
    field.say(said)
    field.run()
    (edited,) = set(field.topics_of(plant_topics([1], 3)))
    field.connection.execute(
        "insert into raw.topic_choices by name select 'prj_1' as project_id, 'prompt' as field, ? as topic_id,"
        " 'Named' as label, false as is_hidden, 'proposed' as state",
        [edited],
    )
    field.define(OURS, unsaid(1))
    assert field.run(unsaid(1)) == 0
    assert OURS not in field.topics_of(said)
