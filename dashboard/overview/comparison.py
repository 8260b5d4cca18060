"""The comparison of the Overview: the chosen days with the preceding ones, by default of the last full week."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from dashboard.formatting import bare_day, period, plural

if TYPE_CHECKING:
    from datetime import date

    from dashboard.data.published import Row
    from dashboard.data.view import View


@dataclass(frozen=True)
class Comparison:
    """Two views of as many days each; `is_chosen` if the visitor asked for it, else it compares the newest week."""

    now: View
    previous: View
    is_chosen: bool

    @classmethod
    def of(cls, view: View) -> Comparison | None:
        """The comparison of a page; None with fewer than two weeks of events that are over, if none was asked for."""
        if view.previous is not None:
            return cls(view, view.previous, is_chosen=True)
        return cls(*view.newest_week, is_chosen=False) if view.newest_week else None

    @cached_property
    def numbers(self) -> tuple[Row, Row]:
        """The totals of the period, and those of the preceding one."""
        return self.now.row("headline", field=self.now.field), self.previous.row("headline", field=self.now.field)

    @property
    def is_against_nothing(self) -> bool:
        """Whether the preceding period has no event at all."""
        return not self.previous.row("events_chosen")["n_events"]

    @property
    def n_days(self) -> int:
        """The number of days of each period."""
        first, last = self.previous.filters.first, self.previous.filters.last
        return (last - first).days + 1 if first and last else 0

    @property
    def days_before(self) -> str:
        """The preceding period in words, without a date: the 7 days before."""
        return f"the {plural(self.n_days, 'day')} before" if self.n_days > 1 else "the day before"

    @property
    def sentence(self) -> str:
        """A sentence that names the compared days, and what to know about their ends."""
        words = f"{days_of(self.now)} against {days_of(self.previous)} (UTC)."
        begins, unfinished = self.now.days[0], self.now.unfinished_day
        if begins and self.previous.filters.first and begins > self.previous.filters.first:
            words += f" The first events are from {bare_day(begins)}."
        if unfinished is None:
            return words
        kept = "is counted so far" if self.now.filters.last == unfinished else "is left out"
        return f"{words} {bare_day(unfinished)} is not over yet and {kept}." if self._reaches(unfinished) else words

    def _reaches(self, unfinished: date) -> bool:
        """Return whether the incomplete day is, or would be, in the period."""
        last = self.now.filters.last
        return last is not None and (last >= unfinished or not self.is_chosen)


def days_of(view: View) -> str:
    """Name the days of a view."""
    first, last = view.filters.first, view.filters.last
    return period(first, last) if first and last else "all days"
