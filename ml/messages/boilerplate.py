"""Find and strip boilerplate: passages that nearly all texts of a field share, such as instructions or signatures."""

from __future__ import annotations

import itertools
import math
import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ml.segmentation import MARKS, UNSPACED, is_unspaced
from ml.words import WORD, has_letter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MIN_TEXTS: Final = 50
"""Fewer texts are not searched."""
_MIN_SHARE: Final = 0.9
"""Share of the texts that must hold an n-gram."""
_N: Final = 3
_MIN_WORDS: Final = 8
_MIN_CHARACTERS: Final = 40
"""A passage within a line is boilerplate from either length on: many texts begin with "how do I"."""
_MAX_SLOT_WORDS: Final = 3
"""Words with a letter in a variable part of boilerplate (a name, a date), at the 90th percentile."""
_MAX_SLOT_SHARE: Final = 1 / 3
"""Maximum length of a slot, as a share of the longest gap of a text: a longer gap is the message itself."""
_MIN_SPEAKING: Final = 0.5
"""Share of the texts that must have a word left; else the shared passage is the message: "Order 17 has shipped"."""
_EDGE: Final = 5
"""Tokens at the beginning or the end by which texts are grouped."""
_MIN_GROUP: Final = 0.1
"""Minimum size of a group that is searched by itself, as a share of the texts."""
_CONTEXT: Final = 4
"""Tokens on either side that identify a slot: `regards`, a comma and a line break."""
_BREAK: Final = "\n"
_CLOSING: Final = frozenset(".,;!?)…।。！？؟、")  # noqa: RUF001  # full-width marks are meant
_QUOTED: Final = f"{_BREAK} {_BREAK} >"
_QUOTATION: Final = re.compile(r"(\n>[^\n]*)+\s*\Z")
"""A quoted e-mail at the end of a text; it is removed if nearly all texts quote one."""
_TOKEN: Final = re.compile(rf"\s*\n\s*|[{UNSPACED}][{MARKS}]*|{WORD.pattern}|\S")


@dataclass(frozen=True)
class Boilerplate:
    """Word n-grams that nearly all texts of a field hold, and the variable parts (slots) between them.

    Shingles (Broder 1997, "On the resemblance and containment of documents") held by nearly all texts cover what the
    texts share word for word; what they leave uncovered is a slot or the message itself.

    Attributes:
        ngrams: trigrams of words, marks and line breaks, joined by spaces.
        slots: the n-grams before and after each slot, joined by a tab.
    """

    ngrams: frozenset[str] = frozenset()
    slots: frozenset[str] = frozenset()

    def __or__(self, other: Boilerplate) -> Boilerplate:
        """Both together."""
        return Boilerplate(self.ngrams | other.ngrams, self.slots | other.slots)

    def __bool__(self) -> bool:
        return bool(self.ngrams)

    def strip(self, text: str) -> str:
        """Remove boilerplate from a text. Returns the text itself if it holds none, "" if nothing else is left."""
        if _QUOTED in self.ngrams:
            text = _QUOTATION.sub("", text)
        tokens = _Tokens.of(text)
        passages = self._passages(tokens)
        if not any(passage.is_boilerplate for passage in passages):
            return text
        passages = [passage for passage in passages if passage.is_boilerplate or passage.is_edge]
        borders = [0, *(place for passage in passages for place in passage.span), len(text)]
        pieces = (text[start:end].strip() for start, end in zip(borders[::2], borders[1::2], strict=True))
        return "\n".join(piece for piece in pieces if _says_something(piece))

    def runs(self, tokens: _Tokens) -> list[tuple[int, int]]:
        """Return the longest runs of tokens that are line breaks or in a boilerplate n-gram."""
        is_covered = [word == _BREAK for word in tokens.words]
        for start, ngram in enumerate(tokens.ngrams()):
            if ngram in self.ngrams:
                is_covered[start : start + _N] = [True] * _N
        runs = []
        for covered, places in itertools.groupby(range(len(is_covered)), key=is_covered.__getitem__):
            if covered:
                run = list(places)
                runs.append((run[0], run[-1] + 1))
        return runs

    def _passages(self, tokens: _Tokens) -> list[_Passage]:
        """Return the covered runs, joined across slots."""
        runs = self.runs(tokens)
        joined = runs[:1]
        for before, behind in itertools.pairwise(runs):
            is_short = tokens.n_lettered(before[1], behind[0]) <= 2 * _MAX_SLOT_WORDS
            is_slot = is_short and tokens.context(before, behind) in self.slots
            start = joined.pop()[0] if is_slot else behind[0]
            joined.append((start, behind[1]))
        return [_Passage(tokens, *run).trimmed() for run in joined]


