"""The topic model in the warehouse: which topic each text has, and what became of every topic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from ml.model import fit_topics
from orchestration.sql_files import read_sql
from orchestration.topic_edits import edited_topics, pinned_topics
from orchestration.vectors import read_corpus

if TYPE_CHECKING:
    import duckdb

    from ml.model import Corpus, TopicModel
    from orchestration.topic_run import TopicRun
    from orchestration.vectors import TextField


@dataclass(frozen=True)
class FitSummary:
    """What refitting one field gave."""

    n_texts: int
    n_topics: int
    n_noise: int
    n_filler: int


def refit_field(connection: duckdb.DuckDBPyConnection, text_field: TextField, run: TopicRun) -> FitSummary:
    """Fit the topics of one field over all its texts; topics that are found again keep their ids.

    Topics that people pinned keep their texts. Those that people edited in another way may lose and win some, but where
    the fit would end one, it is kept as pinned ones are.
    """
    corpus = read_corpus(connection, text_field, run.model_id)
    previous = topic_of_text(connection, text_field)
    namespace = f"{text_field.project_id}/{text_field.field}"
    pinned, edited = pinned_topics(connection, text_field), edited_topics(connection, text_field)
    model = fit_topics(corpus, previous, seed=run.seed, namespace=namespace, pinned=pinned)
    ended = edited & set(previous.values()) - set(model.topic_ids)
    if ended:
        model = fit_topics(corpus, previous, seed=run.seed, namespace=namespace, pinned=pinned | ended)
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


def topic_of_text(connection: duckdb.DuckDBPyConnection, text_field: TextField) -> dict[str, str]:
    """Topic of each text of the field that has one, by text hash."""
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
