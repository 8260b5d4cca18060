"""Names of topics in the warehouse: what is new or has changed is named, the rest keeps its name."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from ml.examples import central_texts
from ml.labels import TopicLabel, TopicTexts
from orchestration.sql_files import read_sql
from orchestration.topic_fitting import topic_of_text
from orchestration.vectors import read_corpus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

    from ml.labels import Labeller
    from ml.model import Corpus
    from orchestration.topic_run import TopicRun
    from orchestration.vectors import TextField

N_EXAMPLES = 20
KEPT_LABEL_SIMILARITY = 0.7
"""A topic that shares this much (Jaccard) with itself before the refit keeps its name."""


def name_field(connection: duckdb.DuckDBPyConnection, text_field: TextField, labeller: Labeller, run: TopicRun) -> int:
    """Name the topics of one field that are new or have changed, and refresh the examples of all.

    Returns:
        How many topics were named.
    """
    corpus = read_corpus(connection, text_field, run.model_id)
    members = _members(corpus, topic_of_text(connection, text_field))
    kept = _kept_labels(connection, text_field, run)
    examples = {
        topic_id: central_texts(corpus.vectors[rows], N_EXAMPLES).tolist() for topic_id, rows in members.items()
    }
    topics = [_topic_texts(topic_id, corpus, rows, examples[topic_id]) for topic_id, rows in members.items()]
    unnamed = [topic for topic in topics if topic.topic_id not in kept]
    named = [topic for topic in topics if topic.topic_id in kept]
    taken = [kept[topic.topic_id].label for topic in named]
    new = labeller.label(unnamed, taken, named) if unnamed else []
    labels = {**kept, **{label.topic_id: label for label in new}}
    hashes = {
        topic_id: [corpus.text_hashes[rows[index]] for index in examples[topic_id]]
        for topic_id, rows in members.items()
    }
    _replace_topics(connection, text_field, [labels[topic_id] for topic_id in members], hashes)
    return len(unnamed)


def fields_to_name(
    connection: duckdb.DuckDBPyConnection, fields: Sequence[TextField], run: TopicRun
) -> list[TextField]:
    """Those `fields` that were refitted in this run, have topics without a name, or names that may get better."""
    rows = connection.execute(
        read_sql("list_fields_to_name"), {"run_id": run.run_id, "wants_llm": run.wants_llm}
    ).fetchall()
    stale = set(rows)
    return [text_field for text_field in fields if (text_field.project_id, text_field.field) in stale]


def _members(corpus: Corpus, topic_of_text: Mapping[str, str]) -> dict[str, list[int]]:
    """Rows of the corpus for each topic, in the order of the topics' ids."""
    members: defaultdict[str, list[int]] = defaultdict(list)
    for row, text_hash in enumerate(corpus.text_hashes):
        if topic_id := topic_of_text.get(text_hash):
            members[topic_id].append(row)
    return dict(sorted(members.items()))


def _kept_labels(connection: duckdb.DuckDBPyConnection, text_field: TextField, run: TopicRun) -> dict[str, TopicLabel]:
    rows = connection.execute(
        read_sql("read_kept_labels"),
        {
            "project_id": text_field.project_id,
            "field": text_field.field,
            "run_id": run.run_id,
            "wants_llm": run.wants_llm,
            "least_similarity": KEPT_LABEL_SIMILARITY,
        },
    ).fetchall()
    return {row[0]: TopicLabel(*row) for row in rows}


def _topic_texts(topic_id: str, corpus: Corpus, rows: Sequence[int], examples: Sequence[int]) -> TopicTexts:
    return TopicTexts(
        topic_id=topic_id,
        texts=[corpus.texts[rows[index]] for index in examples],
        all_texts=[corpus.texts[row] for row in rows],
        n_messages=[int(count) for count in np.asarray(corpus.n_messages)[list(rows)]],
        centre=corpus.vectors[list(rows)].mean(axis=0),
    )


def _replace_topics(
    connection: duckdb.DuckDBPyConnection,
    text_field: TextField,
    labels: Sequence[TopicLabel],
    example_hashes: Mapping[str, list[str]],
) -> None:
    connection.begin()
    place = [text_field.project_id, text_field.field]
    connection.execute("delete from ml.topics where project_id = ? and field = ?", place)
    for label in labels:
        connection.execute(
            read_sql("insert_topic"),
            {
                "project_id": text_field.project_id,
                "topic_id": label.topic_id,
                "field": text_field.field,
                "label": label.label,
                "description": label.description,
                "keywords": label.keywords,
                "label_source": label.source,
                "example_text_hashes": example_hashes[label.topic_id],
            },
        )
    connection.commit()