def find_boilerplate(texts: Sequence[str]) -> Boilerplate:
    """Find the boilerplate of these texts, and of groups that begin or end alike, such as two versions of a prompt.

    Nothing is found in fewer than 50 texts, or if too little would be left of them. The cost is linear in the words:
    only n-grams of words that nearly all texts hold are counted.
    """
    tokenized = [_Tokens.of(text) for text in texts]
    groups: defaultdict[tuple[str, ...], list[_Tokens]] = defaultdict(list)
    for tokens in tokenized:
        groups["first", *tokens.words[: _N + _EDGE]].append(tokens)
        groups["last", *tokens.words[-_N - _EDGE :]].append(tokens)
    found = _find(tokenized)
    for group in groups.values():
        if _MIN_GROUP * len(texts) <= len(group) < _MIN_SHARE * len(texts):
            found |= _find(group)
    return found


def _find(tokenized: Sequence[_Tokens]) -> Boilerplate:
    least = math.ceil(_MIN_SHARE * len(tokenized))
    if len(tokenized) < MIN_TEXTS:
        return Boilerplate()
    common = _held_by(least, (set(tokens.words) for tokens in tokenized))
    ngrams = _held_by(least, (tokens.ngrams_of(common) for tokens in tokenized))
    found = Boilerplate(ngrams)
    found = Boilerplate(ngrams, _find_slots(found, tokenized))
    stripped = [found.strip(tokens.text) for tokens in tokenized]
    n_speaking = sum(map(has_letter, stripped))
    n_changed = sum(rest != tokens.text for rest, tokens in zip(stripped, tokenized, strict=True))
    is_sound = min(n_speaking, n_changed) >= _MIN_SPEAKING * len(tokenized)
    return found if is_sound else Boilerplate()


def _held_by(least: int, sets: Iterable[set[str]]) -> frozenset[str]:
    counts = Counter(each for held in sets for each in held)
    return frozenset(each for each, n in counts.items() if n >= least)


def _find_slots(found: Boilerplate, tokenized: Sequence[_Tokens]) -> frozenset[str]:
    """Find slots: gaps that most texts have, that are short, and much shorter than the longest gap of a text."""
    lengths: defaultdict[str, list[int]] = defaultdict(list)
    longest = 0
    for tokens in tokenized:
        gaps = [
            (tokens.context(before, behind), tokens.n_lettered(before[1], behind[0]))
            for before, behind in itertools.pairwise(found.runs(tokens))
        ]
        for context, length in gaps:
            lengths[context].append(length)
        longest += max((length for _, length in gaps), default=0)
    most = _MAX_SLOT_SHARE * longest / len(tokenized)
    return frozenset(
        context
        for context, counts in lengths.items()
        if context
        and 2 * len(counts) >= len(tokenized)
        and sorted(counts)[int(0.9 * len(counts))] <= _MAX_SLOT_WORDS
        and sum(counts) / len(counts) <= most
    )


