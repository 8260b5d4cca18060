"""Classify the topics of the journey fields in each run: those that are requests, and those that continue a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ml.messages.message_roles import RequestClassifier, TopicUsage, find_continuing
from orchestration.embedding.vectors import VECTORS_PER_CHUNK, as_matrix
from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from ml.embedding.embedders import Embedder


def score_requests(connection: duckdb.DuckDBPyConnection, embedder: Embedder, kept_in: Path | None = None) -> int:
    """Store the probability that a text makes a request, once for each text of a journey field; return the number.

    Args:
        connection: a connection to the warehouse.
        embedder: of the texts' vectors.
        kept_in: folder for what follows from the embedder alone.
    """
    reader = connection.execute(read_sql("read_unscored_vectors"), {"model_id": embedder.model_id}).to_arrow_reader(
        VECTORS_PER_CHUNK
    )
    seeds: RequestClassifier | None = None
    scored: list[pa.Table] = []
    for chunk in reader:
        seeds = seeds or RequestClassifier(embedder, kept_in)
        want = seeds.probability(as_matrix(chunk["vector"]))
        scored.append(pa.table({"text_hash": chunk["text_hash"], "want": want}))
    if not scored:
        return 0
    new_wants = pa.concat_tables(scored)
    connection.register("new_wants", new_wants)
    connection.execute(
        "insert into ml.text_wants by name select ? as model_id, text_hash, want from new_wants", [embedder.model_id]
    )
    connection.unregister("new_wants")
    return len(new_wants)


def classify_roles(connection: duckdb.DuckDBPyConnection, model_id: str) -> int:
    """Classify whether each journey topic's messages continue a step; return the number of topics.

    The previous verdict is favoured. Without vectors of this model no topic continues.
    """
    connection.begin()
    rows = []
    for project_id, field in connection.execute(read_sql("list_journey_fields")).fetchall():
        place = {"project_id": project_id, "field": field, "model_id": model_id}
        found = connection.execute(read_sql("measure_topic_use"), place).fetchall()
        if found:
            topic_ids, n_sessions, n_opened, want, continued, is_settled = zip(*found, strict=True)
            use = TopicUsage(np.array(n_sessions), np.array(n_opened), np.array(want))
            continues = np.where(is_settled, continued, find_continuing(use, np.array(continued))).tolist()
            columns = zip(topic_ids, n_sessions, n_opened, want, continues, strict=True)
            rows += [(project_id, field, *row) for row in columns]
    measured = [topic_id for _, _, topic_id, *_ in rows]
    # A topic of removed texts whose events are set apart for a time could not be measured again.
    connection.execute(
        "delete from ml.topic_roles where list_contains(?, topic_id)"
        " or topic_id not in (select topic_id from ml.removed_texts where topic_id is not null)",
        [measured],
    )
    if rows:
        connection.executemany("insert into ml.topic_roles values (?, ?, ?, ?, ?, ?, ?)", rows)
    connection.commit()
    ((n_topics,),) = connection.execute("select count(*) from ml.topic_roles").fetchall()
    return int(n_topics)
