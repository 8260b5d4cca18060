"""The topic model in the warehouse: refit where new texts wait, and name what is new or has changed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ml.examples import central_texts
from ml.labels import TopicLabel, TopicTexts
from ml.model import fit_topics
from orchestration.sql_files import read_sql
from orchestration.vectors import read_corpus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

    from ml.labels import Labeller
    from ml.model import Corpus, TopicModel
    from orchestration.vectors import TextField

N_EXAMPLES = 20
KEPT_LABEL_SIMILARITY = 0.7
"""A topic that shares this much (Jaccard) with itself before the refit keeps its name."""


@dataclass(frozen=True)
class TopicRun:
    """What holds for every field of one run.

    Args:
        run_id: The run; lineage is recorded under it.
        model_id: Embedding model whose vectors are used.
        seed: Of everything random.
        wants_llm: Whether a model is there that may better names made of keyphrases.
    """

    run_id: str
    model_id: str
    seed: int
    wants_llm: bool


@dataclass(frozen=True)
class FitSummary:
    """What refitting one field gave."""

    n_texts: int
    n_topics: int
    n_noise: int
    n_filler: int


def refit_field(connection: duckdb.DuckDBPyConnection, text_field: TextField, run: TopicRun) -> FitSummary:
    """Fit the topics of one field over all its texts; topics that are found again keep their ids."""
    corpus = read_corpus(connection, text_field, run.model_id)
    previous = _topic_of_text(connection, text_field)
    model = fit_topics(corpus, previous, seed=run.seed, namespace=f"{text_field.project_id}/{text_field.field}")
    connection.begin()
    _replace_text_topics(connection, text_field, corpus, model)
    _add_lineage(connection, text_field, model, run.run_id)
    connection.commit()
    return FitSummary(
        n_texts=len(corpus.texts),
        n_topics=len({topic_id for topic_id in model.topic_ids if topic_id}),
        n_noise=model.statuses.count("noise"),
        n_filler=model.statuses.count("filler"),
    )


def drop_vanished_fields(connection: duckdb.DuckDBPyConnection) -> None:
    """Forget the topics of fields that are no text any more, or whose project lost all its texts."""
    for table in ("text_topics", "topics"):
        connection.execute(read_sql(f"drop_vanished_{table}"))


def _topic_of_text(connection: duckdb.DuckDBPyConnection, text_field: TextField) -> dict[str, str]:
    rows = connection.execute(read_sql("read_text_topics"), [text_field.project_id, text_field.field]).fetchall()
    return dict(rows)


def _replace_text_topics(
    connection: duckdb.DuckDBPyConnection, text_field: TextField, corpus: Corpus, model: TopicModel
) -> None:
    n_texts = len(corpus.texts)
    table = pa.table(
        {
            "project_id": pa.array([text_field.project_id] * n_texts, pa.string()),
            "field": pa.array([text_field.field] * n_texts, pa.string()),
            "text_hash": pa.array(corpus.text_hashes, pa.string()),
            "topic_id": pa.array(model.topic_ids, pa.string()),
            "topic_status": pa.array(model.statuses, pa.string()),
            "topic_confidence": pa.array(model.confidences, pa.float64(), from_pandas=True),
        }
    )
    place = [text_field.project_id, text_field.field]
    connection.execute("delete from ml.text_topics where project_id = ? and field = ?", place)
    connection.register("new_text_topics", table)
    connection.execute("insert into ml.text_topics select * from new_text_topics")
    connection.unregister("new_text_topics")


def _add_lineage(connection: duckdb.DuckDBPyConnection, text_field: TextField, model: TopicModel, run_id: str) -> None:
    place = [text_field.project_id, text_field.field, run_id]
    connection.execute("delete from ml.topic_lineage where project_id = ? and field = ? and run_id = ?", place)
    recorded_at = datetime.now(UTC).replace(tzinfo=None)
    for link in model.lineage:
        connection.execute(
            "insert into ml.topic_lineage values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                *place,
                link.from_topic_id,
                link.to_topic_id,
                link.change,
                link.n_texts_shared,
                link.similarity,
                recorded_at,
            ],
        )


def name_field(connection: duckdb.DuckDBPyConnection, text_field: TextField, labeller: Labeller, run: TopicRun) -> int:
    """Name the topics of one field that are new or have changed, and refresh the examples of all.

    Returns:
        How many topics were named.
    """
    corpus = read_corpus(connection, text_field, run.model_id)
    members = _members(corpus, _topic_of_text(connection, text_field))
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
