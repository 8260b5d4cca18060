"""Name areas by keywords that cover most of their messages, else after their largest topic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ml.naming.name_candidates import list_words
from ml.words import find_keywords, terms_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ml.words import Background

_MAX_WORDS: Final = 3
_MIN_GAIN: Final = 0.05
"""Share of the messages that a further word must add."""
_TARGET_COVERAGE: Final = 0.8
"""Share of the messages from which no further word is added."""
_MIN_HELD: Final = 0.25
"""Share of the messages that must hold a word of the name: one text may be half of an area."""
_MIN_SHARE: Final = 0.04


def area_names(
    texts: Sequence[str],
    n_messages: Sequence[int],
    parts: Sequence[str],
    shares: Mapping[str, float],
    background: Background,
) -> Iterator[str]:
    """Yield names of an area, best first.

    Args:
        texts: of the area.
        n_messages: how often each text was said.
        parts: names of its topics, the largest first.
        shares: of the area's terms, 0 to 1.
        background: of all areas.
    """
    in_names = {term for part in parts for term in terms_of(part)}
    words, held = _greedy_cover(
        find_keywords(texts, shares, background, _MIN_SHARE, among=in_names or None),
        [" ".join(terms_of(text)) for text in texts],
        n_messages,
    )
    if held >= _MIN_HELD:
        yield list_words(words)
    n_more = len(parts) - 1
    yield f"{parts[0]} and {n_more} more" if n_more else parts[0]


def _greedy_cover(keywords: Sequence[str], texts: Sequence[str], n_messages: Sequence[int]) -> tuple[list[str], float]:
    """Choose keywords greedily by the messages that they add. Returns them and the share of messages they cover."""
    chosen: list[str] = []
    n_all = sum(n_messages)
    n_covered = 0
    uncovered = set(range(len(texts)))
    for word in keywords:
        wanted = " ".join(terms_of(word))
        holding = {row for row in uncovered if _holds(texts[row], wanted)}
        gain = sum(n_messages[row] for row in holding)
        if not chosen or gain >= _MIN_GAIN * n_all:
            chosen.append(word)
            uncovered -= holding
            n_covered += gain
        if len(chosen) == _MAX_WORDS or n_covered >= _TARGET_COVERAGE * n_all:
            break
    return chosen, (n_covered / n_all if n_all else 0.0)


def _holds(text: str, words: str) -> bool:
    return f" {words} " in f" {text} "
