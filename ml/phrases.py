"""Words and phrases of texts, as candidates for the name of what the texts have in common."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ml.function_words import FUNCTION_WORDS
from ml.stems import stem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Scripts written without spaces: Thai, Lao, Myanmar, Khmer, hiragana, Han. There a character counts as a word, with the
# vowels and tones that are written around it: a consonant alone is no more a word of Thai than a letter is of English.
_UNSPACED: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_KATAKANA: Final = "\u30a0-\u30ff"  # Borrowed words, each a run of its own.
_CLUSTER: Final = (
    "[\u0e40-\u0e44]?[\u0e01-\u0e2e][\u0e30-\u0e3a\u0e45\u0e47-\u0e4e]*"  # Thai
    "|[\u0ec0-\u0ec4]?[\u0e81-\u0eae\u0edc-\u0edf][\u0eb0-\u0ebd\u0ec8-\u0ece]*"  # Lao
    "|[\u1000-\u102a](?:\u1039[\u1000-\u1021]|[\u102b-\u1038\u103a-\u103e])*"  # Myanmar
    "|[\u1780-\u17b3](?:\u17d2[\u1780-\u17a2]|[\u17b4-\u17d1\u17dd])*"  # Khmer
)
_IN_CLUSTERS: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_WORD: Final = re.compile(
    rf"{_CLUSTER}|[{_UNSPACED}]|[{_KATAKANA}]+|[^\W_{_UNSPACED}{_KATAKANA}]+(?:['&;-][^\W_{_UNSPACED}{_KATAKANA}]+)*"
)
_IS_UNSPACED: Final = re.compile(rf"[{_UNSPACED}{_KATAKANA}]")
_IS_HIRAGANA: Final = re.compile("[\u3040-\u309f]")  # Japanese grammar, as function words are in English.
_CLAUSE: Final = re.compile(r"[.!?:,()\[\]\n\u3001\u3002\uff01\uff0c\uff1f]+|;+(?=\s|$)")

MAX_CONTENT_WORDS: Final = 3
MAX_CONTENT_CHARACTERS: Final = 4
"""The same for scripts without spaces."""
MAX_CONTENT_CLUSTERS: Final = 6
"""The same where a character stands for a sound and not for a meaning: Thai, Lao, Myanmar, Khmer."""
MAX_SPAN_WORDS: Final = 5
_MAX_CHARACTERS: Final = 1_000
"""What a text is about is said early; the rest of a pasted log would only cost time."""


Key = tuple[str, ...]


@dataclass(frozen=True)
class Phrase:
    """Some content words in a row, and the words as they stood in the text.

    Attributes:
        key: the content words' stems: what is counted.
        surface: the words from first to last, function words between them included.
    """

    key: Key
    surface: str


def phrases_of(text: str) -> Iterator[Phrase]:
    """Yield every run of a few content words within a clause, spanning at most five words, in reading order."""
    for words in clauses_of(text.lower()):
        content = [(place, word_key(word)) for place, word in enumerate(words) if is_content(word)]
        for start, (first, _) in enumerate(content):
            longest = _most_in_a_row(words[first])
            for end in range(start + 1, min(start + longest, len(content)) + 1):
                last = content[end - 1][0]
                if last - first < max(MAX_SPAN_WORDS, longest):
                    key = tuple(stemmed for _, stemmed in content[start:end])
                    yield Phrase(key, join_words(words[first : last + 1]))


def clauses_of(text: str) -> Iterator[list[str]]:
    """Yield the words of each clause as they are written; only the beginning of a long text is read."""
    for clause in _CLAUSE.split(text[:_MAX_CHARACTERS].replace("\u2019", "'")):
        if words := _WORD.findall(clause):
            yield words


def _most_in_a_row(word: str) -> int:
    """How many content words a phrase may have that begins with this one."""
    if _IN_CLUSTERS.match(word):
        return MAX_CONTENT_CLUSTERS
    return MAX_CONTENT_CHARACTERS if is_unspaced(word) else MAX_CONTENT_WORDS


def word_key(word: str) -> str:
    """What a lower-case word is counted under: `e-mails` and `email` are one."""
    return stem(word.replace("-", ""))


def join_words(words: Sequence[str]) -> str:
    """Write words in a row: with spaces, except between characters of scripts that have none."""
    joined = ""
    for word in words:
        glued = joined and _IS_UNSPACED.match(word) and _IS_UNSPACED.match(joined[-1])
        joined += word if glued or not joined else f" {word}"
    return joined


def is_unspaced(word: str) -> bool:
    """Whether a word is of a script written without spaces, where one character alone says little."""
    return bool(_IS_UNSPACED.match(word))


def is_content(word: str) -> bool:
    """Whether a lower-case word can say what a text is about."""
    if _IS_UNSPACED.match(word):
        return not _IS_HIRAGANA.match(word)
    return len(word) > 1 and word not in FUNCTION_WORDS and not word[0].isdigit()
