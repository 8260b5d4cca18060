"""What a share is worth, and which of many differences are more than chance."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dashboard.journeys.differences import Counted, find_differences
from dashboard.significance import chance_of, clear_ones, is_testable, wilson, z_of_difference


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


def test_chance_of_is_that_of_the_normal_distribution():
    assert chance_of(1.96) == pytest.approx(0.05, abs=1e-4)
    assert chance_of(-3.29) == pytest.approx(0.001, abs=1e-5)


@pytest.mark.parametrize("counts", [(0, 5, 0, 9), (5, 5, 9, 9)])
def test_z_of_all_or_none_is_no_difference(counts: tuple[int, int, int, int]):
    assert z_of_difference(*counts) == 0


@pytest.mark.parametrize(
    ("counts", "testable"),
    [((10, 100, 0, 100), True), ((4, 100, 4, 100), False), ((96, 100, 96, 100), False), ((50, 100, 2, 5), False)],
)
def test_is_testable_needs_hits_and_misses_on_both_sides(counts: tuple[int, int, int, int], testable: bool):  # noqa: FBT001
    assert is_testable(*counts) is testable


def test_clear_ones_grow_stricter_with_the_number_looked_at():
    assert clear_ones([0.04]) == [True]
    assert clear_ones([0.04, 0.9]) == [False, False]
    assert clear_ones([0.9, 0.01, 0.02, 0.04]) == [False, True, False, False]
    assert clear_ones([]) == []


def test_find_differences_of_chance_alone_names_any_in_5_of_100_lists():
    rng = np.random.default_rng(2)
    shares = rng.uniform(0.02, 0.4, size=40)
    named = 0
    for _ in range(600):
        sides = rng.binomial([[900], [1_100]], shares)
        counted = [Counted((str(place),), int(a), int(b)) for place, (a, b) in enumerate(sides.T)]
        named += bool(find_differences(counted, 900, 1_100).differences)
    assert named / 600 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 600)


def test_find_differences_names_planted_ones_the_largest_first():
    counted = [
        Counted(("same",), 100, 105),
        Counted(("more",), 200, 100),
        Counted(("fewer",), 10, 60),
        Counted(("rare",), 3, 0),
    ]
    finding = find_differences(counted, 1_000, 1_000)
    assert [difference.counted.key for difference in finding.differences] == [("more",), ("fewer",)]
    assert [(difference.share_a, difference.share_b) for difference in finding.differences] == [
        (0.2, 0.1),
        (0.01, 0.06),
    ]
    assert (finding.n_tested, finding.n_too_few) == (3, 1)
