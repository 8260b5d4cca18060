"""Find phrases that begin or end messages of many topics and so name none of them: "Question:", "…, asap"."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

from ml.naming.name_candidates import find_clause_ends, question_mark, sentences_of, strip_courtesy
from ml.segmentation import is_unspaced
from ml.words import WORD, has_digit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_MAX_WORDS: Final = 3
"""Words of a phrase that a comma or colon sets apart from the rest."""
_MIN_TOPICS: Final = 3
_MIN_TOPIC_SHARE: Final = 0.1
"""A phrase is stripped if it stands at this edge in this share of the topics, and in at least three."""
_MIN_AT_END: Final = 0.8
"""Share of a word's occurrences that must be at the end: `asap` is there, `page` anywhere."""
_MIN_OPTIONAL: Final = 0.5
"""Share of its sentences that could end before it, as other sentences do: `the page` could not."""
_MAY_END: Final = 0.05
"""Share of a word's occurrences that must end a sentence for others to end there: `of` hardly ever does."""


class EdgePhrases:
    """Strips phrases at the edges of one field's sentences from names.

    There are three kinds: up to three words before an early comma or colon, up to three words after the last one, and
    optional last words. All are found by counting, without word lists, in any language.

    Args:
        topics: texts of each topic.
    """

    def __init__(self, topics: Sequence[Iterable[str]]) -> None:
        openings: Counter[str] = Counter()
        closings: Counter[str] = Counter()
        last_words: Counter[str] = Counter()
        sentences: list[list[str]] = []
        for texts in topics:
            found: defaultdict[str, set[str]] = defaultdict(set)
            for sentence in (strip_courtesy(each) for text in texts for each in sentences_of(text)):
                words = [word.casefold() for word in WORD.findall(sentence)]
                sentences.append(words)
                found["openings"].update(_fold(opening) for opening, _ in _openings(sentence))
                found["closings"].update(_fold(closing) for _, closing in _closings(sentence))
                found["last"].update(words[-1:] if len(words) > _MAX_WORDS else [])
            openings.update(found["openings"])
            closings.update(found["closings"])
            last_words.update(found["last"])
        enough = max(_MIN_TOPICS, _MIN_TOPIC_SHARE * len(topics))
        self._openings = _frequent(openings, enough)
        self._closings = _frequent(closings, enough)
        self._last_words, self._may_end = _find_optional(sentences, _frequent(last_words, enough))

    def strip_edges(self, piece: str) -> str:
        """Strip courtesy and these phrases from both ends of a piece of a message."""
        bare, is_question = strip_courtesy(piece), bool(question_mark(piece))
        while (shorter := strip_courtesy(self._without_edges(bare, is_question=is_question))) != bare:
            bare = shorter
        return bare

    def _without_edges(self, text: str, *, is_question: bool) -> str:
        for opening, rest in _openings(text):
            if _fold(opening) in self._openings and WORD.search(rest):
                return rest
        for rest, closing in _closings(text):
            if _fold(closing) in self._closings and WORD.search(rest):
                return rest
        if is_question:  # without its last word it would be another question
            return text
        words = list(WORD.finditer(text))
        if len(words) > _MAX_WORDS:
            before, last = (word.group().casefold() for word in words[-2:])
            if last in self._last_words and before in self._may_end:
                return text[: words[-1].start()]
        return text


def _openings(sentence: str) -> Iterator[tuple[str, str]]:
    """Yield the words before the first comma or colon, if they are few, and the rest."""
    for start, end in find_clause_ends(sentence)[:1]:
        if 0 < len(WORD.findall(sentence[:start])) <= _MAX_WORDS:
            yield sentence[:start], sentence[end:]


def _closings(sentence: str) -> Iterator[tuple[str, str]]:
    """Yield the text before the last comma or colon, and the words after it, if they are few."""
    for start, end in find_clause_ends(sentence)[-1:]:
        if 0 < len(WORD.findall(sentence[end:])) <= _MAX_WORDS:
            yield sentence[:start], sentence[end:]


def _fold(phrase: str) -> str:
    return " ".join(WORD.findall(phrase.casefold()))


def _frequent(n_topics: Counter[str], enough: float) -> frozenset[str]:
    return frozenset(phrase for phrase, n in n_topics.items() if n >= enough)


def _find_optional(sentences: Sequence[Sequence[str]], words: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Find words that stand almost only at the end of sentences, which could also end before them.

    Returns:
        These words, and the words before them with which a sentence may end.
    """
    n_all = Counter(word for sentence in sentences for word in sentence if word in words)
    n_at_end = Counter(sentence[-1] for sentence in sentences if sentence)
    ends = Counter(sentence[-1] for sentence in sentences if len(sentence) > 1)
    before = {sentence[-2] for sentence in sentences if len(sentence) > 1 and sentence[-1] in words}
    n_before = Counter(word for sentence in sentences for word in sentence if word in before)
    may_end = {word for word in before if not has_digit(word) and ends[word] >= _MAY_END * n_before[word]}
    n_optional = Counter(
        sentence[-1]
        for sentence in sentences
        if len(sentence) > 1 and sentence[-1] in words and sentence[-2] in may_end
    )
    optional = frozenset(
        word
        for word in words
        if not is_unspaced(word)
        and n_at_end[word] >= _MIN_AT_END * n_all[word]
        and 0 < n_optional[word] >= _MIN_OPTIONAL * ends[word]
    )
    return optional, frozenset(may_end)
