"""What a share is worth: its interval, and whether two shares differ by more than chance.

Messages of one session, and sessions of one user, are alike, so neither are independent. Independent are clusters:
users, and sessions where the app named no user. `cluster_sums.sql` measures how much counts vary between them;
here this becomes design effects (Kish, Survey Sampling, 1965), and those become tests and intervals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from scipy.special import gammaln, stdtr

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from dashboard.data.published import Row
    from dashboard.data.view import View

Z = 1.96
"""Two-sided 95 in 100 of the normal distribution."""
LEVEL = 0.05
"""With all that a page looks at, the chance that it names even one difference that is none (family-wise)."""
MIN_EXPECTED = 5
"""Fewer expected on a side, and nothing is claimed (Cochran's rule)."""
MAX_TAIL = 20_000
"""Terms of the exact test's sum; those further out are too small to count."""

Cell = TypeVar("Cell")


@dataclass(frozen=True)
class Interval:
    """Where a share lies in 95 of 100 cases; both ends in 0 to 1."""

    low: float
    high: float


@dataclass(frozen=True)
class Contrast:
    """Hits among one side set against hits among everything else, with how much they vary between clusters.

    Attributes:
        n: hits of the side.
        total: everything of the side.
        n_other: hits of everything else.
        total_other: everything else.
        design_effect: the variance of the difference of both shares, as a multiple (1 or more) of what it would be if
            every message were independent.
        hit_effect: the same of the hits of both sides together, whatever their difference.
        side_effect: the same of the side's own share; that of both together where the side has all or no hits.
        n_clusters: how many clusters of equal size the side with fewer has (Kish's effective number).
    """

    n: int
    total: int
    n_other: int
    total_other: int
    design_effect: float = 1.0
    hit_effect: float = 1.0
    side_effect: float = 1.0
    n_clusters: float = math.inf

    @classmethod
    def of(cls, row: Row) -> Contrast:
        """Read a row of `cluster_sums.sql`.

        Clusters are dealt into at most 128 random groups (Wolter, Introduction to Variance Estimation, 2007,
        chapter 2). Over groups, with hits a and size m of the side, hits x and size n of all, and p and f the totals'
        ratios x/n and m/n, the variance of the hits over expectation is that of a - p m - f (x - p n): the linearized
        difference (chapter 6). Where few are hit this comes out too small, so it is never taken for less than if the
        clusters had been dealt to the sides at random, which is f (1 - f) times the sum of (x - p n) squared.
        """
        n, total, n_all_hits, n_all = row["n_hits"], row["n_side"], row["n_all_hits"], row["n_all"]
        n_groups, total_other = row["n_groups"], n_all - total
        p, f, own = n_all_hits / n_all, total / n_all, n / total
        between = n_groups / (n_groups - 1) if n_groups > 1 else 1.0
        residual = row["all_hits_all_hits"] - 2 * p * row["all_hits_all"] + p * p * row["all_all"]
        side_squares = row["hits_hits"] - 2 * p * row["hits_side"] + p * p * row["side_side"]
        product = row["hits_all_hits"] - p * (row["hits_all"] + row["side_all_hits"]) + p * p * row["side_all"]
        excess = n - p * total
        difference = side_squares - 2 * f * product + f * f * residual - excess * excess / n_groups
        own_squares = row["hits_hits"] - 2 * own * row["hits_side"] + own * own * row["side_side"]
        binomial = p * (1 - p) * n_all
        hit_effect = _effect(between * residual, binomial)
        other_squares = row["all_all"] - 2 * row["side_all"] + row["side_side"]
        return cls(
            n,
            total,
            n_all_hits - n,
            total_other,
            design_effect=max(_effect(between * difference, binomial * f * (1 - f)), hit_effect),
            hit_effect=hit_effect,
            side_effect=_effect(between * own_squares, own * (1 - own) * total) if 0 < own < 1 else hit_effect,
            n_clusters=min(total**2 / row["side_side"], total_other**2 / max(other_squares, 1)),
        )

    @property
    def shares(self) -> tuple[float, float]:
        """The share of the side, and that of everything else (0 where there is nothing else)."""
        return self.n / self.total, self.n_other / self.total_other if self.total_other else 0.0

    @property
    def interval(self) -> Interval:
        """The interval of the side's share."""
        return wilson(self.n, self.total, self.side_effect)

    @property
    def is_testable(self) -> bool:
        """Whether hits and misses alike are expected often enough on both sides, counted as independent ones.

        It looks at the sum of both sides alone, so that it does not choose by the difference.
        """
        if not self.total or not self.total_other or self.n_clusters <= 2:  # noqa: PLR2004  # no variance to speak of
            return False
        pooled = (self.n + self.n_other) / (self.total + self.total_other)
        smaller = min(self.total, self.total_other) / self.hit_effect
        return min(pooled, 1 - pooled) * smaller >= MIN_EXPECTED

    @cached_property
    def z(self) -> float:
        """How many standard errors the two shares lie apart, positive where the side has more; 0 without two sides."""
        if not self.total or not self.total_other:
            return 0.0
        return z_of_difference(self.n, self.total, self.n_other, self.total_other) / math.sqrt(self.design_effect)

    @cached_property
    def chance(self) -> float:
        """The two-sided chance (0 to 1) of a difference at least as large where there is none.

        The larger of two: Student's t with as many degrees of freedom as the smaller side has clusters, less one; and
        Fisher's exact test of the counts divided by the design effect (Rao and Scott, 1981), which holds for small
        counts too.
        """
        by_t = 2 * float(stdtr(self.n_clusters - 1, -abs(self.z)))
        counts = (self.n, self.total, self.n_other, self.total_other)
        return max(by_t, exact_chance(*(count / self.design_effect for count in counts)))


def contrasts(view: View, query: str, **parameters: object) -> dict[tuple[str, str, str], Contrast]:
    """Ask a `…_contrasts` query for what it compares, by family, side and item."""
    return {
        (row["family"], row["side"], row["item"]): Contrast.of(row)
        for row in view.rows(f"{query}_contrasts", **parameters)
    }


def clear_among(cells: Mapping[Cell, Contrast], level: float = LEVEL) -> dict[Cell, Contrast]:
    """Name the cells whose two shares lie apart by more than chance, judged among all that are looked at.

    Cells where too few hits are expected are not looked at.

    Args:
        cells: what is compared.
        level: the chance of naming even one where there is no difference anywhere.
    """
    tested = {cell: contrast for cell, contrast in cells.items() if contrast.is_testable}
    clear = clear_ones([contrast.chance for contrast in tested.values()], level)
    return {cell: contrast for (cell, contrast), is_clear in zip(tested.items(), clear, strict=True) if is_clear}


def wilson(n_hits: int, n: int, design_effect: float = 1.0) -> Interval:
    """Wilson's score interval (1927) of the share `n_hits` of `n`, which is at least 1, as the marts have it.

    With a design effect `n` counts as so many times fewer: the effective sample size.
    """
    share, n_effective = n_hits / n, n / design_effect
    spread = Z * Z / n_effective
    half = Z * math.sqrt(max(0.0, share * (1 - share)) / n_effective + spread / (4 * n_effective))
    middle, scale = share + spread / 2, 1 + spread
    return Interval(max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale))


