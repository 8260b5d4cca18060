"""Correct misspelt words to those of a short list."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, Final

from ml.segmentation import is_unspaced
from ml.vocabulary import whole_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_MIN_LETTERS: Final = 4
"""Shorter words are one edit from too many others."""


class SpellingCorrector:
    """Corrects words that no language has and that are one edit from a word of a list.

    An edit adds, leaves out or changes a letter, or swaps two neighbours (Damerau 1964). Candidates are found by
    leaving out letters on both sides (Garbe's SymSpell), so the time of a word depends on its own length alone.

    Args:
        words: the list, in lower case.
    """

    def __init__(self, words: Collection[str]) -> None:
        self._words = frozenset(words)
        self._by_rest: defaultdict[str, set[str]] = defaultdict(set)
        for word in words:
            if len(word) >= _MIN_LETTERS and not is_unspaced(word):
                for rest in _rests(word):
                    self._by_rest[rest].add(word)
        self.correct = cache(self._correct)

    def _correct(self, term: str) -> str:
        """Return the word of the list that is meant; the term unchanged if there is none."""
        if term in self._words or len(term) < _MIN_LETTERS:
            return term
        near = {word for rest in _rests(term) for word in self._by_rest.get(rest, ()) if _is_one_edit(term, word)}
        return min(near) if near and whole_words() and term not in whole_words() else term


def _rests(word: str) -> Iterator[str]:
    """Yield the word, and what is left of it without each letter."""
    yield word
    for place in range(len(word)):
        yield word[:place] + word[place + 1 :]


def _is_one_edit(one: str, other: str) -> bool:
    if len(one) != len(other):
        longer, shorter = sorted((one, other), key=len, reverse=True)
        return shorter in set(_rests(longer)) - {longer}
    places = [place for place in range(len(one)) if one[place] != other[place]]
    first, last = places[0], places[-1]
    is_swapped = last == first + 1 and one[first] == other[last] and one[last] == other[first]
    return len(places) == 1 or is_swapped
