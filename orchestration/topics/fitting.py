"""Update a field's topics: assign new texts to existing topics, or refit if drift makes it due."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

from ml.assignment import Assignment, ReferenceTexts, assign_texts
from ml.clustering.classification import AUTOMATED
from ml.clustering.neighbours import (
    N_VOTERS,
    NO_GROUP,
    NeighbourIndex,
    Neighbours,
    merge_neighbours,
    nearest_in_chunks,
)
from ml.topic_model import fit_topics
from ml.tracking.drift import Drift
from ml.tracking.topic_ids import LineageLink
from orchestration.embedding.vectors import VECTORS_PER_CHUNK, as_matrix, read_corpus, read_pool
from orchestration.topics.choices.edits import edited_topics, pinned_topics, retired_topics
from orchestration.topics.results import (
    FieldRun,
    add_lineage,
    mean_confidence,
    topic_of_text,
    write_field_run,
    write_lineage,
    write_verdicts,
)
from orchestration.topics.spark_neighbours import MIN_COMPARISONS, find_on_spark
from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import duckdb
    from numpy.typing import NDArray

    from ml.corpus import Corpus
    from ml.topic_model import TopicModel
    from orchestration.embedding.vectors import TextField
    from orchestration.spark.session import SparkRun
    from orchestration.topics.run_context import TopicRun

MIN_REFERENCE_TEXTS: Final = 64
"""With fewer texts in the last fit a vote is unreliable, and a refit is cheap."""


@dataclass(frozen=True)
class LastFit:
    """The last full fit of a field, and the texts since.

    Args:
        model_id: embedding model of its vectors.
        n_fitted: number of distinct texts that were fitted.
        fitted_confidence: mean confidence of those with a topic; 0 without any.
        outlier_threshold: similarity to the nearest text below which a text is an outlier.
        n_since: number of distinct texts since the fit.
        confidence_since: their mean confidence; None if none has a topic.
        has_other_boilerplate: whether more boilerplate has been stripped from the fitted texts since.
    """

    model_id: str
    n_fitted: int
    fitted_confidence: float
    outlier_threshold: float
    n_since: int
    confidence_since: float | None
    has_other_boilerplate: bool


def update_field(connection: duckdb.DuckDBPyConnection, text_field: TextField, run: TopicRun) -> FieldRun:
    """Assign the new texts of one field to existing topics, or refit the field."""
    return _FieldUpdate(connection, text_field, run).do()


def fit_field(connection: duckdb.DuckDBPyConnection, text_field: TextField, run: TopicRun) -> tuple[Corpus, TopicModel]:
    """Fit all texts of one field as a refit would, and write nothing."""
    return _FieldUpdate(connection, text_field, run).fit()


def refit_field(connection: duckdb.DuckDBPyConnection, text_field: TextField, run: TopicRun, reason: str) -> FieldRun:
    """Refit one field, whether or not drift makes it due."""
    return _FieldUpdate(connection, text_field, run).refit(reason)


def read_last_fit(connection: duckdb.DuckDBPyConnection, text_field: TextField) -> LastFit | None:
    """Read the last full fit of a field; None if it was never fitted."""
    place = {"project_id": text_field.project_id, "field": text_field.field}
    row = next(iter(connection.execute(read_sql("read_last_fit"), place).fetchall()), None)
    return LastFit(*row) if row else None


def drop_vanished_fields(connection: duckdb.DuckDBPyConnection) -> None:
    """Delete the topics of fields that are no longer text fields, or have no texts; and settle removed texts."""
    connection.execute(read_sql("settle_removed_texts"))
    for table in ("text_topics", "topics", "topic_fits"):
        connection.execute(read_sql(f"drop_vanished_{table}"))


@dataclass(frozen=True)
class _FieldUpdate:
    """The update of one field in one run."""

    connection: duckdb.DuckDBPyConnection
    text_field: TextField
    run: TopicRun

    def do(self) -> FieldRun:
        last = read_last_fit(self.connection, self.text_field)
        if last is None:
            return self.refit("first fit")
        if last.model_id != self.run.model_id:
            return self.refit("another embedding model")
        if last.has_other_boilerplate:
            return self.refit("other boilerplate")
        if last.n_fitted < MIN_REFERENCE_TEXTS:
            return self.refit("few texts so far")
        pool = read_pool(self.connection, self.text_field, self.run.model_id)
        found = self._assign(pool, last.outlier_threshold)
        reason = _measure_drift(last, self.text_field.n_pending, found).reason
        if reason is not None and self._is_automatic():
            kept = frozenset(found.born) | retired_topics(self.connection, self.text_field)
            return self.refit(reason, _assigned_to(pool, found, kept))
        return self._keep(pool, found, last.outlier_threshold, reason)

    @property
    def _namespace(self) -> str:
        """Return the namespace of the field's topic ids."""
        return f"{self.text_field.project_id}/{self.text_field.field}"

    def _assign(self, pool: Corpus, outlier_threshold: float) -> Assignment:
        """Assign the pool by a vote of the reference texts; each old vector is read once."""
        stage_reference_texts(self.connection, self.text_field, self.run.model_id)
        known = read_reference_texts(self.connection, outlier_threshold)
        neighbours = find_neighbours(
            self.connection, pool.vectors, len(known.labels), self.run.model_id, self.run.spark
        )
        self.connection.execute("drop table reference_texts")
        return assign_texts(
            pool,
            neighbours,
            known,
            seed=self.run.seed,
            namespace=self._namespace,
            automated=self._automated_texts(),
            seeds=self.run.seeds,
        )

    def _filler_texts(self) -> frozenset[str]:
        """Read the hashes of filler texts, except automated ones."""
        place = {"project_id": self.text_field.project_id, "field": self.text_field.field, "automated": AUTOMATED}
        rows = self.connection.execute(read_sql("read_filler_texts"), place).fetchall()
        return frozenset(text_hash for (text_hash,) in rows)

    def _automated_texts(self) -> frozenset[str]:
        """Read the hashes of automated texts."""
        place = {"project_id": self.text_field.project_id, "field": self.text_field.field}
        rows = self.connection.execute(read_sql("list_automated_texts"), place).fetchall()
        return frozenset(text_hash for (text_hash,) in rows)

    def _is_automatic(self) -> bool:
        """Read whether drift refits the project's topics, or only people do."""
        rows = self.connection.execute(
            "select are_refits_automatic from raw.projects where project_id = ?", [self.text_field.project_id]
        ).fetchall()
        return all(is_automatic is not False for (is_automatic,) in rows)

    def _keep(self, pool: Corpus, found: Assignment, outlier_threshold: float, reason: str | None) -> FieldRun:
        done = FieldRun(
            is_refit=False,
            reason=reason,
            n_texts=self.text_field.n_texts,
            n_new=self.text_field.n_pending,
            n_waiting=found.statuses.count("pending"),
            n_born=len(found.born),
            confidence=mean_confidence(found.confidences),
            outlier_threshold=outlier_threshold,
        )
        births = [LineageLink(None, topic_id, "born", 0, 0.0) for topic_id in found.born]
        self._write(pool.text_hashes, found, births, done)
        return done

    def refit(self, reason: str, provisional: Mapping[str, str] = MappingProxyType({})) -> FieldRun:
        """Fit all texts of the field; topics that continue keep their ids."""
        corpus, model = self.fit(provisional)
        done = FieldRun(
            is_refit=True,
            reason=reason,
            n_texts=len(corpus),
            n_new=self.text_field.n_pending,
            n_waiting=0,
            n_born=sum(link.change == "born" for link in model.lineage),
            confidence=mean_confidence(model.confidences),
            outlier_threshold=model.outlier_threshold,
        )
        self._write(corpus.text_hashes, model, model.lineage, done)
        return done

    def fit(self, provisional: Mapping[str, str] = MappingProxyType({})) -> tuple[Corpus, TopicModel]:
        """Fit the topics; those that people kept or retired keep their texts.

        Topics with other edits may lose and gain texts, but if the fit would end one, it is kept like a pinned topic.
        """
        corpus = read_corpus(self.connection, self.text_field, self.run.model_id)
        previous = topic_of_text(self.connection, self.text_field)
        fit = partial(
            fit_topics,
            corpus,
            previous,
            seed=self.run.seed,
            namespace=self._namespace,
            provisional=provisional,
            previous_filler=self._filler_texts(),
            automated=self._automated_texts(),
            limits=self.run.limits,
            seeds=self.run.seeds,
        )
        pinned = self.run.pinned | pinned_topics(self.connection, self.text_field)
        model = fit(pinned=pinned)
        edited = edited_topics(self.connection, self.text_field)
        ended = edited & set(previous.values()) - set(model.topic_ids)
        return corpus, fit(pinned=pinned | ended) if ended else model

    def _write(
        self, text_hashes: list[str], verdicts: TopicModel | Assignment, lineage: list[LineageLink], done: FieldRun
    ) -> None:
        """Write everything in one transaction: an interrupted run leaves the field as it was."""
        self.connection.begin()
        write_verdicts(self.connection, self.text_field, text_hashes, verdicts, replace_all=done.is_refit)
        if done.is_refit:
            write_lineage(self.connection, self.text_field, lineage, self.run.run_id)
        else:
            add_lineage(self.connection, self.text_field, lineage, self.run.run_id)
        write_field_run(self.connection, self.text_field, done, self.run)
        self.connection.commit()


