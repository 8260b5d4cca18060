"""A project's own patterns: regular expressions of RE2, whose time is linear in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from contracts.masking.errors import MaskingError
from contracts.masking.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from contracts.masking.numbers import Span

MAX_OWN_PATTERNS: Final = 20
MAX_PATTERN_CHARACTERS: Final = 200
MAX_PROGRAM_SIZE: Final = 2_000
"""Instructions of a compiled pattern; where RE2's fast way runs out of memory, its time is in proportion to them."""
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,19}")
_BYTE: Final = re.compile(r"(?<!\\)(?:\\\\)*\\C")
_ALLOWED_NAMES: Final = "a lower-case letter, and up to 19 more letters, digits, - or _"


@dataclass(frozen=True)
class OwnPattern:
    """What a project masks besides the known kinds.

    Args:
        name: The name that is put in place of the text, in ‹ and ›.
        pattern: A regular expression in RE2's syntax.
    """

    name: str
    pattern: str


def check_own_pattern(name: str, pattern: str) -> OwnPattern:
    """Return the pattern if it may be used.

    Raises:
        MaskingError: the name or the pattern is not allowed.
    """
    if _NAME.fullmatch(name) is None or name in KINDS:
        why = f"{', '.join(sorted(KINDS))} are taken; " if name in KINDS else ""
        raise MaskingError(f"The name of a pattern cannot be {name!r}: {why}allowed are {_ALLOWED_NAMES}.")
    if not 1 <= len(pattern) <= MAX_PATTERN_CHARACTERS:
        raise MaskingError(
            f"The pattern {name!r} has {len(pattern)} characters; allowed are 1 to {MAX_PATTERN_CHARACTERS}."
        )
    if _BYTE.search(pattern):
        raise MaskingError(
            f"The pattern {name!r} has \\C, which matches a byte of a letter; a full stop matches a whole one."
        )
    try:
        compiled = _compile(pattern)
    except ValueError as error:
        raise MaskingError(
            f"The pattern {name!r} is not a regular expression of RE2, which has no lookaround and no backreferences: "
            f"{error}."
        ) from None
    if compiled.programsize > MAX_PROGRAM_SIZE:
        raise MaskingError(
            f"The pattern {name!r} compiles to {compiled.programsize:,} instructions; allowed are "
            f"{MAX_PROGRAM_SIZE:,}. Use smaller numbers of repetitions."
        )
    if compiled.search("") is not None:
        raise MaskingError(f"The pattern {name!r} matches the empty text, and so every place of every text.")
    return OwnPattern(name, pattern)


def check_kinds(kinds: Iterable[str]) -> frozenset[str]:
    """Return the kinds if all are known.

    Raises:
        MaskingError: one is not.
    """
    chosen = frozenset(kinds)
    unknown = sorted(chosen - KINDS.keys())
    if unknown:
        raise MaskingError(f"{unknown[0]!r} is no kind of data that is masked; allowed are {', '.join(sorted(KINDS))}.")
    return chosen


def own_spans(own: OwnPattern, text: str) -> Iterator[Span]:
    """Yield the places of a text that match a checked pattern."""
    for found in _compile(own.pattern).finditer(text):
        start, end = found.span()
        if end > start:
            yield start, end


@lru_cache(maxsize=1024)
def _compile(pattern: str) -> Any:
    """Compile a pattern.

    Raises:
        ValueError: it is no pattern of RE2.
    """
    import re2  # noqa: PLC0415  # only projects with patterns of their own need it

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        raise ValueError(reason.decode(errors="replace") if isinstance(reason, bytes) else reason) from None
