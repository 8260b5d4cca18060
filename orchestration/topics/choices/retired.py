"""Find the next nearest topic for each text of a retired topic.

The topic model keeps a retired topic with its texts, so that later texts like them join it and no fit offers it again.
In the marts, its messages count for the next nearest topic, or for none if no topic is near enough. Like every edit,
this lies over the model: an undo leaves no trace.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ml.clustering.neighbours import N_VOTERS, NO_GROUP, nearest_in_chunks, vote_share
from ml.topic_definitions import is_typical, place_examples
from orchestration.embedding.vectors import TextField, as_matrix
from orchestration.topics.fitting import read_last_fit, read_reference_chunks, read_reference_texts
from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    import duckdb
    from numpy.typing import NDArray

    from ml.assignment import ReferenceTexts
    from ml.clustering.neighbours import Neighbours


def place_retired_texts(connection: duckdb.DuckDBPyConnection, model_id: str) -> int:
    """Write the topic for which each text of a retired topic counts, after `apply_edits`.

    A text keeps the topic that it was given before while that topic is shown, until the next refit.

    Returns:
        The number of texts of retired topics.
    """
    connection.execute(read_sql("stage_texts_of_retired"))
    connection.begin()
    connection.execute(read_sql("drop_stale_retired_texts"))
    fields = connection.execute("select distinct project_id, field from texts_of_retired order by all").fetchall()
    for project_id, field in fields:
        _RetiredTexts(connection, TextField(project_id, field, 0, 0), model_id).place()
    connection.commit()
    [(n_texts,)] = connection.execute("select count(*) from texts_of_retired").fetchall()
    connection.execute("drop table texts_of_retired")
    return int(n_texts)


@dataclass(frozen=True)
class _RetiredTexts:
    """The texts of the retired topics of one field."""

    connection: duckdb.DuckDBPyConnection
    text_field: TextField
    model_id: str

    def place(self) -> None:
        values = {**self._field, "model_id": self.model_id}
        pool = self.connection.execute(read_sql("read_retired_vectors"), values).to_arrow_table()
        last = read_last_fit(self.connection, self.text_field)
        if not len(pool) or last is None or last.model_id != self.model_id:
            return
        vectors = as_matrix(pool["vector"])
        self.connection.execute(read_sql("stage_shown_texts"), values)
        known = read_reference_texts(self.connection, last.outlier_threshold)
        neighbours = nearest_in_chunks(vectors, read_reference_chunks(self.connection, self.model_id), N_VOTERS)
        placed = self._without_marginal(vectors, place_examples(neighbours, known))
        self.connection.execute("drop table reference_texts")
        columns = {
            "own_hash": pool["own_hash"],
            "topic_id": pa.array(placed, pa.string()),
            "topic_confidence": pa.array(_confidences(placed, neighbours, known), pa.float64(), from_pandas=True),
        }
        self.connection.register("placed_texts", pa.table(columns))
        now = datetime.now(UTC).replace(tzinfo=None)
        self.connection.execute(read_sql("insert_retired_texts"), {**self._field, "placed_at": now})
        self.connection.unregister("placed_texts")

    @property
    def _field(self) -> dict[str, str]:
        return {"project_id": self.text_field.project_id, "field": self.text_field.field}

    def _without_marginal(self, vectors: NDArray[np.float32], placed: list[str | None]) -> list[str | None]:
        """Return the topic of each text, or None if the text is marginal there."""
        ids = np.array(placed, dtype=object)
        for topic_id in sorted({topic_id for topic_id in placed if topic_id is not None}):
            rows = np.flatnonzero(ids == topic_id)
            values = {"model_id": self.model_id, "topic_id": topic_id}
            theirs = as_matrix(
                self.connection.execute(read_sql("read_shown_vectors"), values).to_arrow_table()["vector"]
            )
            ids[rows[~is_typical(vectors[rows], theirs)]] = None
        return list(ids)


def _confidences(placed: list[str | None], neighbours: Neighbours, known: ReferenceTexts) -> NDArray[np.float64]:
    """Return the vote share of each text's topic, 0 to 1; NaN without topic."""
    number = {topic_id: place for place, topic_id in enumerate(known.topic_ids)}
    targets = np.array([NO_GROUP if topic_id is None else number[topic_id] for topic_id in placed], dtype=np.int64)
    if not neighbours.rows.size:
        return np.full(len(placed), np.nan)
    shares = np.clip(vote_share(neighbours, known.labels, targets), 0.0, 1.0)
    return np.where(targets == NO_GROUP, np.nan, shares)
