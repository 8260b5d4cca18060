"""Topics as boxes in proportion to their messages, grouped by area."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from dashboard.charts.theme import OTHER, Figure, chart_layout, make_figure, translucent
from dashboard.formatting import chart_label, shorten

if TYPE_CHECKING:
    from dashboard.data.published import Row

NO_AREA = "area none"
SMALL = "No area"
LINE_LENGTH = 12
MAX_LABEL = 36
HEIGHT = 500
NO_MARGIN = {"l": 0, "r": 0, "t": 0, "b": 0}
MIN_FONT_SIZE = 10
"""Pixels of the smallest name; boxes too small for it have no name."""


def draw_topic_treemap(topics: list[Row], colours: dict[str, str]) -> Figure:
    """Draw topics (`topic_id`, `label`, `n_messages`, `message_share`, `area_id`, `area`); at least one.

    The ids of boxes are topic ids, which a click reads.
    """
    areas = {topic["area_id"]: topic["area"] for topic in topics if topic["area_id"]}
    has_areas = bool(areas)
    ids = [f"area {area_id}" for area_id in areas]
    names = list(areas.values())
    if has_areas and any(not topic["area_id"] for topic in topics):
        ids.append(NO_AREA)
        names.append(SMALL)
    n_groups = len(ids)
    labels = [chart_label(name, 40) for name in names]
    parents = [""] * n_groups
    for topic in topics:
        ids.append(topic["topic_id"])
        names.append(topic["label"])
        labels.append(_lines(topic["label"]))
        parents.append((f"area {topic['area_id']}" if topic["area_id"] else NO_AREA) if has_areas else "")
    sizes = _group_sizes(topics, ids[:n_groups]) + [topic["n_messages"] for topic in topics]
    boxes = {
        "type": "treemap",
        "ids": ids,
        "labels": labels,
        "parents": parents,
        "values": sizes,
        "branchvalues": "total",
        "sort": True,
        "marker": {
            "colors": ["rgba(127,127,127,0.12)"] * n_groups
            + [translucent(colours.get(topic["topic_id"], OTHER), 0.38) for topic in topics],
            "line": {"width": 1},
            "cornerradius": 4,
        },
        "texttemplate": "%{label}",
        "text": [chart_label(name, 80) for name in names],
        "hovertemplate": "%{text}<br>%{value:,d} messages<extra></extra>",
        "tiling": {"pad": 2},
        "pathbar": {"visible": False},
    }
    layout = chart_layout(HEIGHT, margin=NO_MARGIN, uniformtext={"minsize": MIN_FONT_SIZE, "mode": "hide"})
    return make_figure([boxes], layout)


def _lines(label: str) -> str:
    """Break a label into short lines: boxes are narrow, and Plotly shrinks text that does not fit."""
    lines = wrap(shorten(label, MAX_LABEL), LINE_LENGTH) or [""]
    return "<br>".join(chart_label(line, MAX_LABEL) for line in lines)


def _group_sizes(topics: list[Row], groups: list[str]) -> list[int]:
    sizes = dict.fromkeys(groups, 0)
    for topic in topics:
        group = f"area {topic['area_id']}" if topic["area_id"] else NO_AREA
        if group in sizes:
            sizes[group] += topic["n_messages"]
    return list(sizes.values())
