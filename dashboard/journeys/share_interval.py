"""A share with its interval, as a small picture beside the words that say the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import html

from dashboard.parts.aria import DECORATIVE
from dashboard.wording import share

if TYPE_CHECKING:
    from dashboard.significance import Interval


def interval_words(interval: Interval) -> str:
    """12.1% to 15.0%."""
    return f"{share(interval.low)} to {share(interval.high)}"


def interval_cells(value: float, interval: Interval, base: float | None = None) -> list[html.Td]:
    """Three cells of a table: the share, its interval in words, and both drawn on a rail from 0 to 100%.

    `base` is drawn as a thin line: the share of all, to compare with.
    """
    return [
        html.Td(share(value), className="number"),
        html.Td(interval_words(interval), className="number quiet"),
        html.Td(_picture(value, interval, base)),
    ]


def _picture(value: float, interval: Interval, base: float | None) -> html.Span:
    width = interval.high - interval.low
    parts: list[Any] = [
        html.Span(className="interval-rail"),
        html.Span(className="interval-range", style={"left": f"{interval.low:.2%}", "width": f"{width:.2%}"}),
    ]
    if base is not None:
        parts.append(html.Span(className="interval-base", style={"left": f"{base:.2%}"}))
    parts.append(html.Span(className="interval-point", style={"left": f"{value:.2%}"}))
    return html.Span(parts, className="interval", **DECORATIVE)


def few_mark(*, is_small_cell: bool) -> Any:
    """Say that a share rests on few, where it does."""
    return html.Span("few", className="few", title="Rests on fewer than 30") if is_small_cell else None
