"""What a share is worth, and which of many differences are more than chance."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import fisher_exact, spearmanr

from dashboard.data.significance import Contrast, clear_ones, exact_chance, rank_correlation, wilson, z_of_difference
from dashboard.journeys.differences import Counted, find_differences


@pytest.mark.parametrize(
    ("n_hits", "n", "low", "high"),
    [(10, 100, 0.05523, 0.17437), (0, 30, 0.0, 0.11351), (30, 30, 0.88649, 1.0), (1, 1, 0.20655, 1.0)],
)
def test_wilson_has_the_ends_of_the_books(n_hits: int, n: int, low: float, high: float):
    interval = wilson(n_hits, n)
    assert (interval.low, interval.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def test_wilson_holds_the_true_share_in_95_of_100_cases():
    rng = np.random.default_rng(1)
    shares = rng.uniform(
        0.02, 0.98, size=20_000
    )  # for one share alone the steps of counting make it a little more or less
    intervals = [wilson(int(n), 200) for n in rng.binomial(200, shares)]
    held = [interval.low <= share <= interval.high for interval, share in zip(intervals, shares, strict=True)]
    assert np.mean(held) == pytest.approx(0.95, abs=0.005)


def test_chance_of_many_independent_counts_is_about_that_of_the_normal_distribution():
    assert Contrast(5_196, 10_000, 5_057, 10_000).chance == pytest.approx(0.05, abs=0.003)


@pytest.mark.parametrize("counts", [(0, 5, 0, 9), (5, 5, 9, 9)])
def test_z_of_all_or_none_is_no_difference(counts: tuple[int, int, int, int]):
    assert z_of_difference(*counts) == 0


@pytest.mark.parametrize(
    ("counts", "testable"),
    [((10, 100, 0, 100), True), ((4, 100, 4, 100), False), ((96, 100, 96, 100), False), ((50, 100, 2, 5), False)],
)
def test_is_testable_needs_hits_and_misses_on_both_sides(counts: tuple[int, int, int, int], testable: bool):  # noqa: FBT001
    assert Contrast(*counts).is_testable is testable


def test_clear_ones_grow_stricter_with_the_number_looked_at():
    assert clear_ones([0.04]) == [True]
    assert clear_ones([0.04, 0.9]) == [False, False]
    assert clear_ones([0.9, 0.01, 0.02, 0.04]) == [False, True, False, False]
    assert clear_ones([]) == []


def _independent(n_a: int, total_a: int, n_b: int, total_b: int) -> Contrast:
    """Counts that vary as if everything were independent."""
    return Contrast(n_a, total_a, n_b, total_b)


def test_find_differences_of_chance_alone_names_any_in_5_of_100_lists():
    rng = np.random.default_rng(2)
    shares = rng.uniform(0.02, 0.4, size=40)
    named = 0
    for _ in range(300):
        sides = rng.binomial([[900], [1_100]], shares)
        tested = [
            (Counted((str(place),), int(a), int(b)), _independent(int(a), 900, int(b), 1_100))
            for place, (a, b) in enumerate(sides.T)
        ]
        named += bool(find_differences(tested, 900, 1_100).differences)
    assert named / 300 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 300)


def test_find_differences_names_planted_ones_the_largest_first():
    counts = {"same": (100, 105), "more": (200, 100), "fewer": (10, 60), "rare": (3, 0)}
    tested = [(Counted((key,), a, b), _independent(a, 1_000, b, 1_000)) for key, (a, b) in counts.items()]
    finding = find_differences(tested, 1_000, 1_000)
    assert [difference.counted.key for difference in finding.differences] == [("more",), ("fewer",)]
    assert [(difference.share_a, difference.share_b) for difference in finding.differences] == [
        (0.2, 0.1),
        (0.01, 0.06),
    ]
    assert (finding.n_tested, finding.n_too_few) == (3, 1)


@pytest.mark.parametrize("counts", [(12, 40, 3, 60), (1, 30, 20, 90), (5, 5, 1, 7), (0, 10, 4, 12)])
def test_exact_chance_is_fishers_test(counts: tuple[int, int, int, int]):
    n, total, n_other, total_other = counts
    table = [[n, total - n], [n_other, total_other - n_other]]
    tails = [fisher_exact(table, alternative=side).pvalue for side in ("less", "greater")]
    assert exact_chance(*counts) == pytest.approx(min(1.0, 2 * min(tails)))


def test_contrast_of_sums_has_the_variances_of_the_groups():
    """Against the definition, in numpy over groups."""
    rng = np.random.default_rng(3)
    size, other = rng.poisson(30, 40), rng.poisson(50, 40)
    hit, other_hit = rng.binomial(size, 0.3), rng.binomial(other, 0.2)
    x, n = hit + other_hit, size + other
    row = {
        "n_groups": 40, "n_all": int(n.sum()), "n_side": int(size.sum()), "n_all_hits": int(x.sum()),
        "n_hits": int(hit.sum()), "all_all": n @ n, "side_side": size @ size, "side_all": size @ n,
        "all_hits_all_hits": x @ x, "all_hits_all": x @ n, "side_all_hits": size @ x, "hits_hits": hit @ hit,
        "hits_side": hit @ size, "hits_all_hits": hit @ x, "hits_all": hit @ n,
    }  # fmt: skip
    p, f, own = x.sum() / n.sum(), size.sum() / n.sum(), hit.sum() / size.sum()
    binomial = p * (1 - p) * n.sum()
    pooled = 40 * np.var(x - p * n, ddof=1) / binomial
    robust = 40 * np.var(hit - p * size - f * (x - p * n), ddof=1) / (binomial * f * (1 - f))
    side = 40 * np.var(hit - own * size, ddof=1) / (own * (1 - own) * size.sum())
    contrast = Contrast.of(row)
    assert contrast.hit_effect == pytest.approx(max(1, pooled))
    assert contrast.design_effect == pytest.approx(max(1, pooled, robust))
    assert contrast.side_effect == pytest.approx(max(1, side))
    assert contrast.n_clusters == pytest.approx(
        min(size.sum() ** 2 / (size @ size), other.sum() ** 2 / (other @ other))
    )


def test_wilson_with_a_design_effect_is_that_of_so_many_times_fewer():
    assert wilson(40, 400, 4.0) == wilson(10, 100)


def test_contrast_of_one_user_alone_is_no_finding():
    """All hits are of one user, who happens to be on the smaller side: a fifth of everything, and hits nowhere else."""
    contrast = Contrast(200, 400, 0, 1_600, design_effect=200.0, hit_effect=200.0, n_clusters=20.0)
    assert not contrast.is_testable


def test_rank_correlation_is_spearmans():
    random = np.random.default_rng(3)
    pairs = [(float(round(x, 1)), float(x + noise)) for x, noise in random.normal(size=(40, 2))]
    expected = spearmanr(*zip(*pairs, strict=True))
    found = rank_correlation(pairs)
    assert found == pytest.approx((expected.statistic, expected.pvalue))
    assert rank_correlation(pairs[:3]) is None
    assert rank_correlation([(1.0, y) for _, y in pairs]) is None
