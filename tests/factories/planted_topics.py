"""Corpora whose right answer is known."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ml.corpus import Corpus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_DIMENSIONS = 48


@dataclass(frozen=True)
class Planted:
    """A corpus and the number of the topic that each text was planted in."""

    corpus: Corpus
    truth: NDArray[np.int64]


def make_corpus(texts: list[str], vectors: NDArray[np.float32], n_messages: Sequence[int] = ()) -> Corpus:
    """Make a corpus; every text was said once unless told otherwise."""
    counts = np.array(n_messages or [1] * len(texts), dtype=np.int64)
    return Corpus(texts, [text_hash(text) for text in texts], vectors, counts)


def plant_topics(topics: Sequence[int], size: int, *, first: int = 0, spread: float = 0.06) -> Planted:
    """Plant a cloud for each number in `topics`: texts `first` to `first + size`, the same for the same number."""
    texts = [
        f"planted message of ordinary length {topic} {number}"
        for topic in topics
        for number in range(first, first + size)
    ]
    rows = [_row(topic, number, spread) for topic in topics for number in range(first, first + size)]
    return Planted(make_corpus(texts, np.array(rows, dtype=np.float32)), np.repeat(np.array(topics), size))


def text_hash(text: str) -> str:
    """Hash a text as the pipeline does."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _row(topic: int, number: int, spread: float) -> NDArray[np.float64]:
    centre = _unit(np.random.default_rng(topic).normal(size=_DIMENSIONS))
    return _unit(centre + np.random.default_rng([topic, number]).normal(size=_DIMENSIONS) * spread)


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    unit: NDArray[np.float64] = vector / np.linalg.norm(vector)
    return unit
