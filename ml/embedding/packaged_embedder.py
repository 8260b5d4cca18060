"""Embed texts with any ONNX model that an installed package carries, verified by its hash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from ml.embedding.onnx_encoder import OnnxEncoder, load_session, load_tokenizer
from ml.errors import EmbeddingFailedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ml.embedding.packaged_file import PackagedFile

_MAX_TOKENS: Final = 256
_PROBE: Final = "."


class PackagedEmbedder:
    """Embeds with a graph that takes token ids and an attention mask, and gives token states or one vector per text.

    States are averaged over all tokens of a text, as most sentence embedders are trained, and normalised.

    Args:
        model: the ONNX file; its first output is used.
        tokenizer: the tokenizer's file (tokenizer.json).
        threads: batches computed in parallel; by default one per core that this process may use.

    Raises:
        EmbedderUnavailableError: one of the files is missing, altered or unreadable.
    """

    def __init__(self, model: PackagedFile, tokenizer: PackagedFile, threads: int | None = None) -> None:
        self.model_id = f"{model.distribution}/{model.sha256[:12]}-{tokenizer.sha256[:12]}-nfkc-ends"
        words = load_tokenizer(tokenizer.read())
        self._encoder = OnnxEncoder(load_session(model.read()), words, _MAX_TOKENS, threads=threads)
        self.dimensions = int(self._embed([_PROBE]).shape[1])

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts; of one of more than 256 tokens the first and the last 128 are read.

        Returns:
            float32 (n, dimensions), rows of unit length, in the order of `texts`.

        Raises:
            EmbeddingFailedError: the model cannot be run on these texts, or gave a vector without a direction.
        """
        return self._embed(texts) if texts else np.empty((0, self.dimensions), dtype=np.float32)

    def count_long(self, texts: Sequence[str]) -> int:
        """Count the texts of more than 256 tokens."""
        return self._encoder.count_long(texts)

    def _embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        try:
            batches = list(self._encoder.embed(texts))
        except Exception as error:  # ONNX Runtime's errors have no base of their own
            raise EmbeddingFailedError(f"{self.model_id} cannot be run: {error}") from error
        vectors = np.empty((len(texts), batches[0][1].shape[1]), dtype=np.float32)
        for rows, batch in batches:
            vectors[rows] = batch
        if not np.isfinite(vectors).all():
            raise EmbeddingFailedError(f"{self.model_id} gave a vector without a direction (zero, NaN or infinite).")
        return vectors
