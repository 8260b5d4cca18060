"""Cache the vectors of fixed texts in a file: phrases to compare messages with, the same in every run."""

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
    """An embedder that calls another once for the same list of texts, and then reads its cache.

    Args:
        embedder: computes the vectors.
        folder: of the cache, with a file for each list and model.
    """

    def __init__(self, embedder: Embedder, folder: Path) -> None:
        self._embedder = embedder
        self._folder = folder

    @property
    def model_id(self) -> str:
        """See `Embedder`; that of the wrapped embedder."""
        return self._embedder.model_id

    @property
    def dimensions(self) -> int:
        """See `Embedder`; that of the wrapped embedder."""
        return self._embedder.dimensions

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the wrapped embedder's vectors: float32 (n, dimensions). A damaged file is written again.

        Raises:
            EmbedderUnavailableError, EmbeddingFailedError: as the wrapped embedder does.
        """
        asked = blake2b("\0".join([self.model_id, *texts]).encode(errors="surrogatepass"), digest_size=16)
        kept = self._folder / f"seeds-{asked.hexdigest()}.npz"
        return kept_arrays(kept, lambda: {"vectors": self._embedder.embed(texts)})["vectors"]

    def count_long(self, texts: Sequence[str]) -> int:
        """See `Embedder`; that of the wrapped embedder."""
        return self._embedder.count_long(texts)
