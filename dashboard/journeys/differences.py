"""Find the topics, transitions and paths whose shares differ significantly between two cohorts of journeys."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dashboard.data.significance import LEVEL, clear_among

if TYPE_CHECKING:
    from dashboard.data.significance import Contrast


@dataclass(frozen=True)
class Counted:
    """How many journeys of both cohorts have something; `key` identifies it."""

    key: tuple[str, ...]
    n_a: int
    n_b: int
    path: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Difference:
    """Something whose share of journeys differs significantly between the cohorts; shares in 0 to 1."""

    counted: Counted
    share_a: float
    share_b: float

    @property
    def size(self) -> float:
        """The absolute difference of the shares."""
        return abs(self.share_a - self.share_b)


@dataclass(frozen=True)
class Finding:
    """The differences, largest first, and how many were tested: the more, the stricter each is judged."""

    differences: tuple[Difference, ...]
    n_tested: int
    n_too_few: int


def find_differences(tested: list[tuple[Counted, Contrast]], n_a: int, n_b: int, level: float = LEVEL) -> Finding:
    """Test counts out of `n_a` and `n_b` journeys (at least 1 each); no journey is in both cohorts.

    Args:
        tested: the counts, each with the contrast that tests it.
        n_a: journeys of the first cohort.
        n_b: journeys of the second cohort.
        level: the family-wise error rate.
    """
    clear = clear_among({counted.key: contrast for counted, contrast in tested}, level)
    found = [Difference(counted, counted.n_a / n_a, counted.n_b / n_b) for counted, _ in tested if counted.key in clear]
    found.sort(key=lambda difference: (-difference.size, difference.counted.key))
    n_tested = sum(contrast.is_testable for _, contrast in tested)
    return Finding(tuple(found), n_tested, len(tested) - n_tested)
