"""Word forms folded to one key, so that `card`, `cards`, `charge` and `charged` are counted together."""

from __future__ import annotations

from typing import Final

_VOWELS: Final = frozenset("aeiouy")
_SHORTEST: Final = 3


def stem(word: str) -> str:
    """Fold a lower-case English word's plural and verb endings; words of other languages mostly stay as they are.

    The key is for counting, never for showing: `charge` becomes `charg`.
    """
    for ending, replacement in (("ies", "y"), ("ied", "y"), ("ing", ""), ("ed", ""), ("s", "")):
        base = word.removesuffix(ending)
        if base != word and len(base) >= _SHORTEST and not _VOWELS.isdisjoint(base) and base[-1] not in "siu":
            word = _undoubled(base) + replacement
            break
    return word[:-1] if len(word) > _SHORTEST and word.endswith("e") else word


def _undoubled(base: str) -> str:
    """`topp` of `topping` is `top`; `call` stays, as most words on l, s and z are written with two."""
    return base[:-1] if base[-1] == base[-2] and base[-1] not in "lsz" else base
