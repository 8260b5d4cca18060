"""Vectors of texts that never change, kept in a file: phrases to compare messages with, the same in every run."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from ml.kept_arrays import kept_arrays

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from ml.embedding.embedders import Embedder


class KeptVectors:
    """An embedder that asks another once for the same list of texts, and then reads what it kept.

    Args:
        embedder: gives the vectors.
        folder: where they are kept, a file for each list and model.
    """

    def __init__(self, embedder: Embedder, folder: Path) -> None:
        self._embedder = embedder
        self._folder = folder

    @property
    def model_id(self) -> str:
        """The other's."""
        return self._embedder.model_id

    @property
    def dimensions(self) -> int:
        """The other's."""
        return self._embedder.dimensions

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give the other's vectors: float32 (n, dimensions). A file that is damaged is written again.

        Raises:
            EmbedderUnavailableError, EmbeddingFailedError: as the other does.
        """
        asked = blake2b("\0".join([self.model_id, *texts]).encode(errors="surrogatepass"), digest_size=16)
        kept = self._folder / f"seeds-{asked.hexdigest()}.npz"
        return kept_arrays(kept, lambda: {"vectors": self._embedder.embed(texts)})["vectors"]

    def count_long(self, texts: Sequence[str]) -> int:
        """The other's."""
        return self._embedder.count_long(texts)
