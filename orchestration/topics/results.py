"""Write the results of the topic model to the warehouse: a verdict for each text, lineage, and a record of the run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import duckdb
    import numpy as np
    from numpy.typing import NDArray

    from ml.assignment import Assignment
    from ml.topic_model import TopicModel
    from ml.tracking.topic_ids import LineageLink
    from orchestration.embedding.vectors import TextField
    from orchestration.topics.run_context import TopicRun


@dataclass(frozen=True)
class FieldRun:
    """What a run did to one field.

    Args:
        is_refit: whether all texts were fitted again.
        reason: the reason of a refit, or why one is due and waits for people; or None.
        n_texts: number of distinct texts with a verdict.
        n_new: number of new texts among them.
        n_waiting: number of pending texts.
        n_born: number of topics born.
        confidence: mean confidence of the texts that were assigned in this run, or None without any.
        outlier_threshold: similarity to the nearest text below which a text is an outlier.
    """

    is_refit: bool
    reason: str | None
    n_texts: int
    n_new: int
    n_waiting: int
    n_born: int
    confidence: float | None
    outlier_threshold: float


def topic_of_text(connection: duckdb.DuckDBPyConnection, text_field: TextField) -> dict[str, str]:
    """Read the topic of each text of the field that has one, by text hash."""
    rows = connection.execute(read_sql("read_text_topics"), [text_field.project_id, text_field.field]).fetchall()
    return dict(rows)


def write_verdicts(
    connection: duckdb.DuckDBPyConnection,
    text_field: TextField,
    text_hashes: Sequence[str],
    verdicts: TopicModel | Assignment,
    *,
    replace_all: bool,
) -> None:
    """Store the verdicts, for every text with the same own text.

    `replace_all` deletes all other verdicts of the field.
    """
    stage_verdicts(connection, text_field, text_hashes, verdicts)
    connection.execute(
        "delete from ml.text_topics where project_id = ? and field = ?"
        " and (? or text_hash in (select text_hash from text_verdicts))",
        [text_field.project_id, text_field.field, replace_all],
    )
    connection.execute("insert into ml.text_topics by name select * from text_verdicts")
    connection.execute("drop table text_verdicts")


def stage_verdicts(
    connection: duckdb.DuckDBPyConnection,
    text_field: TextField,
    text_hashes: Sequence[str],
    verdicts: TopicModel | Assignment,
) -> None:
    """Make the temporary table `text_verdicts` of the verdicts, for every text with the same own text."""
    n_texts = len(text_hashes)
    table = pa.table(
        {
            "project_id": pa.array([text_field.project_id] * n_texts, pa.string()),
            "field": pa.array([text_field.field] * n_texts, pa.string()),
            "text_hash": pa.array(text_hashes, pa.string()),
            "topic_id": pa.array(verdicts.topic_ids, pa.string()),
            "topic_status": pa.array(verdicts.statuses, pa.string()),
            "topic_confidence": pa.array(verdicts.confidences, pa.float64(), from_pandas=True),
            "topic_reason": pa.array(verdicts.reasons, pa.string()),
        }
    )
    connection.register("own_verdicts", table)
    connection.execute(read_sql("stage_text_verdicts"))
    connection.unregister("own_verdicts")


def write_lineage(
    connection: duckdb.DuckDBPyConnection, text_field: TextField, links: Sequence[LineageLink], run_id: str
) -> None:
    """Record the lineage of topics in this run."""
    place = [text_field.project_id, text_field.field, run_id]
    connection.execute("delete from ml.topic_lineage where project_id = ? and field = ? and run_id = ?", place)
    add_lineage(connection, text_field, links, run_id)


def add_lineage(
    connection: duckdb.DuckDBPyConnection, text_field: TextField, links: Iterable[LineageLink], run_id: str
) -> None:
    """Record more lineage of topics in this run."""
    place = [text_field.project_id, text_field.field, run_id]
    recorded_at = _now()
    for link in links:
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


def write_field_run(
    connection: duckdb.DuckDBPyConnection, text_field: TextField, done: FieldRun, run: TopicRun
) -> None:
    """Record what this run did to a field; the next run measures drift against it.

    A refit replaces what the run recorded before; new texts that are assigned after it are recorded beside it.
    """
    place = [text_field.project_id, text_field.field, run.run_id]
    connection.execute(
        "delete from ml.topic_fits where project_id = ? and field = ? and run_id = ? and (? or not is_refit)",
        [*place, done.is_refit],
    )
    connection.execute(
        "insert into ml.topic_fits values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            *place,
            run.model_id,
            done.is_refit,
            done.reason,
            done.n_texts,
            done.n_new,
            done.n_waiting,
            done.n_born,
            done.confidence,
            done.outlier_threshold,
            _now(),
        ],
    )


def mean_confidence(confidences: NDArray[np.float64]) -> float | None:
    """Return the mean over texts with a topic; None without any."""
    known = confidences[confidences == confidences]  # noqa: PLR0124  # NaN differs from itself
    return float(known.mean()) if len(known) else None


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
