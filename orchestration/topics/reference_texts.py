"""Read the reference texts of a field, and find the neighbours of new texts among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from ml.assignment import ReferenceTexts
from ml.clustering.neighbours import N_VOTERS, NO_GROUP, NeighbourIndex, Neighbours
from orchestration.embedding.vectors import as_matrix
from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    import duckdb
    from numpy.typing import NDArray

    from orchestration.embedding.vectors import TextField

VECTORS_PER_CHUNK: Final = 16_384
"""Number of old vectors per chunk: 25 MB at 384 dimensions."""


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


def find_neighbours(
    connection: duckdb.DuckDBPyConnection, pool: NDArray[np.float32], n_reference: int, model_id: str
) -> Neighbours:
    """Find the nearest neighbours of the pool's texts, among the reference texts and one another.

    Each old vector is read once, in chunks, and only the nearest so far are kept. The cost is n_reference products per
    text of the pool, with memory for one chunk.

    Args:
        connection: where the reference texts are staged.
        pool: float32 (n, d), unit rows.
        n_reference: number of staged texts.
        model_id: embedding model of the pool's vectors.

    Returns:
        Rows 0 to n_reference - 1 are numbers of reference texts; rows from n_reference on are rows of the pool.
    """
    nearest = _among_themselves(pool, n_reference)
    reader = connection.execute(read_sql("read_reference_vectors"), {"model_id": model_id}).to_arrow_reader(
        VECTORS_PER_CHUNK
    )
    for chunk in reader:
        found = NeighbourIndex(as_matrix(chunk["vector"])).search(pool, N_VOTERS)
        places = chunk["place"].to_numpy().astype(np.int32)
        nearest = _nearer(nearest, Neighbours(places[found.rows], found.similarities))
    return nearest


def _among_themselves(pool: NDArray[np.float32], n_reference: int) -> Neighbours:
    """Find the nearest neighbours of each text within the pool."""
    found = NeighbourIndex(pool).search(pool, N_VOTERS + 1)
    similarities = np.where(found.rows == np.arange(len(pool))[:, np.newaxis], -np.inf, found.similarities)
    others = Neighbours((found.rows + n_reference).astype(np.int32), similarities.astype(np.float32))
    nothing = Neighbours(np.empty((len(pool), 0), dtype=np.int32), np.empty((len(pool), 0), dtype=np.float32))
    return _nearer(others, nothing)


def _nearer(first: Neighbours, second: Neighbours) -> Neighbours:
    """Merge two lists of neighbours, nearest first; of equals the smaller row comes first."""
    rows = np.concatenate([first.rows, second.rows], axis=1)
    similarities = np.concatenate([first.similarities, second.similarities], axis=1)
    order = np.lexsort((rows, -similarities), axis=1)[:, :N_VOTERS]
    return Neighbours(np.take_along_axis(rows, order, axis=1), np.take_along_axis(similarities, order, axis=1))
