"""What is done to a text before any tokenizer sees it: what stands around its words must not change its vector."""

from __future__ import annotations

import re
import unicodedata
from typing import Final


def clean_text(text: str) -> str:
    """Leave a text's words, in their compatibility form (NFKC: full-width letters and ligatures become plain ones).

    Tokenizers read "refund💸" as one word, which they do not know. So symbols beyond ASCII (emoji, arrows, ™, €) become
    spaces, and punctuation between words is left out: "refund!!!" is "refund". What may belong to a name stays: C++,
    C#, node.js, 10:30, don't. A text without a letter or digit keeps its punctuation, and its symbols are read by
    their Unicode names: "👍" says "thumbs up sign". White space comes out as
    single spaces between words.
    """
    if not any(character.isalnum() for character in text):
        return unicodedata.normalize("NFKC", text.translate(_NAMES))
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_SPACES))
    return " ".join(_MARKS_AROUND_WORDS.sub(" ", text).split())


class _Replacements(dict[int, str]):
    """A table for `str.translate`, filled as characters are met.

    Args:
        is_named: whether symbols are replaced by their names, not by spaces.
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
"""Typed for an apostrophe; the first has a space in its compatibility form, which would cut the word in two."""


def _is_symbol(character: str) -> bool:
    """Whether a character is a symbol beyond ASCII, or of no known kind; a letter in a circle is a letter."""
    folded = unicodedata.normalize("NFKC", character)
    if character.isascii() or (len(folded) == 1 and folded.isalnum()):
        return False
    category = unicodedata.category(character)
    return category[0] == "S" or category in {"Cn", "Co", "Cs", "Me"} or character in _VARIATIONS


_VARIATIONS = frozenset(map(chr, range(0xFE00, 0xFE10)))
"""They say how the emoji before them is drawn."""

_SPACES = _Replacements(is_named=False)
_NAMES = _Replacements(is_named=True)
_KEPT: Final = frozenset("#@&%/\\")
"""Punctuation of ASCII that may begin or end a name: C#, R&D, AT&T."""
_LAST_MARK: Final = 0x3100
"""Beyond stand letters of East Asia and, folded by NFKC, wide forms of what is below."""
_MARKS: Final = "".join(
    re.escape(character)
    for character in map(chr, range(_LAST_MARK))
    if unicodedata.category(character)[0] == "P" and character not in _KEPT
)
_MARKS_AROUND_WORDS: Final = re.compile(rf"(?<!\w)[{_MARKS}`~]+|[{_MARKS}`~]+(?!\w)|(?<=[^\W\d])[,;!?、。]+(?=[^\W\d])")
