"""Confidence intervals of shares, and tests of whether two shares differ.

Messages of one session, and sessions of one user, are alike, so they are not independent. Clusters are: users, or
sessions where the app named no user. `cluster_sums.sql` measures the variance of counts between clusters. This module
turns it into design effects (Kish, Survey Sampling, 1965), and those into tests and intervals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from scipy.special import gammaln, stdtr

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from dashboard.data.published import Row
    from dashboard.data.view import View

Z = 1.96
"""The two-sided 95% quantile of the normal distribution."""
LEVEL = 0.05
"""Family-wise error rate: the chance that a page names even one difference where there is none."""
MIN_EXPECTED = 5
"""Minimum expected count on a side for a test (Cochran's rule)."""
MAX_TAIL = 20_000
"""Maximum number of terms in the sum of the exact test; later terms are negligible."""

Cell = TypeVar("Cell")


@dataclass(frozen=True)
class Interval:
    """A 95% confidence interval of a share; both ends in 0 to 1."""

    low: float
    high: float


@dataclass(frozen=True)
class Contrast:
    """Hits in a group compared with hits in everything else, with their variance between clusters.

    Attributes:
        n: hits in the group.
        total: size of the group.
        n_other: hits outside the group.
        total_other: size of everything else.
        design_effect: the variance of the difference of both shares, as a multiple (1 or more) of what it would be if
            every message were independent.
        hit_effect: the design effect of the hits of both sides together, whatever their difference.
        side_effect: the design effect of the group's own share; `hit_effect` where the group has all or no hits.
        n_clusters: the smaller effective number of clusters of both sides (Kish).
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
        """Create the contrast from a row of `cluster_sums.sql`.

        Clusters are dealt into at most 128 random groups (Wolter, Introduction to Variance Estimation, 2007,
        chapter 2). Over groups, with hits a and size m of the side, hits x and size n of all, and p and f the totals'
        ratios x/n and m/n, the variance of the hits over expectation is that of a - p m - f (x - p n): the linearized
        difference (chapter 6). With few hits this estimate is too small, so it is at least what it would be than if the
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
        """The share of the group, and that of everything else (0 where there is nothing else)."""
        return self.n / self.total, self.n_other / self.total_other if self.total_other else 0.0

    @property
    def interval(self) -> Interval:
        """The confidence interval of the group's share."""
        return wilson(self.n, self.total, self.side_effect)

    @property
    def is_testable(self) -> bool:
        """Whether enough hits and misses are expected on both sides, counted as independent ones.

        It depends on the sum of both sides only, so that it does not select by the difference.
        """
        if not self.total or not self.total_other or self.n_clusters <= 2:  # noqa: PLR2004  # no variance to speak of
            return False
        pooled = (self.n + self.n_other) / (self.total + self.total_other)
        smaller = min(self.total, self.total_other) / self.hit_effect
        return min(pooled, 1 - pooled) * smaller >= MIN_EXPECTED

    @cached_property
    def z(self) -> float:
        """How many standard errors the two shares differ by, positive where the group has more; 0 without two sides."""
        if not self.total or not self.total_other:
            return 0.0
        return z_of_difference(self.n, self.total, self.n_other, self.total_other) / math.sqrt(self.design_effect)

    @cached_property
    def chance(self) -> float:
        """The two-sided p-value of the difference.

        The larger of two: Student's t with the smaller effective number of clusters less one as degrees of freedom; and
        Fisher's exact test of the counts divided by the design effect (Rao and Scott, 1981), which holds for small
        counts too.
        """
        by_t = 2 * float(stdtr(self.n_clusters - 1, -abs(self.z)))
        counts = (self.n, self.total, self.n_other, self.total_other)
        return max(by_t, exact_chance(*(count / self.design_effect for count in counts)))


def contrasts(view: View, query: str, **parameters: object) -> dict[tuple[str, str, str], Contrast]:
    """Run a `…_contrasts` query; return its contrasts by family, side and item."""
    return {
        (row["family"], row["side"], row["item"]): Contrast.of(row)
        for row in view.rows(f"{query}_contrasts", **parameters)
    }


def clear_among(cells: Mapping[Cell, Contrast], level: float = LEVEL) -> dict[Cell, Contrast]:
    """Return the cells whose two shares differ significantly, corrected for all cells.

    Cells with too few expected hits are not tested.

    Args:
        cells: the contrasts to test.
        level: the family-wise error rate.
    """
    tested = {cell: contrast for cell, contrast in cells.items() if contrast.is_testable}
    clear = clear_ones([contrast.chance for contrast in tested.values()], level)
    return {cell: contrast for (cell, contrast), is_clear in zip(tested.items(), clear, strict=True) if is_clear}


def wilson(n_hits: int, n: int, design_effect: float = 1.0) -> Interval:
    """Return Wilson's score interval (1927) of the share `n_hits` of `n`, which is at least 1, as in the marts.

    A design effect divides `n`: the effective sample size.
    """
    share, n_effective = n_hits / n, n / design_effect
    spread = Z * Z / n_effective
    half = Z * math.sqrt(max(0.0, share * (1 - share)) / n_effective + spread / (4 * n_effective))
    middle, scale = share + spread / 2, 1 + spread
    return Interval(max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale))


def z_of_difference(n: int, total: int, n_other: int, total_other: int) -> float:
    """Return the two-proportion z with pooled variance, for independent counts.

    It is 0 where all or none of both are hits; the totals are at least 1.
    """
    pooled = (n + n_other) / (total + total_other)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / total + 1 / total_other))
    return (n / total - n_other / total_other) / spread if spread else 0.0


def rank_correlation(pairs: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
    """Return Spearman's rank correlation and its two-sided p-value by Student's t; ties share their mean rank.

    None with fewer than four pairs, or where all of one side are equal.
    """
    if len(pairs) < 4:  # noqa: PLR2004  # no degree of freedom to speak of
        return None
    first, second = (_ranks(np.array(side, dtype=float)) for side in zip(*pairs, strict=True))
    if not first.std() or not second.std():
        return None
    correlation = float(np.corrcoef(first, second)[0, 1])
    freedom = len(pairs) - 2
    t = correlation * math.sqrt(freedom / max(1e-12, 1 - correlation * correlation))
    return correlation, 2 * float(stdtr(freedom, -abs(t)))


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: NDArray[np.float64] = (np.cumsum(counts) - (counts - 1) / 2)[places]
    return ranks


def exact_chance(n: float, total: float, n_other: float, total_other: float) -> float:
    """Return the p-value of Fisher's exact test, twice the smaller tail.

    Counts are rounded, hits toward no difference.
    """
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
    """Return for each p-value whether it is significant after Holm's correction (1979)."""
    clear = [False] * len(chances)
    order = sorted(range(len(chances)), key=chances.__getitem__)
    for place, which in enumerate(order):
        if chances[which] > level / (len(chances) - place):
            break
        clear[which] = True
    return clear


def _effect(variance: float, binomial: float) -> float:
    """Return a variance as a multiple of that of independent counts, at least 1; 1 where these do not vary."""
    return max(1.0, variance / binomial) if binomial > 0 else 1.0


def _log_choose(n: int, k: NDArray[np.int64]) -> NDArray[np.float64]:
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
