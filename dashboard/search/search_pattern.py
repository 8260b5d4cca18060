"""Compile a search query to regular expressions that ignore case and accents.

One pass of RE2 over a text costs less than lowering or folding it first. A pattern that ignores case alone is several
times as fast as one that also ignores accents: in the latter each letter becomes the class of all characters that fold
to it, and combining marks may follow.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAX_TERMS = 6
MAX_QUERY_CHARACTERS = 200
_TERM = re.compile(r'"([^"]*)"|([^\s"]+)')
_MARKS = r"[\x{300}-\x{36f}]*"
_FOLDED_UP_TO = 0x2000
"""Code points below this include the Latin, Greek and Cyrillic letters with accents."""


def terms_of(query: str) -> list[str]:
    """Split a query into words and quoted phrases, without case and accents; a message must contain all of them."""
    found = (phrase or word for phrase, word in _TERM.findall(query[:MAX_QUERY_CHARACTERS].replace("\x00", " ")))
    terms = (" ".join(fold(term).split()) for term in found)
    return [term for term in dict.fromkeys(terms) if term][:MAX_TERMS]


def bindings_of(terms: Sequence[str]) -> dict[str, str | None]:
    """Return the parameters of `found_messages.sql`: patterns without case, and patterns without accents too."""
    bound: dict[str, str | None] = {}
    for place in range(MAX_TERMS):
        term = terms[place] if place < len(terms) else None
        bound[f"pattern_{place + 1}"] = pattern_of(term) if term else None
        bound[f"folding_{place + 1}"] = folding_pattern_of(term) if term else None
    return bound


def fold(text: str) -> str:
    """Remove case and accents from a text."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return unicodedata.normalize("NFC", "".join(mark for mark in decomposed if not unicodedata.combining(mark)))


def pattern_of(term: str) -> str:
    """Return the regular expression (RE2) that ignores case; white space in a term stands for any white space."""
    return "(?i)" + _join(term, lambda character: rf"\x{{{ord(character):x}}}")


def folding_pattern_of(term: str) -> str:
    """Return the regular expression (RE2) that ignores case and accents, of a folded term."""
    return _join(term, _class_of)


def _join(term: str, pattern: Callable[[str], str]) -> str:
    return "".join(r"\s+" if character == " " else pattern(character) for character in term)


@cache
def _class_of(character: str) -> str:
    alike = {character, character.upper(), *_variants().get(character, ())}
    inside = "".join(rf"\x{{{ord(each):x}}}" for each in sorted(alike) if len(each) == 1)
    return f"[{inside}]{_MARKS}" if character.isalpha() else f"[{inside}]"


@cache
def _variants() -> dict[str, list[str]]:
    """Return the characters that fold to each character."""
    variants: dict[str, list[str]] = {}
    for code in range(0x80, _FOLDED_UP_TO):
        folded = fold(chr(code))
        if len(folded) == 1:
            variants.setdefault(folded, []).append(chr(code))
    return variants
