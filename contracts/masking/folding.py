"""Fold the spellings of a text: digits and letters of other widths and scripts, dashes, invisible characters."""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple

_FULL_STOPS: Final = "\u3002\uff61\ufe52"
_MINUS: Final = "\u2212"
_LINE_ENDS: Final = "\x85\u2028\u2029"
_INVISIBLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]+"
)
"""What shows nothing: zero-width characters, soft hyphens, marks of direction, variation selectors, tags."""


class Folded(NamedTuple):
    """A folded text.

    Args:
        text: In it, digits of every script and width are those of ASCII, as are letters of other widths, the signs of
            addresses, dashes and spaces; and nothing is invisible.
        places: For each of its characters, and for its end, the place in the original; None if all are the same.
    """

    text: str
    places: list[int] | None

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the original text, with what is invisible inside."""
        return (start, end) if self.places is None else (self.places[start], self.places[end - 1] + 1)


def fold(text: str) -> Folded:
    """Fold a text. One of ASCII characters is returned as it is."""
    if text.isascii():
        return Folded(text, None)
    folded = text.translate(_SPELLINGS)
    if _INVISIBLE.search(folded) is None:
        return Folded(folded, None)
    places: list[int] = []
    pieces: list[str] = []
    start = 0
    for hidden in _INVISIBLE.finditer(folded):
        pieces.append(folded[start : hidden.start()])
        places.extend(range(start, hidden.start()))
        start = hidden.end()
    pieces.append(folded[start:])
    places.extend(range(start, len(folded) + 1))
    return Folded("".join(pieces), places)


class _Spellings(dict[int, int]):
    """Maps a character's code to that of its plain spelling, worked out when it is first met."""

    def __missing__(self, code: int) -> int:
        self[code] = plain = ord(_plain(chr(code)))
        return plain


def _plain(character: str) -> str:  # noqa: PLR0911  # one per kind of character
    if character.isascii():
        return character
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    if character in _FULL_STOPS:
        return "."
    if character in _LINE_ENDS:
        return "\n"
    category = unicodedata.category(character)
    if category == "Pd" or character == _MINUS:
        return "-"
    if category == "Zs":
        return " "
    compatible = unicodedata.normalize("NFKC", character)
    return compatible if len(compatible) == 1 else character


_SPELLINGS: Final = _Spellings()
