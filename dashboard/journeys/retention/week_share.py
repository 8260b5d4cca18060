"""The share of users who came back in the n-th week after their first, over all cohorts for which it is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard.data.significance import Interval, wilson

if TYPE_CHECKING:
    from dashboard.data.published import Row

MIN_USERS = 30
"""Users on which a share should rest, as in the marts."""


@dataclass(frozen=True)
class WeekShare:
    """A week after the first: users of the cohorts for which it is over, and how many of them came back in it."""

    weeks_later: int
    n_users: int
    n_back: int

    @property
    def share(self) -> float:
        """The share, 0 to 1."""
        return self.n_back / self.n_users

    @property
    def interval(self) -> Interval:
        """Wilson's 95% interval: a user is in one cohort only, so users are independent."""
        return wilson(self.n_back, self.n_users)

    @property
    def is_small(self) -> bool:
        """Whether the share rests on few users."""
        return self.n_users < MIN_USERS


def pool_weeks(rows: list[Row]) -> list[WeekShare]:
    """Add up rows of `retention.sql` by week after the first, without weeks that are not over."""
    sums: dict[int, tuple[int, int]] = {}
    for row in rows:
        if row["is_over"]:
            n_users, n_back = sums.get(row["weeks_later"], (0, 0))
            sums[row["weeks_later"]] = n_users + row["n_users"], n_back + row["n_back"]
    return [WeekShare(weeks_later, *sums[weeks_later]) for weeks_later in sorted(sums)]
