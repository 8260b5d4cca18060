"""Read and write texts and their vectors in the warehouse."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from contracts.masking.masker import without_masks
from ml.corpus import Corpus
from orchestration.warehouse.sql_files import read_sql

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb
    from numpy.typing import NDArray

    from ml.embedding.embedders import Embedder

TEXTS_PER_CHUNK = 2048
VECTORS_PER_CHUNK: Final = 16_384
"""Number of old vectors per chunk: 25 MB at 384 dimensions."""


@dataclass(frozen=True)
class TextField:
    """A project's text field with its number of distinct texts and of pending ones."""

    project_id: str
    field: str
    n_texts: int
    n_pending: int


def embed_missing(
    connection: duckdb.DuckDBPyConnection,
    embedder: Embedder,
    say: Callable[[str], None] = lambda _text: None,
    max_s: float = math.inf,
    texts_per_chunk: int | None = None,
) -> int:
    """Embed every distinct text without a vector of this model, and store each chunk as soon as it is done.

    Masks are left out: that a message had an e-mail address says nothing about its topic.

    Args:
        connection: a connection to the warehouse.
        embedder: the embedder of the model.
        say: receives the progress.
        max_s: seconds after which no further chunk begins; the first always does.
        texts_per_chunk: texts that the embedder gets at once; None for `TEXTS_PER_CHUNK`.

    Returns:
        The number of texts that were embedded.
    """
    connection.execute(read_sql("stage_missing_texts"), {"model_id": embedder.model_id})
    (n_missing,) = next(iter(connection.execute("select count(*) from missing_texts").fetchall()), (0,))
    began, n_done = time.monotonic(), 0
    while n_done < n_missing and (n_done == 0 or time.monotonic() - began < max_s):
        rows = connection.execute(
            "select text_hash, text from missing_texts where place between ? and ? order by place",
            [n_done + 1, n_done + (texts_per_chunk or TEXTS_PER_CHUNK)],
        ).fetchall()
        embedded = embedder.embed([without_masks(text) for _, text in rows])
        _keep_vectors(connection, embedder.model_id, [text_hash for text_hash, _ in rows], embedded)
        n_done += len(rows)
        say(f"{n_done:,} of {n_missing:,} new texts")
    connection.execute("drop table missing_texts")
    return n_done


def count_missing(connection: duckdb.DuckDBPyConnection, model_id: str) -> int:
    """Count the distinct texts without a vector of this model."""
    (n_missing,) = next(
        iter(connection.execute(read_sql("count_missing_texts"), {"model_id": model_id}).fetchall()), (0,)
    )
    return int(n_missing)


def _keep_vectors(
    connection: duckdb.DuckDBPyConnection, model_id: str, text_hashes: list[str], vectors: NDArray[np.float32]
) -> None:
    table = pa.table(
        {
            "model_id": pa.array([model_id] * len(text_hashes)),
            "text_hash": pa.array(text_hashes),
            "vector": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1]),
        }
    )
    connection.register("new_vectors", table)
    connection.execute("insert into ml.embeddings select model_id, text_hash, vector::float[] from new_vectors")
    connection.unregister("new_vectors")


def list_text_fields(connection: duckdb.DuckDBPyConnection) -> list[TextField]:
    """List the text fields that have texts, in a fixed order."""
    return [TextField(*row) for row in connection.execute(read_sql("list_text_fields")).fetchall()]


def read_corpus(connection: duckdb.DuckDBPyConnection, text_field: TextField, model_id: str) -> Corpus:
    """Read the distinct texts of one field with their vectors and message counts, sorted by hash."""
    return _read_texts(connection, "read_corpus", text_field, model_id)


def read_pool(connection: duckdb.DuckDBPyConnection, text_field: TextField, model_id: str) -> Corpus:
    """Read the same for the new and pending texts of one field."""
    return _read_texts(connection, "read_pool", text_field, model_id)


def _read_texts(connection: duckdb.DuckDBPyConnection, statement: str, text_field: TextField, model_id: str) -> Corpus:
    table = connection.execute(
        read_sql(statement),
        {"project_id": text_field.project_id, "field": text_field.field, "model_id": model_id},
    ).to_arrow_table()
    return Corpus(
        texts=table["text"].to_pylist(),
        text_hashes=table["text_hash"].to_pylist(),
        vectors=as_matrix(table["vector"]),
        n_messages=table["n_messages"].to_numpy(),
    )


def as_matrix(column: pa.Array | pa.ChunkedArray) -> NDArray[np.float32]:
    """Convert a column of lists of equal length to float32 (n, d); (0, 0) if it is empty."""
    if len(column) == 0:
        return np.empty((0, 0), dtype=np.float32)
    lists = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    values = lists.flatten().to_numpy(zero_copy_only=False)
    return np.ascontiguousarray(values.reshape(len(column), -1), dtype=np.float32)
