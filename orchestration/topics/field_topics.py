"""Read the topics of one field from the warehouse: their texts, centres and typical examples."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from contracts.events import COMMENT_FIELD
from ml.clustering.examples import representative_texts
from ml.naming.labellers import TopicTexts
from ml.naming.topic_sample import MIN_USERS
from orchestration.embedding.vectors import read_corpus
from orchestration.topics.results import topic_of_text
from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb
    from numpy.typing import NDArray

    from ml.corpus import Corpus
    from ml.naming.labellers import Labeller
    from orchestration.embedding.vectors import TextField

N_EXAMPLES = 20


@dataclass(frozen=True)
class FieldTopic:
    """A topic with the input for its name and its area.

    Args:
        texts: the labeller's input.
        centre: float32 (d,), mean of the texts' unit vectors.
        example_hashes: hashes of the typical texts, the most typical first.
    """

    texts: TopicTexts
    centre: NDArray[np.float32]
    example_hashes: list[str]


def read_field_topics(
    connection: duckdb.DuckDBPyConnection, text_field: TextField, model_id: str
) -> dict[str, FieldTopic]:
    """Read the field's topics by id, in the order of the ids."""
    corpus = read_corpus(connection, text_field, model_id)
    said = _read_users(connection, text_field)
    members = _members(corpus, topic_of_text(connection, text_field))
    noun = "comments" if text_field.field == COMMENT_FIELD else "messages"
    return {topic_id: _field_topic(topic_id, corpus, said, np.array(rows), noun) for topic_id, rows in members.items()}


def _members(corpus: Corpus, topic_of_text: Mapping[str, str]) -> dict[str, list[int]]:
    """Return the rows of the corpus of each topic, in the order of the topics' ids."""
    members: defaultdict[str, list[int]] = defaultdict(list)
    for row, text_hash in enumerate(corpus.text_hashes):
        if topic_id := topic_of_text.get(text_hash):
            members[topic_id].append(row)
    return dict(sorted(members.items()))


def _read_users(connection: duckdb.DuckDBPyConnection, text_field: TextField) -> dict[str, tuple[list[str], str]]:
    """Read some of the users of each text, as many as a name must have, and the hash of one message of each."""
    values = {"project_id": text_field.project_id, "field": text_field.field, "most": MIN_USERS}
    rows = connection.execute(read_sql("read_text_users"), values).fetchall()
    return {own_hash: (users, text_hash) for own_hash, users, text_hash in rows}


def _field_topic(
    topic_id: str, corpus: Corpus, said: Mapping[str, tuple[list[str], str]], rows: NDArray[np.intp], noun: str
) -> FieldTopic:
    vectors = corpus.vectors[rows]
    centre = vectors.mean(axis=0)
    examples = [int(row) for row in rows[representative_texts(vectors, N_EXAMPLES)]]
    texts = TopicTexts(
        topic_id=topic_id,
        texts=[corpus.texts[row] for row in examples],
        all_texts=[corpus.texts[row] for row in rows],
        n_messages=[int(count) for count in corpus.n_messages[rows]],
        centre=centre,
        vectors=vectors,
        users=[said[corpus.text_hashes[row]][0] for row in rows],
        noun=noun,
    )
    return FieldTopic(texts, centre, [said[corpus.text_hashes[row]][1] for row in examples])


def name_candidate_topics(
    connection: duckdb.DuckDBPyConnection,
    text_field: TextField,
    corpus: Corpus,
    topic_ids: Sequence[str | None],
    labeller: Labeller,
) -> dict[str, str]:
    """Name the topics of a fit that are not live, by their own messages; their names differ from those of live topics.

    Args:
        connection: the warehouse.
        text_field: the field.
        corpus: the n texts of the fit.
        topic_ids: topic of each text, or None.
        labeller: names them.
    """
    place = [text_field.project_id, text_field.field]
    live = dict(
        connection.execute("select topic_id, label from ml.topics where project_id = ? and field = ?", place).fetchall()
    )
    said = _read_users(connection, text_field)
    found = {text_hash: topic_id for text_hash, topic_id in zip(corpus.text_hashes, topic_ids, strict=True) if topic_id}
    members = {topic_id: rows for topic_id, rows in _members(corpus, found).items() if topic_id not in live}
    topics = [
        _field_topic(topic_id, corpus, said, np.array(rows), "messages").texts for topic_id, rows in members.items()
    ]
    return {label.topic_id: label.label for label in labeller.label(topics, list(live.values()))} if topics else {}