@dataclass(frozen=True)
class _Tokens:
    """The words, punctuation and line breaks of a text. A line break is two tokens, and three pad either end.

    Therefore, no n-gram spans the words of two lines.

    Attributes:
        text: the text.
        words: its tokens, NFKC-normalised and case-folded.
        spans: start and end of each token in the text.
    """

    text: str
    words: list[str]
    spans: list[tuple[int, int]]

    @classmethod
    def of(cls, text: str) -> _Tokens:
        """Tokenize a text."""
        words, spans = [_BREAK] * _N, [(0, 0)] * _N
        for match in _TOKEN.finditer(text):
            is_break = "\n" in match.group()
            words += [_BREAK, _BREAK] if is_break else [unicodedata.normalize("NFKC", match.group()).casefold()]
            spans += [match.span()] * (1 + is_break)
        return cls(text, words + [_BREAK] * _N, spans + [(len(text), len(text))] * _N)

    def ngrams(self) -> Iterable[str]:
        """Return all n-grams, in order."""
        return map(" ".join, zip(*(self.words[start:] for start in range(_N)), strict=False))

    def ngrams_of(self, common: frozenset[str]) -> set[str]:
        """Return the n-grams whose tokens are all common."""
        is_common = [word in common for word in self.words]
        return {ngram for start, ngram in enumerate(self.ngrams()) if all(is_common[start : start + _N])}

    def context(self, before: tuple[int, int], behind: tuple[int, int]) -> str:
        """Return the context of a gap: the last tokens of one run and the first of the next; "" without a word."""
        last = self.words[max(before[0], before[1] - _CONTEXT) : before[1]]
        first = self.words[behind[0] : min(behind[1], behind[0] + _CONTEXT)]
        has_word = any(word[0].isalnum() for word in (*last, *first))
        return "\t".join((" ".join(last), " ".join(first))) if has_word else ""

    def n_lettered(self, start: int, end: int) -> int:
        """Count the tokens that hold a letter."""
        return sum(has_letter(word) for word in self.words[start:end])

    def n_words(self, start: int, end: int) -> float:
        """Count the words; a character of a script without spaces is half a word."""
        return sum(0.5 if is_unspaced(word) else 1.0 for word in self.words[start:end] if word[0].isalnum())

    def is_long(self, start: int, end: int) -> bool:
        """Say whether a passage is too long to be shared by chance."""
        n_words = self.n_words(start, end)
        n_characters = self.spans[end - 1][1] - self.spans[start][0] if end > start else 0
        is_spaced = not any(is_unspaced(word) for word in self.words[start:end])
        return n_words >= _MIN_WORDS or (n_words > 0 and is_spaced and n_characters >= _MIN_CHARACTERS)


@dataclass(frozen=True)
class _Passage:
    """Tokens from start to end that nearly all texts share, including slots."""

    tokens: _Tokens
    start: int
    end: int

    @property
    def span(self) -> tuple[int, int]:
        """Start and end of the passage in the text."""
        return self.tokens.spans[self.start][0], self.tokens.spans[self.end - 1][1]

    def trimmed(self) -> _Passage:
        """Leave to the message its final punctuation, and the few words that begin it ("…: how do I")."""
        words, start, end = self.tokens.words, self.start, self.end
        while start < end and words[start] in _CLOSING:
            start += 1
        last = max((place for place in range(start, end) if _is_mark(words[place])), default=start - 1)
        if not self._ends_line() and not self.tokens.is_long(last + 1, end):
            end = last + 1
        return _Passage(self.tokens, start, end)

    @property
    def is_boilerplate(self) -> bool:
        """Whether it is long, or whole lines, or the beginning of a line up to a colon."""
        if not self.tokens.n_words(self.start, self.end):
            return False
        is_line = self._begins_line() and (self._ends_line() or self.tokens.words[self.end - 1] == ":")
        return is_line or self.tokens.is_long(self.start, self.end)

    @property
    def is_edge(self) -> bool:
        """Whether it begins or ends the text, set off by punctuation: it goes with other boilerplate ("[/INST]")."""
        words = self.tokens.words
        return self.start == 0 or (self.start < self.end == len(words) and _is_mark(words[self.start]))

    def _begins_line(self) -> bool:
        """Whether a line break precedes its first word."""
        return _BREAK in itertools.takewhile(_is_mark, self.tokens.words[self.start : self.end])

    def _ends_line(self) -> bool:
        """Whether a line break follows its last word."""
        return _BREAK in itertools.takewhile(_is_mark, reversed(self.tokens.words[self.start : self.end]))


def _is_mark(word: str) -> bool:
    return not word[0].isalnum()


def _says_something(piece: str) -> bool:
    """Whether a piece holds more than punctuation: a letter, a digit or a symbol such as an emoji."""
    return any(
        character.isalnum() or (not character.isascii() and unicodedata.category(character)[0] == "S")
        for character in piece
    )
