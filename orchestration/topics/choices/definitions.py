"""Give texts to the topics that people define by examples, once the field has topics that the examples fall into.

From then on, a defined topic is a pinned topic like any other: it keeps its texts in refits, and new texts join it by
the k-NN vote. A definition without such a topic waits, and is tried again in every run.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ml.clustering.neighbours import N_VOTERS, nearest_in_chunks
from ml.topic_definitions import Definition, divide_texts, is_typical, place_examples, topics_of_examples
from ml.tracking.topic_ids import trace_lineage_since
from orchestration.embedding.vectors import TextField, as_matrix
from orchestration.topics.choices.edits import edited_topics
from orchestration.topics.fitting import (
    read_last_fit,
    read_reference_chunks,
    read_reference_texts,
    stage_reference_texts,
)
from orchestration.topics.results import add_lineage
from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import duckdb
    from numpy.typing import NDArray

    from ml.embedding.embedders import Embedder
    from ml.tracking.topic_ids import LineageLink
    from orchestration.topics.run_context import TopicRun


@dataclass(frozen=True)
class _OpenDefinition:
    """A defined topic without texts, or whose examples are to be placed."""

    project_id: str
    field: str
    topic_id: str
    examples: list[str]
    is_narrow: bool


def apply_definitions(connection: duckdb.DuckDBPyConnection, embedder: Embedder, run: TopicRun) -> int:
    """Give texts to each defined topic that has none yet.

    Texts of topics that people edited, defined or set as a goal stay there.

    Returns:
        The number of texts that changed topic.
    """
    found = [_OpenDefinition(*row) for row in connection.execute(read_sql("list_open_definitions")).fetchall()]
    n_moved = 0
    for (project_id, field), definitions in groupby(found, lambda each: (each.project_id, each.field)):
        text_field = TextField(project_id, field, 0, 0)
        n_moved += _FieldDefinitions(connection, text_field, list(definitions), embedder, run).apply()
    return n_moved


def place_definition_examples(connection: duckdb.DuckDBPyConnection, embedder: Embedder, run: TopicRun) -> None:
    """Write the topic that each example of a defined topic falls into now, if texts belong to the topic.

    Neighbours may outvote an example: then messages like it count for another topic, or for none, and people should
    know. Places stay until the field is refitted or a definition takes texts.
    """
    connection.execute(read_sql("drop_stale_placed_examples"))
    found = [_OpenDefinition(*row) for row in connection.execute(read_sql("list_definitions_to_place")).fetchall()]
    for (project_id, field), definitions in groupby(found, lambda each: (each.project_id, each.field)):
        text_field = TextField(project_id, field, 0, 0)
        _FieldDefinitions(connection, text_field, list(definitions), embedder, run).write_places()


@dataclass(frozen=True)
class _FieldDefinitions:
    """The open definitions of one field in one run."""

    connection: duckdb.DuckDBPyConnection
    text_field: TextField
    definitions: list[_OpenDefinition]
    embedder: Embedder
    run: TopicRun

    def apply(self) -> int:
        vectors = [self.embedder.embed(each.examples) for each in self.definitions]
        placed = self._place(np.concatenate(vectors))
        texts = self._read_texts({topic_id for topic_id in placed if topic_id is not None})
        takers: defaultdict[str, list[int]] = defaultdict(list)
        start = 0
        for place, examples in enumerate(vectors):
            own = placed[start : start + len(examples)]
            start += len(examples)
            for topic_id in topics_of_examples(texts.without_marginal(own, examples)):
                takers[topic_id].append(place)
        new = np.array(texts.topic_ids, dtype=object)
        for topic_id, places in takers.items():
            rows = texts.rows(topic_id)
            definitions = [Definition(vectors[place], self.definitions[place].is_narrow) for place in places]
            chosen = divide_texts(texts.vectors[rows], definitions)
            for number, place in enumerate(places):
                new[rows[chosen == number]] = self.definitions[place].topic_id
        return self._write(texts, new.tolist()) if takers else 0

    def write_places(self) -> None:
        """Store the topic of each example, by definition, in the order of its examples; wait while models change."""
        last = read_last_fit(self.connection, self.text_field)
        if last is None or last.model_id != self.run.model_id:
            return
        placed = iter(self._vote(np.concatenate([self.embedder.embed(each.examples) for each in self.definitions])))
        now = datetime.now(UTC).replace(tzinfo=None)
        for each in self.definitions:
            topic_ids = [next(placed) for _ in each.examples]
            self.connection.execute(
                "insert into ml.placed_examples by name select $project_id as project_id, $field as field,"
                " $topic_id as topic_id, $topic_ids::varchar[] as example_topic_ids, $now as placed_at",
                {**self._field, "topic_id": each.topic_id, "topic_ids": topic_ids, "now": now},
            )

    @property
    def _field(self) -> dict[str, str]:
        return {"project_id": self.text_field.project_id, "field": self.text_field.field}

    def _place(self, examples: NDArray[np.float32]) -> list[str | None]:
        """Return the topic that each example falls into; None for those that people edited or use as a goal."""
        kept = edited_topics(self.connection, self.text_field)
        return [None if topic_id in kept else topic_id for topic_id in self._vote(examples)]

    def _vote(self, examples: NDArray[np.float32]) -> list[str | None]:
        """Return the topic that each example falls into, by the vote of its neighbours."""
        last = read_last_fit(self.connection, self.text_field)
        if last is None or last.model_id != self.run.model_id:
            return [None] * len(examples)
        stage_reference_texts(self.connection, self.text_field, self.run.model_id)
        known = read_reference_texts(self.connection, last.outlier_threshold)
        chunks = read_reference_chunks(self.connection, self.run.model_id)
        placed = place_examples(nearest_in_chunks(examples, chunks, N_VOTERS), known)
        self.connection.execute("drop table reference_texts")
        return placed

    def _read_texts(self, topic_ids: Iterable[str]) -> _TopicTexts:
        values = {**self._field, "model_id": self.run.model_id, "topic_ids": sorted(topic_ids)}
        table = self.connection.execute(read_sql("read_topic_vectors"), values).to_arrow_table()
        return _TopicTexts(table["own_hash"].to_pylist(), table["topic_id"].to_pylist(), as_matrix(table["vector"]))

    def _write(self, texts: _TopicTexts, new: list[str]) -> int:
        """Store the new topics and their lineage in one transaction."""
        is_taken = [before != after for before, after in zip(texts.topic_ids, new, strict=True)]
        columns = {"own_hash": texts.hashes, "from_topic_id": texts.topic_ids, "topic_id": new}
        self.connection.register("taken_texts", pa.table(columns).filter(pa.array(is_taken)))
        self.connection.begin()
        self.connection.execute(read_sql("give_texts_to_definitions"), self._field)
        self.connection.execute(
            "delete from ml.placed_examples where project_id = $project_id and field = $field", self._field
        )
        add_lineage(self.connection, self.text_field, _lineage(texts, new), self.run.run_id)
        self.connection.commit()
        self.connection.unregister("taken_texts")
        return sum(is_taken)


@dataclass(frozen=True)
class _TopicTexts:
    """The n own texts of some topics: hashes, topics, and unit vectors, float32 (n, d)."""

    hashes: list[str]
    topic_ids: list[str]
    vectors: NDArray[np.float32]

    def rows(self, topic_id: str) -> NDArray[np.intp]:
        """Return the rows of a topic."""
        return np.flatnonzero(np.array(self.topic_ids, dtype=object) == topic_id)

    def without_marginal(self, placed: Sequence[str | None], examples: NDArray[np.float32]) -> list[str | None]:
        """Return the topic of each example, or None if the example is marginal there."""
        fits = {
            topic_id: is_typical(examples, self.vectors[self.rows(topic_id)])
            for topic_id in set(placed)
            if topic_id is not None
        }
        return [
            topic_id if topic_id is not None and fits[topic_id][place] else None
            for place, topic_id in enumerate(placed)
        ]


def _lineage(texts: _TopicTexts, new: list[str]) -> list[LineageLink]:
    """Trace which topics the defined ones came from; those that lose only some of their texts continue anyway."""
    ids = sorted(set(new))
    number = {topic_id: place for place, topic_id in enumerate(ids)}
    groups = np.array([number[topic_id] for topic_id in new], dtype=np.int64)
    previous = dict(zip(texts.hashes, texts.topic_ids, strict=True))
    return [link for link in trace_lineage_since(previous, texts.hashes, groups, ids) if link.change != "continued"]
