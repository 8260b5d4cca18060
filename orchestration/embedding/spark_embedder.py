"""An embedder that spreads its texts over Spark's executors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from contracts.settings import load_settings
from ml.embedding.embedders import find_embedder
from ml.errors import EmbedderUnavailableError
from orchestration.spark.session import spark_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from contracts.settings import Settings
    from ml.embedding.embedders import Embedder
    from orchestration.spark.session import SparkRun

MIN_TEXTS: Final = 2_000
"""Fewer texts are embedded by the driver: it has read the model, and an executor needs seconds to do so."""
TEXTS_PER_ROW: Final = 512
"""Texts that an executor embeds together."""
_SETTINGS = ("embedder", "embedding_model_file", "embedding_tokenizer_file")


@dataclass(frozen=True)
class SparkEmbedder:
    """Embeds on the executors with a model that they have installed, too; a text has the same vector there.

    Args:
        embedder: the model on this machine.
        spark: the Spark of the run.
        settings: how executors find the model.
    """

    embedder: Embedder
    spark: SparkRun
    settings: Settings

    @property
    def model_id(self) -> str:
        """The id of the model's vector space."""
        return self.embedder.model_id

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self.embedder.dimensions

    def count_long(self, texts: Sequence[str]) -> int:
        """Count the texts that are longer than the model's limit."""
        return self.embedder.count_long(texts)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts: float32 (n, dimensions), rows of unit length, in the order of `texts`.

        Raises:
            SparkFailedError: an executor could not, for example because it lacks the model.
        """
        if len(texts) < MIN_TEXTS:
            return self.embedder.embed(texts)
        session = self.spark.session()
        starts = range(0, len(texts), TEXTS_PER_ROW)
        rows = pa.table({"place": list(starts), "texts": [texts[place : place + TEXTS_PER_ROW] for place in starts]})
        values = {"home": str(self.settings.home), **{name: getattr(self.settings, name) for name in _SETTINGS}}
        n_tasks = min(len(starts), 4 * session.sparkContext.defaultParallelism)
        with spark_errors("embed the texts"):
            spread = session.createDataFrame(rows).repartition(n_tasks)
            done = spread.mapInArrow(partial(embed_rows, values, self.model_id), "place bigint, vectors array<float>")
            found = done.toArrow()
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        for place, embedded in zip(found["place"].to_pylist(), found["vectors"], strict=True):
            rows_embedded = embedded.values.to_numpy().reshape(-1, self.dimensions)
            vectors[place : place + len(rows_embedded)] = rows_embedded
        return vectors


def embed_rows(values: Mapping[str, str], model_id: str, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Embed the texts of rows on an executor; a Python worker reads the model once.

    Args:
        values: settings by which the model is found.
        model_id: the vector space of the driver's model, which this host's model must have, too.
        batches: rows of `place` and `texts`.

    Yields:
        Rows of `place` and `vectors`, all vectors of the row one after another.

    Raises:
        EmbedderUnavailableError: this host has no such model.
    """
    embedder = find_embedder(load_settings(**values), model_id)
    if embedder is None:
        raise EmbedderUnavailableError(f"the model {model_id} is not installed on a host of the cluster")
    for batch in batches:
        for place, texts in zip(batch["place"].to_pylist(), batch["texts"].to_pylist(), strict=True):
            vectors = embedder.embed(texts)
            values_list = pa.ListArray.from_arrays([0, vectors.size], pa.array(vectors.ravel()))
            yield pa.RecordBatch.from_arrays([pa.array([place]), values_list], names=["place", "vectors"])
