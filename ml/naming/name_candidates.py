"""Extract candidate names from messages: whole short messages or sentences, cleaned."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from contracts.masking.masker import blank_masks
from ml.phrases.courtesy_phrases import ASSENT, POLITE
from ml.privacy import mask_personal_data
from ml.segmentation import is_unspaced
from ml.words import WORD, normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

MAX_CHARACTERS: Final = 48
_MAX_TEXT: Final = 1_000
_SENTENCE_END: Final = re.compile(r"(?<=[.!?\u0964\u06d4])\s+|(?<=[\u3002\uff01\uff1f\u061f])\s*|[\n\r\u2028\u2029]+")
_CLAUSE_END: Final = re.compile(r"[,;:\uff0c\uff1b\uff1a\u3001\u060c\u061b()]+\s*|\s+[-\u2013\u2014]+\s+")
_QUESTION_MARKS: Final = "?\uff1f\u061f"
_MARKUP: Final = re.compile(r"[<>{}\[\]\u2039\u203a|\\@#=*_~^`/]|://")
_MARKS_OF_SENTENCES: Final = (
    "\"'`\u201c\u201d\u2018\u2019\u00ab\u00bb.,;:!?\u2026\u00a1\u00bf-\u2013\u2014"
    "\u3002\uff01\uff0c\uff1f\uff1b\uff1a\u3001\u0964\u060c\u061f"
)
_TRIMMED: Final = f" \t{_MARKS_OF_SENTENCES}"
_SEPARATORS: Final = frozenset(_MARKS_OF_SENTENCES) - {"'"}
_HIDDEN: Final = frozenset(("So", "Sk", "Cs", "Co", "Cn", "Cc"))
"""Unicode categories of symbols, emoji and invisible characters."""
_MIN_LETTERS: Final = 3
_LIST_MARK: Final = " \u00b7 "


def clean_text(text: str) -> str:
    """Remove symbols, emoji and repeated blanks from each line, and compose letters (NFC)."""
    shown = "".join(
        " "
        if unicodedata.category(character) in {"So", "Sk", "Cs", "Co", "Cn", "Cc"} and character != "\n"
        else character
        for character in normalise(text[:_MAX_TEXT])
    )
    return "\n".join(" ".join(line.split()) for line in shown.splitlines())


def candidates_of(text: str, strip: Callable[[str], str] | None = None) -> Iterator[str]:
    """Yield the candidate names of a message: its sentences, else their clauses and beginnings, cleaned.

    A sentence with an address, a number or markup is no candidate.

    Args:
        text: the message.
        strip: strips the edges of a piece; by default `strip_courtesy`.
    """
    strip = strip or strip_courtesy
    whole = clean_text(mask_personal_data(text[:_MAX_TEXT]))
    sentences = _sentences(whole)
    for pieces in (sentences, split_clauses(whole)):
        found = [name for piece in pieces if (name := clean_name(piece, strip))]
        if pieces is not sentences:
            beginnings = [_beginning(strip(piece)) for piece in sentences]
            found += [f"{name}\u2026" for piece in beginnings if (name := clean_name(piece, strip))]
        if found:
            yield from dict.fromkeys(found)
            return


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a message, cleaned like candidate names, with blank masks."""
    return _sentences(clean_text(blank_masks(mask_personal_data(text[:_MAX_TEXT]))))


def find_clause_ends(sentence: str) -> list[tuple[int, int]]:
    """Return the spans of the punctuation between clauses: commas, colons, dashes, brackets."""
    return [found.span() for found in _CLAUSE_END.finditer(sentence)]


def clean_name(piece: str, strip: Callable[[str], str] | None = None) -> str:
    """Turn a piece of a message into a name: without courtesy, in sentence case, without a final mark except "?".

    Returns:
        The name; empty if the piece is too long, has no content, or holds personal data.
    """
    bare = (strip or strip_courtesy)(piece)
    name = _sentence_case(bare) + question_mark(piece)
    n_letters = sum(character.isalpha() for character in name)
    is_usable = (
        n_letters >= (2 if is_unspaced(name) else _MIN_LETTERS)
        and len(name) <= MAX_CHARACTERS
        and not _MARKUP.search(name)
        and mask_personal_data(name) == name
    )
    return name if is_usable else ""


def list_words(words: Sequence[str]) -> str:
    """Name something by a list of words, for which no message has a sentence: `Play · music`."""
    first, *rest = words
    return _LIST_MARK.join([first[:1].upper() + first[1:] if first.islower() else first, *rest])


def is_word_list(name: str) -> bool:
    """Say whether a name is a list of words, so that nobody said it as it is."""
    return _LIST_MARK in name


def question_mark(piece: str) -> str:
    """Return the question mark at the end of a piece of a message; empty if it is no question."""
    end = piece.rstrip(" \"'!.)")[-1:]
    return end if end and end in _QUESTION_MARKS else ""


def strip_courtesy(piece: str) -> str:
    """Strip greetings, thanks and assent from both ends of a piece of a message."""
    bare = piece.strip(_TRIMMED)
    while True:
        shorter = _without_opening(_without_closing(bare)).strip(_TRIMMED)
        if shorter == bare:
            return bare
        bare = shorter


def _without_opening(text: str) -> str:
    folded = text.casefold()
    for phrase in _LONGEST_FIRST:
        if folded.startswith(phrase):
            rest = text[len(phrase) :]
            if _may_end(phrase, rest[:1]) and (phrase in _FREE or rest[:1] in _SEPARATORS):
                return rest
    return text


def _without_closing(text: str) -> str:
    folded = text.casefold()
    for phrase in _LONGEST_FIRST:
        if folded.endswith(phrase) and len(folded) == len(text):
            rest = text[: len(text) - len(phrase)]
            last = rest.rstrip()[-1:]
            if _may_end(phrase, rest[-1:]) and (phrase in _FREE or last in _SEPARATORS):
                return rest
    return text


def _may_end(phrase: str, neighbour: str) -> bool:
    """Say whether a phrase can end beside this character without splitting a word."""
    is_letter = neighbour.isalnum() or unicodedata.category(neighbour or " ")[0] == "M" or neighbour in {"'", "-"}
    return not is_letter or (is_unspaced(phrase) and len(phrase) > 1 and unicodedata.category(neighbour)[0] != "M")


def _sentences(text: str) -> list[str]:
    return [sentence for sentence in _SENTENCE_END.split(text) if sentence]


def split_clauses(text: str) -> list[str]:
    """Split a text at the marks that end sentences or clauses, and at line ends."""
    return [clause for sentence in _sentences(text) for clause in _CLAUSE_END.split(sentence) if clause]


def _beginning(bare: str) -> str:
    """Return the first words of a long sentence; empty if no word ends early enough."""
    return bare[:MAX_CHARACTERS].rpartition(" ")[0] if len(bare) > MAX_CHARACTERS else ""


def _sentence_case(text: str) -> str:
    """Capitalize the first letter, except of words like `iPhone`; write all capitals in lower case."""
    if text.isupper() and len(WORD.findall(text)) > 1:
        text = text.lower()
    first = next(iter(WORD.findall(text)), "")
    return text[:1].upper() + text[1:] if first.islower() or not first[1:].strip("abcdefghijklmnopqrstuvwxyz") else text


_FREE: Final = frozenset(phrase.casefold() for phrase in POLITE)
_LONGEST_FIRST: Final = tuple(
    sorted({phrase.casefold() for phrase in (*POLITE, *ASSENT)}, key=lambda phrase: (-len(phrase), phrase))
)
