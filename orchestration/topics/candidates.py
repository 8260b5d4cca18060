"""Fit candidates of topics beside the live ones, and make those live that people promote.

A candidate is a refit that is stored in tables of its own (`ml.candidate_…`): nothing that is published changes. Each
step is one transaction, so an interrupted run leaves the live topics and the candidate whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ml.naming.labellers import MessageLabeller
from ml.tracking.topic_ids import trace_lineage_since
from orchestration.topics.choices.edits import edited_topics, pinned_topics
from orchestration.topics.field_topics import name_candidate_topics
from orchestration.topics.fitting import fit_field, read_last_fit, refit_field
from orchestration.topics.results import (
    FieldRun,
    mean_confidence,
    stage_verdicts,
    topic_of_text,
    write_field_run,
    write_lineage,
)
from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import duckdb

    from ml.embedding.embedders import Embedder
    from ml.tracking.topic_ids import LineageLink
    from orchestration.embedding.vectors import TextField
    from orchestration.topics.run_context import TopicRun

MAX_AGE = timedelta(days=30)
"""Age from which an open candidate expires: its texts are deleted, which take as much space as those of the field."""
PROMOTED = "somebody promoted a candidate"
ASKED_FOR = "somebody asked for it"


def has_candidates(connection: duckdb.DuckDBPyConnection) -> bool:
    """Return whether a candidate is to be fitted or made live."""
    statements = ("list_candidates_to_promote", "list_candidates_to_fit")
    return any(connection.execute(read_sql(statement)).fetchall() for statement in statements)


def promote_candidates(connection: duckdb.DuckDBPyConnection, fields: Iterable[TextField], run: TopicRun) -> int:
    """Make promoted candidates live, before new texts are assigned; return their number.

    One that was promoted before it was fitted is a refit at once. One that is outdated stays as it is.
    """
    clear_candidates(connection, run)
    by_name = {(text_field.project_id, text_field.field): text_field for text_field in fields}
    n_promoted = 0
    for project_id, field, number, status in connection.execute(read_sql("list_candidates_to_promote")).fetchall():
        text_field = by_name.get((project_id, field))
        if text_field is None:
            continue
        candidate = _Candidate(connection, text_field, number, run)
        if status is None:
            candidate.refit_at_once()
        else:
            candidate.promote()
        n_promoted += 1
    return n_promoted


def fit_candidates(
    connection: duckdb.DuckDBPyConnection, fields: Iterable[TextField], embedder: Embedder | None, run: TopicRun
) -> int:
    """Fit the candidates that people asked for, after new texts were assigned; return their number.

    A candidate waits while its field has no topics, or is being embedded by another model.
    """
    by_name = {(text_field.project_id, text_field.field): text_field for text_field in fields}
    n_fitted = 0
    for project_id, field, number in connection.execute(read_sql("list_candidates_to_fit")).fetchall():
        text_field = by_name.get((project_id, field))
        last = read_last_fit(connection, text_field) if text_field is not None else None
        if text_field is None or last is None or last.model_id != run.model_id:
            continue
        _Candidate(connection, text_field, number, run).fit(embedder)
        n_fitted += 1
    clear_candidates(connection, run)
    return n_fitted


def clear_candidates(connection: duckdb.DuckDBPyConnection, run: TopicRun) -> None:
    """Mark candidates that another refit has overtaken, and delete what nobody can promote any more."""
    connection.begin()
    values = {"oldest": _now() - MAX_AGE, "model_id": run.model_id}
    connection.execute(read_sql("update_candidate_status"), values)
    connection.execute(read_sql("drop_dropped_candidates"))
    for table in ("texts", "topics", "lineage"):
        connection.execute(read_sql(f"drop_closed_candidate_{table}"))
    connection.commit()


@dataclass(frozen=True)
class _Candidate:
    """One candidate of one field."""

    connection: duckdb.DuckDBPyConnection
    text_field: TextField
    number: int
    run: TopicRun

    @property
    def _key(self) -> dict[str, str | int]:
        place: dict[str, str | int] = {"project_id": self.text_field.project_id, "field": self.text_field.field}
        return {**place, "candidate_number": self.number}

    def fit(self, embedder: Embedder | None) -> None:
        """Fit all texts of the field, and store the result beside the live topics."""
        corpus, model = fit_field(self.connection, self.text_field, self.run)
        labels = name_candidate_topics(
            self.connection, self.text_field, corpus, model.topic_ids, MessageLabeller(embedder)
        )
        self.connection.begin()
        self._write_fit("open", len(corpus), mean_confidence(model.confidences), model.outlier_threshold)
        stage_verdicts(self.connection, self.text_field, corpus.text_hashes, model)
        self._insert("candidate_texts", "text_verdicts")
        self.connection.execute("drop table text_verdicts")
        self._write("candidate_topics", topic_id=list(labels), label=list(labels.values()))
        links = model.lineage
        self._write(
            "candidate_lineage",
            from_topic_id=[link.from_topic_id for link in links],
            to_topic_id=[link.to_topic_id for link in links],
            change=[link.change for link in links],
        )
        self.connection.commit()

    def refit_at_once(self) -> None:
        """Refit the field; kept as one that is live, so that it is done once."""
        done = refit_field(self.connection, self.text_field, self.run, ASKED_FOR)
        self._write_fit("live", done.n_texts)

    def promote(self) -> None:
        """Make the candidate live, except for texts of topics that people have kept, retired or edited since.

        Texts that arrived since have no verdict then; the run assigns them next, like all new texts.
        """
        [(n_texts, confidence, threshold)] = self.connection.execute(
            read_sql("read_candidate_fit"), self._key
        ).fetchall()
        before = topic_of_text(self.connection, self.text_field)
        protected = self._protected(set(before.values()))
        self.connection.begin()
        self.connection.execute(
            "delete from ml.text_topics where project_id = ? and field = ?"
            " and (topic_id is null or not list_contains(?, topic_id))",
            [self.text_field.project_id, self.text_field.field, sorted(protected)],
        )
        self.connection.execute(read_sql("promote_candidate"), self._key)
        links = _lineage(before, topic_of_text(self.connection, self.text_field))
        write_lineage(self.connection, self.text_field, links, self.run.run_id)
        done = FieldRun(
            is_refit=True,
            reason=PROMOTED,
            n_texts=n_texts,
            n_new=0,
            n_waiting=0,
            n_born=sum(link.change == "born" for link in links),
            confidence=confidence,
            outlier_threshold=threshold,
        )
        write_field_run(self.connection, self.text_field, done, self.run)
        self.connection.execute(
            "update ml.candidate_fits set status = 'live'"
            " where project_id = $project_id and field = $field and candidate_number = $candidate_number",
            self._key,
        )
        self.connection.commit()

    def _protected(self, living: set[str]) -> frozenset[str]:
        """Return the living topics whose texts stay: kept and retired ones, and edited ones that would end."""
        rows = self.connection.execute(
            "select distinct topic_id from ml.candidate_texts where topic_id is not null"
            " and project_id = $project_id and field = $field and candidate_number = $candidate_number",
            self._key,
        ).fetchall()
        found = {topic_id for (topic_id,) in rows}
        edited = edited_topics(self.connection, self.text_field) - found
        return (pinned_topics(self.connection, self.text_field) | edited) & living

    def _write_fit(
        self, status: str, n_texts: int, confidence: float | None = None, outlier_threshold: float | None = None
    ) -> None:
        values = {"status": status, "made_at": _now(), "model_id": self.run.model_id, "n_texts": n_texts}
        measured = {"confidence": confidence, "outlier_threshold": outlier_threshold}
        self.connection.execute(read_sql("insert_candidate_fit"), {**self._key, **values, **measured})

    def _write(self, table: str, **columns: Sequence[str | None]) -> None:
        rows = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
        place = {"project_id": self.text_field.project_id, "field": self.text_field.field}
        for name, value in place.items():
            rows = rows.append_column(name, pa.array([value] * len(rows), pa.string()))
        self.connection.register("rows_of_candidate", rows)
        self._insert(table, "rows_of_candidate")
        self.connection.unregister("rows_of_candidate")

    def _insert(self, table: str, source: str) -> None:
        self.connection.execute(
            f"insert into ml.{table} by name select *, ? as candidate_number from {source}",  # noqa: S608  # our names
            [self.number],
        )


def _lineage(before: dict[str, str], after: dict[str, str]) -> list[LineageLink]:
    """Trace the lineage of all topics, given the topic of each text before and after."""
    ids = sorted(set(after.values()))
    number = {topic_id: place for place, topic_id in enumerate(ids)}
    hashes = sorted(before.keys() | after.keys())
    groups = np.array([number.get(after.get(text_hash, ""), -1) for text_hash in hashes], dtype=np.int64)
    return trace_lineage_since(before, hashes, groups, ids)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
