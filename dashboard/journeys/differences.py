"""What differs between two groups of journeys: topics, moves and paths whose shares lie further apart than chance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dashboard.data.significance import LEVEL, clear_among

if TYPE_CHECKING:
    from dashboard.data.significance import Contrast


@dataclass(frozen=True)
class Counted:
    """How many of both groups' journeys have something; `key` says what."""

    key: tuple[str, ...]
    n_a: int
    n_b: int
    path: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Difference:
    """Something that a larger share of the one group's journeys has, by more than chance; shares in 0 to 1."""

    counted: Counted
    share_a: float
    share_b: float

    @property
    def size(self) -> float:
        """How far the shares lie apart."""
        return abs(self.share_a - self.share_b)


@dataclass(frozen=True)
class Finding:
    """The differences, the largest first, and how many were looked at: the more, the stricter each is judged."""

    differences: tuple[Difference, ...]
    n_tested: int
    n_too_few: int


def find_differences(tested: list[tuple[Counted, Contrast]], n_a: int, n_b: int, level: float = LEVEL) -> Finding:
    """Judge counts of `n_a` and `n_b` journeys (at least 1 each); both groups hold different journeys.

    Args:
        tested: what was counted, with the contrast that tests it.
        n_a: journeys of the one group.
        n_b: journeys of the other.
        level: the chance of naming even one where there is no difference.
    """
    clear = clear_among({counted.key: contrast for counted, contrast in tested}, level)
    found = [Difference(counted, counted.n_a / n_a, counted.n_b / n_b) for counted, _ in tested if counted.key in clear]
    found.sort(key=lambda difference: (-difference.size, difference.counted.key))
    n_tested = sum(contrast.is_testable for _, contrast in tested)
    return Finding(tuple(found), n_tested, len(tested) - n_tested)
