"""Clean texts before they are tokenized, so that punctuation and symbols around words do not change the vector."""

from __future__ import annotations

import re
import unicodedata
from typing import Final


def clean_text(text: str) -> str:
    """Normalise a text (NFKC) and remove symbols and punctuation around its words.

    Tokenizers read "refund💸" as one unknown word. So symbols beyond ASCII (emoji, arrows, ™, €) become spaces, and
    punctuation around words is removed: "refund!!!" becomes "refund". Punctuation inside names stays: C++, C#, node.js,
    10:30, don't. A text without a letter or digit keeps its punctuation, and its symbols are replaced by their Unicode
    names: "👍" becomes "thumbs up sign". White space becomes single spaces.
    """
    if not any(character.isalnum() for character in text):
        return unicodedata.normalize("NFKC", text.translate(_NAMES))
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_SPACES))
    return " ".join(_MARKS_AROUND_WORDS.sub(" ", text).split())


class _Replacements(dict[int, str]):
    """A table for `str.translate`, filled on demand.

    Args:
        is_named: whether symbols are replaced by their names or by spaces.
    """

    def __init__(self, *, is_named: bool) -> None:
        super().__init__()
        self._is_named = is_named

    def __missing__(self, code: int) -> str:
        self[code] = replacement = self._replace(chr(code))
        return replacement

    def _replace(self, character: str) -> str:
        if character in _APOSTROPHES:
            return "'"
        if not _is_symbol(character):
            return character
        is_named = self._is_named and unicodedata.category(character) != "Sk"  # Skin tones say nothing.
        name = unicodedata.name(character, "") if is_named else ""
        return f" {name.lower()} "


_APOSTROPHES = frozenset("\N{ACUTE ACCENT}\N{RIGHT SINGLE QUOTATION MARK}\N{MODIFIER LETTER APOSTROPHE}")
"""Characters typed for an apostrophe; NFKC would replace the first by a space and split the word."""


def _is_symbol(character: str) -> bool:
    """Say whether a character is a symbol beyond ASCII, or unassigned; an enclosed letter is a letter."""
    folded = unicodedata.normalize("NFKC", character)
    if character.isascii() or (len(folded) == 1 and folded.isalnum()):
        return False
    category = unicodedata.category(character)
    return category[0] == "S" or category in {"Cn", "Co", "Cs", "Me"} or character in _VARIATIONS


_VARIATIONS = frozenset(map(chr, range(0xFE00, 0xFE10)))
"""Variation selectors."""

_SPACES = _Replacements(is_named=False)
_NAMES = _Replacements(is_named=True)
_KEPT: Final = frozenset("#@&%/\\")
"""Punctuation of ASCII that may begin or end a name: C#, R&D, AT&T."""
_LAST_MARK: Final = 0x3100
"""Above are East Asian letters, and full-width forms, which NFKC replaces."""
_MARKS: Final = "".join(
    re.escape(character)
    for character in map(chr, range(_LAST_MARK))
    if unicodedata.category(character)[0] == "P" and character not in _KEPT
)
_MARKS_AROUND_WORDS: Final = re.compile(rf"(?<!\w)[{_MARKS}`~]+|[{_MARKS}`~]+(?!\w)|(?<=[^\W\d])[,;!?、。]+(?=[^\W\d])")
