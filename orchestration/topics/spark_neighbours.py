"""Compare many new texts with a field's known texts on Spark's executors, by the same function as on one machine."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from contracts.durable_files import make_folder, sync_path
from ml.clustering.neighbours import N_VOTERS, Neighbours, nearest_in_chunks
from orchestration.embedding.vectors import VECTORS_PER_CHUNK
from orchestration.spark.session import spark_errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from orchestration.spark.session import SparkRun

MIN_COMPARISONS: Final = 500_000_000
"""Products of new and known texts, fewer of which take the driver no longer than starting the tasks."""
MAX_ROWS_PER_TASK: Final = 16_384
_FOLDER: Final = Path("ml.db", "_vectors")
"""In the folder of Spark's tables, among what is removed with them."""
_COLUMNS: Final = "first bigint, rows array<int>, similarities array<float>"


def find_on_spark(
    spark: SparkRun,
    queries: NDArray[np.float32],
    chunks: Iterable[tuple[NDArray[np.int32], NDArray[np.float32]]],
    n_known: int,
) -> Neighbours:
    """Find the `N_VOTERS` nearest known texts of each query, each executor for some of the queries.

    Both sets of vectors are broadcast as files in the shared folder, which executors map into memory: a host has one
    copy of them, however many tasks it runs, and no process holds them all.

    Args:
        spark: the Spark of the run.
        queries: float32 (n, d), unit rows.
        chunks: rows of known texts, int32 (c,), 0 to n_known - 1 and each once, with their vectors, float32 (c, d).
        n_known: the number of known texts.

    Raises:
        SparkFailedError: an executor could not, for example because the folder is not shared.
    """
    session = spark.session()
    folder = spark.folder / _FOLDER
    n_tasks = max(2 * session.sparkContext.defaultParallelism, -(-len(queries) // MAX_ROWS_PER_TASK))
    bounds = np.unique(np.linspace(0, len(queries), n_tasks + 1).astype(int))
    ranges = pa.table({"first": bounds[:-1], "last": bounds[1:]})
    k = min(N_VOTERS, n_known)
    nearest = Neighbours(np.empty((len(queries), k), np.int32), np.empty((len(queries), k), np.float32))
    shutil.rmtree(folder, ignore_errors=True)  # what a killed run has left
    make_folder(folder)
    try:
        _write(folder / "known.npy", chunks, (n_known, queries.shape[1]))
        _write(folder / "queries.npy", [(np.arange(len(queries), dtype=np.int32), queries)], queries.shape)
        with spark_errors("compare the new texts with the known ones"):
            spread = session.createDataFrame(ranges).repartition(len(ranges), "first")
            found = spread.mapInArrow(partial(search_ranges, str(folder)), _COLUMNS).toArrow()
    finally:
        shutil.rmtree(folder)
    for first, rows, similarities in zip(found["first"].to_pylist(), found["rows"], found["similarities"], strict=True):
        block = rows.values.to_numpy().reshape(-1, k)
        nearest.rows[first : first + len(block)] = block
        nearest.similarities[first : first + len(block)] = similarities.values.to_numpy().reshape(-1, k)
    return nearest


def search_ranges(folder: str, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Find the nearest known texts of ranges of the queries, on an executor.

    Args:
        folder: with the vectors.
        batches: rows of `first` and `last`, the bounds of a range.

    Yields:
        Rows of `first`, and `rows` and `similarities` of the range's queries, one query after another.
    """
    known, queries = (np.load(Path(folder) / f"{name}.npy", mmap_mode="r") for name in ("known", "queries"))
    for batch in batches:
        for first, last in zip(batch["first"].to_pylist(), batch["last"].to_pylist(), strict=True):
            found = nearest_in_chunks(np.array(queries[first:last]), _chunks(known), N_VOTERS)
            lists = [
                pa.ListArray.from_arrays([0, values.size], pa.array(values.ravel()))
                for values in (found.rows, found.similarities)
            ]
            yield pa.RecordBatch.from_arrays([pa.array([first]), *lists], names=["first", "rows", "similarities"])


def _write(
    place: Path, chunks: Iterable[tuple[NDArray[np.int32], NDArray[np.float32]]], shape: tuple[int, ...]
) -> None:
    """Write vectors to a file, chunk by chunk."""
    matrix = np.lib.format.open_memmap(place, mode="w+", dtype=np.float32, shape=shape)
    for rows, vectors in chunks:
        matrix[rows] = vectors
    matrix.flush()
    sync_path(place)


def _chunks(known: NDArray[np.float32]) -> Iterator[tuple[NDArray[np.int32], NDArray[np.float32]]]:
    for start in range(0, len(known), VECTORS_PER_CHUNK):
        vectors = np.array(known[start : start + VECTORS_PER_CHUNK])
        yield np.arange(start, start + len(vectors), dtype=np.int32), vectors
