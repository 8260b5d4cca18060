"""Embed texts by any endpoint that speaks OpenAI's embeddings protocol."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import numpy as np
from openai import APIStatusError, OpenAI, OpenAIError

from ml.errors import EmbedderUnavailableError, EmbeddingFailedError
from ml.privacy import mask_personal_data

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray
    from openai.types import CreateEmbeddingResponse

_BATCH_TEXTS: Final = 128
_MAX_CHARACTERS: Final = 4_000
"""Longer texts are truncated: endpoints refuse a whole batch for one text over some 8,000 tokens."""
_BLANK: Final = "."
"""Sent instead of an empty text, which endpoints refuse."""


class OpenAIEmbedder:
    """Embeds remotely. Texts are masked (`ml.privacy`) and truncated to 4,000 characters before they are sent.

    The client retries 408, 409, 429, 5xx and broken connections by itself, waiting as the endpoint asks.

    Args:
        client: knows address, key, timeout and number of retries.
        model: name of the model at the endpoint.
    """

    def __init__(self, client: OpenAI, model: str) -> None:
        self._client = client
        self._model = model
        # The host is part of the id: two endpoints may serve different models under one name.
        self.model_id = f"{model}@{urlsplit(str(client.base_url)).netloc}"

    @cached_property
    def dimensions(self) -> int:
        """Length of a vector, requested from the endpoint once.

        Raises:
            EmbedderUnavailableError, EmbeddingFailedError: as for `embed`.
        """
        return int(self._request([_BLANK]).shape[1])

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts.

        Returns:
            float32 (n, d), rows of unit length, in the order of `texts`.

        Raises:
            EmbedderUnavailableError: the endpoint cannot be reached or refuses.
            EmbeddingFailedError: it did not answer with one usable vector for each text.
        """
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        return np.concatenate([self._request(batch) for batch in _batches(texts)])

    def count_long(self, texts: Sequence[str]) -> int:  # noqa: ARG002  # as every embedder
        """Return 0: the endpoint's limit is not known here, and it refuses texts that are too long."""
        return 0

    def _request(self, batch: list[str]) -> NDArray[np.float32]:
        try:
            answer = self._client.embeddings.create(input=batch, model=self._model, encoding_format="float")
        except APIStatusError as error:
            raise EmbedderUnavailableError(
                f"The embeddings endpoint {self._client.base_url} answered {error.status_code} for {self.model_id}."
            ) from None
        except OpenAIError as error:
            raise EmbedderUnavailableError(
                f"The embeddings endpoint {self._client.base_url} cannot be used: {type(error).__name__}."
            ) from None
        except ValueError:  # a body that is truncated or not JSON
            raise EmbeddingFailedError(
                f"The embeddings endpoint {self._client.base_url} sent no readable answer."
            ) from None
        return self._unit_rows(_vectors_in_order(answer, len(batch)))

    def _unit_rows(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        expected = self.__dict__.setdefault("dimensions", vectors.shape[1])
        if vectors.shape[1] != expected:
            raise EmbeddingFailedError(
                f"{self.model_id} sent vectors of {vectors.shape[1]} dimensions; the first had {expected}."
            )
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.all(np.isfinite(lengths) & (lengths > 0)):
            raise EmbeddingFailedError(f"{self.model_id} sent a vector without a direction (zero, NaN or infinite).")
        unit: NDArray[np.float32] = vectors / lengths
        return unit


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(texts), _BATCH_TEXTS):
        yield [_ready_to_send(text) for text in texts[start : start + _BATCH_TEXTS]]


def _ready_to_send(text: str) -> str:
    # Masked before it is truncated: half a card number would no longer be recognised.
    return mask_personal_data(text)[:_MAX_CHARACTERS].strip() or _BLANK


def _vectors_in_order(answer: CreateEmbeddingResponse, n_expected: int) -> NDArray[np.float32]:
    """Return the vectors in the order of the request: endpoints number them, and may send them in any order.

    Raises:
        EmbeddingFailedError: not one vector for each text, or vectors of several lengths.
    """
    try:
        by_index = {item.index: item.embedding for item in answer.data}
        rows: Iterable[list[float]] = (by_index[index] for index in range(n_expected))
        vectors = np.array(list(rows), dtype=np.float32)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise EmbeddingFailedError(f"The endpoint did not send {n_expected} vectors of one length.") from None
    if len(answer.data) != n_expected or vectors.ndim != 2 or not vectors.shape[1]:  # noqa: PLR2004  # (n, d)
        raise EmbeddingFailedError(f"The endpoint sent {len(answer.data)} vectors; expected {n_expected}.")
    return vectors
