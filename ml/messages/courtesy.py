"""Messages that are polite, agree or decline, and say nothing else: found by seeds, in words and in meaning."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np

from ml.naming.name_candidates import strip_courtesy
from ml.phrases.courtesy_phrases import COURTESY, REQUESTS
from ml.segmentation import character_pairs, is_unspaced
from ml.words import has_digit, has_letter, terms_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ml.embedding.embedders import Embedder

_MAX_CHARACTERS: Final = 120
"""A longer message says more than a courtesy."""
_CLAUSE_END: Final = re.compile(r"[.!?,;:\n\u0964\u3002\uff01\uff0c\uff1f\u3001\u060c]+")
_MIN_NEARNESS: Final = 0.6
"""Nearness to the nearest seed of courtesy from which a message means the same, in steps (see `CourtesySeeds`)."""
_MIN_LEANING: Final = 0.4
"""How much nearer to courtesy than to requests such a message must be, in steps."""
_MAX_UNKNOWN: Final = 0.34
"""Share of a clause's words that may stand in no seed: `that is fantastic` is courtesy, `book the table` is not."""
_QUESTION: Final = re.compile(r"[?\uff1f\u061f]")
_LENGTHENED: Final = re.compile(r"([^\W\d_])\1+$")
"""Letters that end a word more than once: `byee` and `okkk` are `bye` and `ok`."""
_MIN_GARBLED: Final = -0.3
"""Where the median message is nearer to shuffled letters than to words, this is the limit for each, in steps."""
_MIN_MESSAGES: Final = 20
"""Fewer messages do not say what most are like."""
_CHUNK: Final = 4_096
_TINY: Final = 1e-6


def _terms_of(text: str) -> list[str]:
    """Return the words of a text, lengthened ones cut short; pairs of characters in scripts without spaces."""
    return [_LENGTHENED.sub(r"\1", term) for term in terms_of(text, split=character_pairs)]


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
        """Measure how much nearer messages are to courtesy than to requests, in steps: float64 (n,).

        What is far from both, as `Spanish` is, does not lean to courtesy.
        """
        courtesy, requests = self._nearness(vectors)
        return courtesy - np.maximum(requests, 0)

    def find(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Say which messages are courtesy alone. One that names a thing as well is not.

        Args:
            texts: n messages.
            vectors: float32 (n, d), unit rows of the seeds' embedder.

        Returns:
            bool (n,).
        """
        courtesy, requests = self._nearness(vectors)
        leaning = courtesy - requests
        found: NDArray[np.bool_] = leaning > 0
        for row in np.flatnonzero(found).tolist():
            found[row] = self._is_courtesy(texts[row], float(courtesy[row]), float(leaning[row]))
        return found

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

    def _is_courtesy(self, text: str, nearness: float, leaning: float) -> bool:
        """Say whether each clause is a seed, or the text means courtesy and its other clauses name nothing."""
        if len(text) > _MAX_CHARACTERS or not has_letter(text) or has_digit(text):
            return False
        clauses = [clause for clause in _CLAUSE_END.split(text) if has_letter(clause)]
        others = [clause for clause in clauses if not self._is_seed(clause)]
        if not others:
            return True
        if nearness < _MIN_NEARNESS or _QUESTION.search(text):
            return False
        max_unknown = _MAX_UNKNOWN if leaning >= _MIN_LEANING else 0.0
        return all(self._share_unknown(clause) <= max_unknown for clause in others)

    def _is_seed(self, clause: str) -> bool:
        """Say whether a clause is a seed, or nothing but seeds in a row."""
        if is_unspaced(clause.strip()) and " " in clause.strip():
            return all(self._is_seed(part) for part in clause.split())
        terms = _terms_of(strip_courtesy(clause))
        return not terms or " ".join(terms) in self._phrases

    def _share_unknown(self, clause: str) -> float:
        """Measure the share of a clause's words that no seed holds, 0 to 1."""
        terms = _terms_of(clause)
        return sum(term not in self._words for term in terms) / max(1, len(terms))
