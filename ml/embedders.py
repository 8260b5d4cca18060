"""Texts to vectors: what an embedder is, and which one the settings ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from ml.endpoint import make_client
from ml.local_embedder import LocalEmbedder
from ml.openai_embedder import OpenAIEmbedder

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from contracts.settings import Settings

__all__ = ["Embedder", "LocalEmbedder", "OpenAIEmbedder", "make_embedder"]

_EMBEDDING_TIMEOUT_S: Final = 60.0
_MAX_RETRIES: Final = 4


@runtime_checkable
class Embedder(Protocol):
    """Turns texts into vectors whose dot product says how near two texts are in meaning."""

    @property
    def model_id(self) -> str:
        """Names the vector space: vectors under two different ids are never compared."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts: float32 (n, dimensions), rows of unit length, in the order of `texts`.

        Raises:
            EmbedderUnavailableError: the embedder cannot be used at all.
            EmbeddingFailedError: it did not give one usable vector for each text.
        """
        ...


def make_embedder(settings: Settings) -> Embedder:
    """Build the embedder that the settings name.

    Raises:
        EmbedderUnavailableError: the local model's files are missing or altered.
    """
    if settings.embedder == "local":
        return LocalEmbedder()
    key = settings.embedding_api_key.get_secret_value()
    client = make_client(settings.embedding_base_url, key, _EMBEDDING_TIMEOUT_S, _MAX_RETRIES)
    return OpenAIEmbedder(client, settings.embedding_model)
