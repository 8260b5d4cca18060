"""Colours, type and the common look of charts. What the browser can do by itself stands in `assets/turret.css`.

Series colours are Paul Tol's "bright" scheme, which people with any colour vision can tell apart on white and on black.
Text and grid lines of charts take their colours from the style sheet, so that they follow light and dark at once.
"""

from __future__ import annotations

from typing import Any

SERIES = ("#4477AA", "#EE6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377")
"""The largest topics of a project keep these colours, in this order, on every page."""

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
"""Those of the next topics: enough to follow a topic over the steps of the flow, where its name stands beside it."""

OTHER = "#9AA3B2"
"""A topic that is not among those."""

REST = "rgba(138,147,163,0.5)"
WITHOUT = "rgba(138,147,163,0.24)"
"""Everything else together, and what has no topic: quiet on light and on dark, because they let the ground through."""

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
"""No tool bar, and with it none of its buttons that leave this machine."""


def chart_layout(height: int, **more: Any) -> dict[str, Any]:
    """Layout that all charts share, `height` in pixels; `more` wins."""
    layout: dict[str, Any] = {
        "template": None,
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
    """#RRGGBB with an opacity in 0 to 1, as CSS and Plotly write it."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
