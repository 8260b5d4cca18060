"""Words and phrases of texts, as candidates for the name of what the texts have in common."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ml.function_words import FUNCTION_WORDS
from ml.stems import stem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Scripts written without spaces: Thai, Lao, Myanmar, Khmer, hiragana, Han. There a character counts as a word.
_UNSPACED: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_KATAKANA: Final = "\u30a0-\u30ff"  # Borrowed words, each a run of its own.
_WORD: Final = re.compile(
    rf"[{_UNSPACED}]|[{_KATAKANA}]+|[^\W_{_UNSPACED}{_KATAKANA}]+(?:['&;-][^\W_{_UNSPACED}{_KATAKANA}]+)*"
)
_IS_UNSPACED: Final = re.compile(rf"[{_UNSPACED}{_KATAKANA}]")
_IS_HIRAGANA: Final = re.compile("[\u3040-\u309f]")  # Japanese grammar, as function words are in English.
_CLAUSE: Final = re.compile(r"[.!?:,()\[\]\n\u3001\u3002\uff01\uff0c\uff1f]+|;+(?=\s|$)")

MAX_CONTENT_WORDS: Final = 3
MAX_CONTENT_CHARACTERS: Final = 4
"""The same for scripts without spaces."""
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
            longest = MAX_CONTENT_CHARACTERS if is_unspaced(words[first]) else MAX_CONTENT_WORDS
            for end in range(start + 1, min(start + longest, len(content)) + 1):
                last = content[end - 1][0]
                if last - first < MAX_SPAN_WORDS:
                    key = tuple(stemmed for _, stemmed in content[start:end])
                    yield Phrase(key, join_words(words[first : last + 1]))


def clauses_of(text: str) -> Iterator[list[str]]:
    """Yield the words of each clause as they are written; only the beginning of a long text is read."""
    for clause in _CLAUSE.split(text[:_MAX_CHARACTERS].replace("\u2019", "'")):
        if words := _WORD.findall(clause):
            yield words


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