def z_of_difference(n: int, total: int, n_other: int, total_other: int) -> float:
    """Return the two-proportion z with pooled variance, for independent counts.

    0 where all or none of both are hits; the totals are at least 1.
    """
    pooled = (n + n_other) / (total + total_other)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / total + 1 / total_other))
    return (n / total - n_other / total_other) / spread if spread else 0.0


def exact_chance(n: float, total: float, n_other: float, total_other: float) -> float:
    """Fisher's exact test: twice the smaller tail (0 to 1). Counts are rounded, hits toward no difference."""
    side, other = max(round(total), 1), max(round(total_other), 1)
    hits = min(round(n + n_other), side + other)
    expected = (n + n_other) * total / (total + total_other)
    found = math.floor(n) if n > expected else math.ceil(n)
    fewest, most = max(0, hits - other), min(hits, side)
    found = min(max(found, fewest), most)
    first, last = (found, min(most, found + MAX_TAIL)) if n > expected else (max(fewest, found - MAX_TAIL), found)
    span = np.arange(first, last + 1)
    logs = _log_choose(side, span) + _log_choose(other, hits - span) - _log_choose(side + other, np.array([hits]))
    return min(1.0, 2 * float(np.exp(logs).sum()))


def clear_ones(chances: list[float], level: float = LEVEL) -> list[bool]:
    """Say of each chance whether it is small enough among all that were looked at (Holm's procedure, 1979)."""
    clear = [False] * len(chances)
    order = sorted(range(len(chances)), key=chances.__getitem__)
    for place, which in enumerate(order):
        if chances[which] > level / (len(chances) - place):
            break
        clear[which] = True
    return clear


def _effect(variance: float, binomial: float) -> float:
    """A variance as a multiple of that of independent counts, never less than 1; 1 where these do not vary."""
    return max(1.0, variance / binomial) if binomial > 0 else 1.0


def _log_choose(n: int, k: NDArray[np.int64]) -> NDArray[np.float64]:
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