def _assigned_to(pool: Corpus, found: Assignment, topic_ids: frozenset[str]) -> dict[str, str]:
    """Return the topic of each text of the pool that was assigned to one of these topics."""
    pairs = zip(pool.text_hashes, found.topic_ids, strict=True)
    return {text_hash: topic_id for text_hash, topic_id in pairs if topic_id is not None and topic_id in topic_ids}


def _measure_drift(last: LastFit, n_new: int, found: Assignment) -> Drift:
    now = mean_confidence(found.confidences)
    means = [(last.confidence_since, last.n_since), (now, n_new)]
    weighed = [(mean, n_texts) for mean, n_texts in means if mean is not None and n_texts]
    n_weighed = sum(n_texts for _, n_texts in weighed)
    return Drift(
        n_fitted=last.n_fitted,
        n_since=last.n_since + n_new,
        n_waiting=found.statuses.count("pending"),
        fitted_confidence=last.fitted_confidence,
        confidence=sum(mean * n_texts for mean, n_texts in weighed) / n_weighed
        if n_weighed
        else last.fitted_confidence,
    )


def stage_reference_texts(connection: duckdb.DuckDBPyConnection, text_field: TextField, model_id: str) -> None:
    """Number the reference texts of a field in a temporary table, which the functions below read."""
    connection.execute(
        read_sql("stage_reference_texts"),
        {"project_id": text_field.project_id, "field": text_field.field, "model_id": model_id},
    )


