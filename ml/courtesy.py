"""Messages that are polite, agree or decline, and say nothing else: found by seeds, in words and in meaning."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from ml.courtesy_phrases import COURTESY, REQUESTS
from ml.name_candidates import strip_courtesy
from ml.segmentation import character_pairs, is_unspaced
from ml.words import has_digit, has_letter, terms_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ml.embedders import Embedder

_MAX_CHARACTERS: Final = 120
"""A longer message says more than a courtesy."""
_CLAUSE_END: Final = re.compile(r"[.!?,;:\n\u0964\u3002\uff01\uff0c\uff1f\u3001\u060c]+")
_MIN_NEARNESS: Final = 0.9
"""Nearness to the nearest seed of courtesy from which a message means the same, in steps (see `CourtesySeeds`)."""
_MIN_LEANING: Final = 0.25
"""How much nearer to courtesy than to requests such a message must be, in steps."""
_MAX_UNKNOWN: Final = 0.34
"""Share of its words that may stand in no seed: `that is fantastic` is courtesy, `yes, book the table` is not."""
_MIN_GARBLED: Final = -0.3
"""Where the median message is nearer to shuffled letters than to words, this is the limit for each, in steps."""
_MIN_MESSAGES: Final = 20
"""Fewer messages do not say what most are like."""
_CHUNK: Final = 4_096
_TINY: Final = 1e-6
_terms_of = partial(terms_of, split=character_pairs)
"""Seeds are compared by pairs of characters, so that no vocabulary is read for them."""


def _garble(phrases: Sequence[str]) -> list[str]:
    """Phrases with their letters shuffled over words of the same lengths; the same ones each time."""
    order = np.random.default_rng(0)
    garbled = []
    for phrase in phrases:
        letters = order.permutation([character for character in phrase if not character.isspace()]).tolist()
        words = phrase.split()
        garbled.append(" ".join("".join(letters.pop() for _ in word) for word in words))
    return garbled


class CourtesySeeds:
    """Seeds of courtesy and of requests, embedded by the model that embeds the messages.

    Models differ in how alike they find any two texts, so nearness is counted in steps of this model: 0 is how near the
    middle seed of courtesy is to the nearest request, 1 how near it is to the nearest other seed of courtesy.

    Args:
        embedder: of the messages' vectors.
        more: further phrases that are courtesy, in any language.

    Raises:
        EmbedderUnavailableError: the embedder cannot be used at all.
        EmbeddingFailedError: it gave no vectors for the seeds.
    """

    def __init__(self, embedder: Embedder, more: Sequence[str] = ()) -> None:
        phrases = list(dict.fromkeys((*COURTESY, *more)))
        self._phrases = frozenset(" ".join(_terms_of(phrase)) for phrase in phrases)
        self._words = frozenset(term for phrase in self._phrases for term in phrase.split())
        self._courtesy = embedder.embed(phrases)
        self._requests = embedder.embed(list(REQUESTS))
        among_themselves = self._courtesy @ self._courtesy.T
        np.fill_diagonal(among_themselves, -1.0)
        self._garbled = embedder.embed(_garble(REQUESTS))
        self._zero = float(np.median((self._courtesy @ self._requests.T).max(axis=1)))
        self._step = max(float(np.median(among_themselves.max(axis=1))) - self._zero, _TINY)

    def lean(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """How much nearer messages are to courtesy than to requests, in steps: float64 (n,)."""
        courtesy, requests = self._nearness(vectors)
        return courtesy - requests

    def find(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Say which messages are courtesy alone. One that names a thing as well is not.

        Args:
            texts: n messages.
            vectors: float32 (n, d), unit rows of the seeds' embedder.

        Returns:
            bool (n,).
        """
        courtesy, requests = self._nearness(vectors)
        means_it = (courtesy >= _MIN_NEARNESS) & (courtesy - requests >= _MIN_LEANING)
        return np.array(
            [self._is_courtesy(text, bool(means)) for text, means in zip(texts, means_it, strict=True)], dtype=np.bool_
        )

    def find_unstructured(self, vectors: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Say which messages are like requests with their letters shuffled, and like no request or courtesy.

        Nothing is found unless it is so of most: a few such messages among sentences may well be codes or names that
        mean something, while a field of them has no structure that topics could stand for.

        Args:
            vectors: float32 (n, d), unit rows of the seeds' embedder.

        Returns:
            bool (n,).
        """
        closest = [np.empty(0)]
        for start in range(0, len(vectors), _CHUNK):
            few = vectors[start : start + _CHUNK]
            said = np.maximum((few @ self._requests.T).max(axis=1), (few @ self._courtesy.T).max(axis=1))
            closest.append((few @ self._garbled.T).max(axis=1) - said)
        garbled = np.concatenate(closest) / self._step
        is_of_most = len(vectors) >= _MIN_MESSAGES and bool(np.median(garbled) > 0)
        found: NDArray[np.bool_] = (garbled >= _MIN_GARBLED) & is_of_most
        return found

    def _nearness(self, vectors: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Nearness to the nearest seed of either kind, in steps."""
        nearest = [np.empty((2, 0))]
        for start in range(0, len(vectors), _CHUNK):
            few = vectors[start : start + _CHUNK]
            nearest.append(np.stack([(few @ seeds.T).max(axis=1) for seeds in (self._courtesy, self._requests)]))
        steps = (np.concatenate(nearest, axis=1) - self._zero) / self._step
        return steps[0], steps[1]

    def _is_courtesy(self, text: str, means_it: bool) -> bool:  # noqa: FBT001  # one element of an array of verdicts
        if len(text) > _MAX_CHARACTERS or not has_letter(text) or has_digit(text):
            return False
        if all(self._is_polite(clause) for clause in _CLAUSE_END.split(text) if has_letter(clause)):
            return True
        terms = _terms_of(text)
        n_unknown = sum(term not in self._words for term in terms)
        return means_it and n_unknown <= _MAX_UNKNOWN * len(terms)

    def _is_polite(self, clause: str) -> bool:
        """Whether a clause is a seed, or begins or ends with one and holds no word that no seed holds."""
        if is_unspaced(clause.strip()) and " " in clause.strip():
            return all(self._is_polite(part) for part in clause.split())
        bare = strip_courtesy(clause)
        terms = _terms_of(bare)
        if not terms or " ".join(terms) in self._phrases:
            return True
        return bare != clause.strip() and not is_unspaced(bare) and all(term in self._words for term in terms)
