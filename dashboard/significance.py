"""What a share is worth: its interval, and whether two shares differ by more than chance. Plain functions of counts."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z = 1.96
"""Two-sided 95 in 100 of the normal distribution."""
LEVEL = 0.05
"""With all that a list looks at, the chance that it names even one difference that is none (family-wise)."""
LEAST_EXPECTED = 5
"""Fewer expected on a side, and the normal distribution is no good stand-in for counts (Cochran's rule)."""


@dataclass(frozen=True)
class Interval:
    """Where a share lies in 95 of 100 cases; both ends in 0 to 1."""

    low: float
    high: float


def wilson(n_hits: int, n: int) -> Interval:
    """Wilson's score interval (1927) of the share `n_hits` of `n`, which is at least 1, as the marts have it."""
    share, spread = n_hits / n, Z * Z / n
    half = Z * math.sqrt(max(0.0, share * (1 - share)) / n + spread / (4 * n))
    middle, scale = share + spread / 2, 1 + spread
    return Interval(max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale))


def z_of_difference(n: int, total: int, n_other: int, total_other: int) -> float:
    """The two-proportion z with pooled variance: how many of its spreads the difference of two shares is wide.

    0 where all or none of both are hits; the totals are at least 1.
    """
    pooled = (n + n_other) / (total + total_other)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / total + 1 / total_other))
    return (n / total - n_other / total_other) / spread if spread else 0.0


def chance_of(z: float) -> float:
    """The two-sided chance (0 to 1) of a z at least as far from 0 where there is no difference."""
    return math.erfc(abs(z) / math.sqrt(2))


def is_testable(n: int, total: int, n_other: int, total_other: int) -> bool:
    """Whether hits and misses alike are expected often enough on both sides.

    It looks at the sum of both sides alone, so that it does not choose by the difference.
    """
    pooled = (n + n_other) / (total + total_other)
    return min(pooled, 1 - pooled) * min(total, total_other) >= LEAST_EXPECTED


def clear_ones(chances: list[float], level: float = LEVEL) -> list[bool]:
    """Say of each chance whether it is small enough among all that were looked at (Holm's procedure, 1979)."""
    clear = [False] * len(chances)
    order = sorted(range(len(chances)), key=chances.__getitem__)
    for place, which in enumerate(order):
        if chances[which] > level / (len(chances) - place):
            break
        clear[which] = True
    return clear