def read_reference_texts(connection: duckdb.DuckDBPyConnection, outlier_threshold: float) -> ReferenceTexts:
    """Read the topics of the staged texts, in the order of their numbers."""
    rows = connection.execute("select topic_id, topic_status from reference_texts order by place").to_arrow_table()
    ids = rows["topic_id"].combine_chunks().dictionary_encode()
    topic_ids: list[str] = ids.dictionary.to_pylist()
    labels = ids.indices.fill_null(NO_GROUP).to_numpy(zero_copy_only=False).astype(np.int64)
    is_filler = np.array(rows["topic_status"].to_pylist(), dtype=object) == "filler"
    labels[is_filler] = len(topic_ids)
    return ReferenceTexts(labels, topic_ids, outlier_threshold)


def read_reference_chunks(
    connection: duckdb.DuckDBPyConnection, model_id: str
) -> Iterator[tuple[NDArray[np.int32], NDArray[np.float32]]]:
    """Read the vectors of the staged texts in chunks: their numbers, int32 (c,), and the vectors, float32 (c, d)."""
    reader = connection.execute(read_sql("read_reference_vectors"), {"model_id": model_id}).to_arrow_reader(
        VECTORS_PER_CHUNK
    )
    return ((chunk["place"].to_numpy().astype(np.int32), as_matrix(chunk["vector"])) for chunk in reader)


def find_neighbours(
    connection: duckdb.DuckDBPyConnection,
    pool: NDArray[np.float32],
    n_reference: int,
    model_id: str,
    spark: SparkRun | None = None,
) -> Neighbours:
    """Find the nearest neighbours of the pool's texts, among the reference texts and one another.

    Each old vector is read once, in chunks, and only the nearest so far are kept. The cost is n_reference products per
    text of the pool, with memory for one chunk. If they are many, Spark's executors compute them.

    Args:
        connection: where the reference texts are staged.
        pool: float32 (n, d), unit rows.
        n_reference: number of staged texts.
        model_id: embedding model of the pool's vectors.
        spark: Spark, if it is the engine.

    Returns:
        Rows 0 to n_reference - 1 are numbers of reference texts; rows from n_reference on are rows of the pool.
    """
    chunks = read_reference_chunks(connection, model_id)
    if spark is not None and len(pool) * n_reference >= MIN_COMPARISONS:
        nearest = find_on_spark(spark, pool, chunks, n_reference)
    else:
        nearest = nearest_in_chunks(pool, chunks, N_VOTERS)
    return merge_neighbours(_among_themselves(pool, n_reference), nearest, N_VOTERS)


def _among_themselves(pool: NDArray[np.float32], n_reference: int) -> Neighbours:
    """Find the nearest neighbours of each text within the pool."""
    found = NeighbourIndex(pool).search(pool, N_VOTERS + 1)
    similarities = np.where(found.rows == np.arange(len(pool))[:, np.newaxis], -np.inf, found.similarities)
    return Neighbours((found.rows + n_reference).astype(np.int32), similarities.astype(np.float32))
