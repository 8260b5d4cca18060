"""Shares with their confidence intervals, as text and as a small picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dash import html

from dashboard.formatting import share
from dashboard.ui.aria import DECORATIVE
from dashboard.ui.tables.table import NUMBER, Column

if TYPE_CHECKING:
    from dashboard.data.significance import Interval


SHARE_COLUMNS = (Column("Share", NUMBER), Column("95% interval", f"{NUMBER} quiet"), Column(), Column())


@dataclass(frozen=True)
class IntervalScale:
    """The scale of a table's pictures: its length stands for `top`; a thin line marks `base`, the overall share."""

    top: float
    base: float | None = None

    @classmethod
    def over(cls, intervals: list[Interval], base: float | None = None) -> IntervalScale:
        """Create a scale that is long enough for all intervals."""
        return cls(max([*(interval.high for interval in intervals), base or 0]) or 1, base)

    def cells(self, value: float, interval: Interval, *, is_small_cell: bool) -> list[Any]:
        """Fill the columns of SHARE_COLUMNS: the share, its interval as text, both drawn, and a mark on few."""
        return [
            share(value),
            interval_words(interval),
            self._picture(value, interval),
            few_mark(is_small_cell=is_small_cell),
        ]

    def _picture(self, value: float, interval: Interval) -> html.Span:
        left, width = self._at(interval.low), self._at(interval.high - interval.low)
        parts: list[Any] = [
            html.Span(className="interval-rail"),
            html.Span(className="interval-range", style={"left": left, "width": width}),
        ]
        if self.base is not None:
            parts.append(html.Span(className="interval-base", style={"left": self._at(self.base)}))
        parts.append(html.Span(className="interval-point", style={"left": self._at(value)}))
        return html.Span(parts, className="interval", **DECORATIVE)

    def _at(self, value: float) -> str:
        return f"{value / self.top:.2%}"


def interval_words(interval: Interval) -> str:
    """Write an interval: 12.1% to 15.0%."""
    return f"{share(interval.low)} to {share(interval.high)}"


def few_mark(*, is_small_cell: bool) -> Any:
    """Mark a share that rests on few."""
    return html.Span("few", className="few", title="Based on fewer than 30") if is_small_cell else None
