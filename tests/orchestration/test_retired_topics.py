"""Topics that people retire: their texts count for the next nearest one or for none, and no refit offers them again."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pytest

from orchestration.embedding.vectors import list_text_fields
from orchestration.topics.choices.edits import apply_edits
from orchestration.topics.choices.retired import place_retired_texts
from orchestration.topics.fitting import update_field
from orchestration.topics.results import topic_of_text
from orchestration.topics.run_context import TopicRun
from orchestration.warehouse.resource import create_tables
from tests.factories.message_tables import create_message_tables
from tests.factories.planted_topics import Planted, plant_topics

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZE = 40


class Field:
    """The one text field of a project, its runs, and the topics that people retired in it."""

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

    def choose(self, topic_id: str, **chosen: str) -> None:
        """Replace what people chose for a topic."""
        row = {"state": "proposed", "merged_into_topic_id": None, **chosen}
        self.connection.execute("delete from raw.topic_choices where topic_id = ?", [topic_id])
        self.connection.execute(
            "insert into raw.topic_choices by name select 'prj_1' as project_id, 'prompt' as field, ? as topic_id,"
            " ? as state, ? as merged_into_topic_id, false as is_hidden",
            [topic_id, row["state"], row["merged_into_topic_id"]],
        )

    def run(self) -> int:
        """Judge what is new and apply the choices; return the number of texts of retired topics."""
        self._n_runs += 1
        (text_field,) = list_text_fields(self.connection)
        run = TopicRun(run_id=f"run_{self._n_runs}", model_id="planted", seed=0, uses_llm=False)
        if text_field.n_pending:
            update_field(self.connection, text_field, run)
        self.connection.execute(
            "insert into ml.topics by name select distinct project_id, field, topic_id, topic_id as label, 0 as level"
            " from ml.text_topics where topic_id not in (select topic_id from ml.topics)"
        )
        apply_edits(self.connection)
        return place_retired_texts(self.connection, "planted")

    def topics_of(self, planted: Planted) -> list[str | None]:
        """The topics that the model found."""
        (text_field,) = list_text_fields(self.connection)
        found = topic_of_text(self.connection, text_field)
        return [found.get(text_hash) for text_hash in planted.corpus.text_hashes]

    def given(self) -> Counter[str | None]:
        """How many texts of retired topics count for each topic instead."""
        rows = self.connection.execute("select topic_id, count(*) from ml.retired_texts group by topic_id").fetchall()
        return Counter(dict(rows))


@pytest.fixture
def field() -> Iterator[Field]:
    with duckdb.connect() as connection:
        yield Field(connection)


def two_halves_of_a_cloud(field: Field) -> tuple[str, str]:
    """Eight clouds, the last of which somebody keeps as two topics; return these two."""
    said = plant_topics(range(8), SIZE)
    field.say(said)
    field.run()
    whole = field.topics_of(said)[-1]
    assert whole is not None
    half = [text_hash for text_hash, topic in zip(said.corpus.text_hashes, said.truth, strict=True) if topic == 7][::2]
    field.connection.execute(
        "update ml.text_topics set topic_id = 'top_half' where list_contains(?, text_hash)", [half]
    )
    return whole, "top_half"


def test_texts_of_a_retired_topic_count_for_the_next_nearest_one_and_undo_leaves_nothing(field: Field):
    whole, half = two_halves_of_a_cloud(field)
    field.choose(half, state="retired")
    assert field.run() == SIZE // 2
    assert set(field.given()) <= {whole, None}
    assert field.given()[whole] >= 0.9 * SIZE // 2
    shares = field.connection.execute(
        "select distinct topic_confidence from ml.retired_texts where topic_id = ?", [whole]
    )
    assert shares.fetchall() == [(1.0,)]
    field.choose(half, state="proposed")
    assert field.run() == 0
    assert not field.given()


def test_texts_of_a_retired_topic_without_a_near_one_count_for_none(field: Field):
    said = plant_topics(range(8), SIZE)
    field.say(said)
    field.run()
    topic_id = field.topics_of(said)[0]
    assert topic_id is not None
    field.choose(topic_id, state="retired")
    assert field.run() == SIZE
    assert field.given() == {None: SIZE}
    near = plant_topics([0], 12, first=500, spread=0.061)
    field.say(near)
    field.run()
    assert set(field.topics_of(near)) == {topic_id}
    assert field.given() == {None: SIZE + 12}


def test_texts_stay_when_the_topic_that_took_them_is_merged_and_go_when_it_is_retired_too(field: Field):
    whole, half = two_halves_of_a_cloud(field)
    field.choose(half, state="retired")
    field.run()
    given = field.given()
    field.choose(whole, merged_into_topic_id=str(field.topics_of(plant_topics([0], 1))[0]))
    field.run()
    assert field.given() == given
    field.choose(whole, state="retired")
    assert field.run() == SIZE
    assert field.given() == {None: SIZE}


def test_no_refit_offers_a_retired_topic_again(field: Field):
    said = plant_topics(range(8), SIZE)
    field.say(said)
    field.run()
    topic_id = field.topics_of(said)[0]
    assert topic_id is not None
    field.choose(topic_id, state="retired")
    field.run()
    more = plant_topics([0, 3], 3 * SIZE, first=SIZE)
    field.say(more)
    field.run()
    refits = field.connection.execute("select is_refit from ml.topic_fits order by recorded_at").fetchall()
    assert refits == [(True,), (True,)]
    for texts in (said, more):
        assert set(np.array(field.topics_of(texts), dtype=object)[texts.truth == 0]) == {topic_id}
