"""Recognise courtesy: messages that are polite, agree or decline, and say nothing else, by seed phrases."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np

from ml.messages.spelling import SpellingCorrector
from ml.naming.name_candidates import strip_courtesy
from ml.phrases.courtesy_phrases import COURTESY, REQUESTS
from ml.segmentation import character_pairs, is_unspaced
from ml.words import has_digit, has_letter, terms_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ml.embedding.embedders import Embedder

_MAX_CHARACTERS: Final = 120
"""Longer messages are not courtesy."""
_CLAUSE_END: Final = re.compile(r"[.!?,;:\n\u0964\u3002\uff01\uff0c\uff1f\u3001\u060c]+")
_MIN_SIMILARITY: Final = 0.6
"""Similarity to the nearest courtesy seed from which a message means the same, scaled (see `CourtesyClassifier`)."""
_MIN_MARGIN: Final = 0.4
"""Margin between courtesy and requests from which a third of a clause's words may be unknown, scaled."""
_MAX_UNKNOWN: Final = 0.34
"""Share of a clause's words that may be in no seed: `that is fantastic` is courtesy, `book the table` is not."""
_QUESTION: Final = re.compile(r"[?\uff1f\u061f]")
_LENGTHENED: Final = re.compile(r"([^\W\d_])\1+$")
"""Repeated letters at the end of a word: `byee` and `okkk` are `bye` and `ok`."""
_MIN_GARBLED: Final = -0.3
"""Margin from which a message counts as shuffled letters, scaled, if the median message is nearer to these."""
_MIN_MESSAGES: Final = 20
"""With fewer messages the median says nothing."""
_CHUNK: Final = 4_096
_TINY: Final = 1e-6


def _terms_of(text: str) -> list[str]:
    """Return the words of a text without repeated final letters; character pairs in scripts without spaces."""
    return [_LENGTHENED.sub(r"\1", term) for term in terms_of(text, split=character_pairs)]


def _garble(phrases: Sequence[str]) -> list[str]:
    """Shuffle the letters of each phrase over words of the same lengths, with a fixed seed."""
    order = np.random.default_rng(0)
    garbled = []
    for phrase in phrases:
        letters = order.permutation([character for character in phrase if not character.isspace()]).tolist()
        words = phrase.split()
        garbled.append(" ".join("".join(letters.pop() for _ in word) for word in words))
    return garbled


class CourtesyClassifier:
    """Recognises courtesy by the nearest seed phrase, embedded by the model of the messages.

    Models differ in the similarity of any two texts, so similarities are scaled: 0 is the median similarity of a
    courtesy seed to the nearest request seed, 1 the median similarity to the nearest other courtesy seed.

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
        self._spelling = SpellingCorrector(self._words)
        self._courtesy = embedder.embed(phrases)
        self._requests = embedder.embed(list(REQUESTS))
        among_themselves = self._courtesy @ self._courtesy.T
        np.fill_diagonal(among_themselves, -1.0)
        self._garbled = embedder.embed(_garble(REQUESTS))
        self._zero = float(np.median((self._courtesy @ self._requests.T).max(axis=1)))
        self._step = max(float(np.median(among_themselves.max(axis=1))) - self._zero, _TINY)

    def margins(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """Measure by how much messages are nearer to courtesy than to requests, scaled: float64 (n,).

        A message far from both, such as `Spanish`, has no margin.
        """
        courtesy, requests = self._similarities(vectors)
        return courtesy - np.maximum(requests, 0)

    def find(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Say which messages are courtesy alone. A message that also names a thing is not.

        Args:
            texts: n messages.
            vectors: float32 (n, d), unit rows of the seeds' embedder.

        Returns:
            bool (n,).
        """
        courtesy, requests = self._similarities(vectors)
        margin = courtesy - requests
        found: NDArray[np.bool_] = margin > 0
        for row in np.flatnonzero(found).tolist():
            found[row] = self._is_courtesy(texts[row], float(courtesy[row]), float(margin[row]))
        return found

    def find_unstructured(self, vectors: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Say which messages look like requests with shuffled letters, and not like a request or courtesy.

        Nothing is found unless this holds for most messages: a few of them may be codes or names that mean something,
        while a field of them has no structure for topics.

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

    def _similarities(self, vectors: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the scaled similarity to the nearest courtesy seed and to the nearest request seed."""
        nearest = [np.empty((2, 0))]
        for start in range(0, len(vectors), _CHUNK):
            few = vectors[start : start + _CHUNK]
            nearest.append(np.stack([(few @ seeds.T).max(axis=1) for seeds in (self._courtesy, self._requests)]))
        steps = (np.concatenate(nearest, axis=1) - self._zero) / self._step
        return steps[0], steps[1]

    def _is_courtesy(self, text: str, similarity: float, margin: float) -> bool:
        """Say whether each clause is a seed, or the text means courtesy and its other clauses name nothing."""
        if len(text) > _MAX_CHARACTERS or not has_letter(text) or has_digit(text):
            return False
        clauses = [clause for clause in _CLAUSE_END.split(text) if has_letter(clause)]
        others = [clause for clause in clauses if not self._is_seed(clause)]
        if not others:
            return True
        if similarity < _MIN_SIMILARITY or _QUESTION.search(text):
            return False
        max_unknown = _MAX_UNKNOWN if margin >= _MIN_MARGIN else 0.0
        return all(self._share_unknown(clause) <= max_unknown for clause in others)

    def _is_seed(self, clause: str) -> bool:
        """Say whether a clause is a seed, or nothing but seeds in a row, maybe misspelt."""
        if is_unspaced(clause.strip()) and " " in clause.strip():
            return all(self._is_seed(part) for part in clause.split())
        return self._is_phrase(clause) or self._is_phrase(" ".join(map(self._spelling.correct, _terms_of(clause))))

    def _is_phrase(self, clause: str) -> bool:
        terms = _terms_of(strip_courtesy(clause))
        return not terms or " ".join(terms) in self._phrases

    def _share_unknown(self, clause: str) -> float:
        """Measure the share of a clause's words that no seed holds, 0 to 1."""
        terms = _terms_of(clause)
        return sum(term not in self._words for term in terms) / max(1, len(terms))
