"""What differs between two groups of journeys: topics, moves and paths whose shares lie further apart than chance."""

from __future__ import annotations

from dataclasses import dataclass, field

from dashboard.significance import chance_of, clear_ones, is_testable, z_of_difference


@dataclass(frozen=True)
class Counted:
    """How many of both groups' journeys have something; `key` says what."""

    key: tuple[str, ...]
    n_a: int
    n_b: int
    path: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Difference:
    """Something that a clearly larger share of the one group's journeys has; shares in 0 to 1."""

    counted: Counted
    share_a: float
    share_b: float

    @property
    def size(self) -> float:
        """How far the shares lie apart."""
        return abs(self.share_a - self.share_b)


@dataclass(frozen=True)
class Finding:
    """The clear differences, the largest first, and how many were looked at: the more, the stricter each is judged."""

    differences: tuple[Difference, ...]
    n_tested: int
    n_too_few: int


def find_differences(counted: list[Counted], n_a: int, n_b: int) -> Finding:
    """Judge counts of `n_a` and `n_b` journeys (at least 1 each); both groups hold different journeys."""
    tested = [one for one in counted if is_testable(one.n_a, n_a, one.n_b, n_b)]
    chances = [chance_of(z_of_difference(one.n_a, n_a, one.n_b, n_b)) for one in tested]
    found = [
        Difference(one, one.n_a / n_a, one.n_b / n_b)
        for one, is_clear in zip(tested, clear_ones(chances), strict=True)
        if is_clear
    ]
    found.sort(key=lambda difference: (-difference.size, difference.counted.key))
    return Finding(tuple(found), len(tested), len(counted) - len(tested))
