"""The colours, fonts and layout of all charts. What CSS can style is in `assets/turret.css`.

Series colours are Paul Tol's "bright" scheme, which people with any colour vision can tell apart on white and on black.
Text and grid lines take their colours from the style sheet, so they follow light and dark mode at once.
"""

from __future__ import annotations

from typing import Any

SERIES = ("#4477AA", "#EE6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377")
"""Colours of a project's largest topics, in this order, on every page."""

EXTRA_SERIES = (
    "#E8843C",
    "#3FA796",
    "#8B6FC4",
    "#A6713D",
    "#D977B5",
    "#86B24E",
    "#B84A3A",
    "#5A5FB0",
    "#C99A5B",
    "#7C4F79",
)
"""Colours of the next largest topics, for the flow, where the topic's name is beside its box."""

OTHER = "#9AA3B2"
"""The colour of all other topics."""

REST = "rgba(138,147,163,0.5)"
WITHOUT = "rgba(138,147,163,0.24)"
"""The colour of remainders and of messages without a topic: translucent, so that it is quiet on light and dark."""

ACCENT = SERIES[0]

FONT = "ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Noto Sans', sans-serif"

MANTINE: dict[str, Any] = {
    "fontFamily": FONT,
    "headings": {"fontFamily": FONT, "fontWeight": "600"},
    "primaryColor": "brand",
    "primaryShade": {"light": 7, "dark": 4},
    "defaultRadius": "md",
    "colors": {
        "dark": [
            "#c9d1db",
            "#a8b1be",
            "#8d97a5",
            "#5b6675",
            "#343c47",
            "#272d36",
            "#1b2028",
            "#161a20",
            "#0f1216",
            "#0b0d10",
        ],
        "brand": [
            "#eef4fa",
            "#dce7f2",
            "#b7cde4",
            "#90b2d6",
            "#6f9cca",
            "#5b8ec3",
            "#4f87c0",
            "#3a6ea5",
            "#33679a",
            "#23598a",
        ],
    },
}

CHART_CONFIG: Any = {"displayModeBar": False, "responsive": True, "scrollZoom": False}
"""Hide the tool bar, whose buttons include links to other sites."""


Figure = dict[str, Any]
"""A figure as Plotly.js reads it: `data`, a list of traces, and `layout`.

Plotly's Python classes would check each attribute whenever a page is made, which takes longer than many of its
queries; tests check the same figures with them.
"""


def make_figure(traces: list[dict[str, Any]], layout: dict[str, Any]) -> Figure:
    """Make the figure of traces, each with its `type`, and a layout from `chart_layout`."""
    return {"data": traces, "layout": layout}


def chart_layout(height: int, **more: Any) -> dict[str, Any]:
    """Return the layout that all charts share, `height` in pixels; `more` overrides it."""
    layout: dict[str, Any] = {
        "height": height,
        "margin": {"l": 0, "r": 0, "t": 8, "b": 0},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 12},
        "hoverlabel": {"font": {"family": FONT, "size": 12}, "align": "left", "namelength": -1},
        "showlegend": False,
        "dragmode": False,
    }
    return layout | more


def series_colours(topic_ids: list[str]) -> dict[str, str]:
    """Assign a colour to each topic; `topic_ids` are all topics of a field, largest first."""
    return dict.fromkeys(topic_ids, OTHER) | dict(zip(topic_ids, SERIES + EXTRA_SERIES, strict=False))


def translucent(colour: str, opacity: float) -> str:
    """Write #RRGGBB with an opacity in 0 to 1 as CSS and Plotly do."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
