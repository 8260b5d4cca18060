"""The picture of friction: each topic as a point, by its sessions and the share of them with friction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.charts.theme import OTHER, Figure, chart_layout, make_figure
from dashboard.formatting import chart_label, count, share

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from dashboard.data.published import Row

HEIGHT = 380
WIDTH = 900
"""Typical width of the picture on a laptop, in pixels."""
NAME_LENGTH = 30
NAME_HEIGHT = 18
CHARACTER_WIDTH = 7
GAP = 8
"""Pixels of a name: its height, the width of a character, and the distance from its point."""
MAX_NAMES = 12
ROOM = 1.08
"""Length of an axis as a multiple of its largest value."""


def draw_friction(
    rows: list[Row], labels: Mapping[str, str], colours: Mapping[str, str], clear: Collection[str]
) -> Figure:
    """Draw topics (rows of `friction.sql`, those that need most attention first), and a line at the usual share.

    Args:
        rows: at least one; those with few sessions are circles and have no name.
        labels: names of topics.
        colours: colours of topics.
        clear: topics with more friction than the others by more than chance; their names are drawn first.
    """
    scales = WIDTH / (ROOM * max(row["n_sessions"] for row in rows)), HEIGHT / (ROOM * _largest_share(rows))
    candidates = [row for row in rows if row["excess_sessions"] > 0 and not row["is_small_cell"]]
    names = _place_names(sorted(candidates, key=lambda row: row["topic_id"] not in clear), rows, labels, scales)
    usual = {"x": [0, ROOM * max(row["n_sessions"] for row in rows)], "y": [rows[0]["usual_friction_share"]] * 2}
    line = {"mode": "lines", "line": {"color": OTHER, "width": 1, "dash": "dot"}, "hoverinfo": "skip"}
    return make_figure(
        [{"type": "scatter", **usual, **line}, _points(rows, labels, colours, names)],
        chart_layout(
            HEIGHT,
            hovermode="closest",
            margin={"l": 0, "r": 8, "t": 16, "b": 0},
            xaxis=_axis(",d", max(row["n_sessions"] for row in rows)),
            yaxis=_axis(".0%", _largest_share(rows)) | {"ticklabelstandoff": 8},
        ),
    )


def _points(
    rows: list[Row], labels: Mapping[str, str], colours: Mapping[str, str], names: dict[str, tuple[str, str]]
) -> dict[str, Any]:
    """Draw the points; `customdata` is the id of a point's topic, which a click reads."""
    texts = [names.get(row["topic_id"], ("", "middle right")) for row in rows]
    return {
        "type": "scatter",
        "x": [row["n_sessions"] for row in rows],
        "y": [row["friction_share"] for row in rows],
        "mode": "markers+text",
        "marker": {
            "color": [colours.get(row["topic_id"], OTHER) for row in rows],
            "symbol": ["circle-open" if row["is_small_cell"] else "circle" for row in rows],
            "size": 10,
        },
        "text": [text for text, _ in texts],
        "textposition": [position for _, position in texts],
        "customdata": [row["topic_id"] for row in rows],
        "hovertext": [_hover(row, labels) for row in rows],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "cliponaxis": False,
    }


def _largest_share(rows: list[Row]) -> float:
    return max(row["friction_share"] for row in rows) or 1.0


def _place_names(
    candidates: list[Row], rows: list[Row], labels: Mapping[str, str], scales: tuple[float, float]
) -> dict[str, tuple[str, str]]:
    """Place names beside their points, the first ones first; leave out those that would cover a point or a name.

    Args:
        candidates: rows whose names are wanted.
        rows: all points.
        labels: names of topics.
        scales: pixels per session, and per unit of the share.

    Returns:
        The text and Plotly's word for its position, by topic.
    """
    points = [(row["n_sessions"] * scales[0], row["friction_share"] * scales[1]) for row in rows]
    boxes = [(x - GAP, x + GAP, y - GAP, y + GAP) for x, y in points]
    placed: dict[str, tuple[str, str]] = {}
    for row in candidates:
        text = chart_label(labels.get(row["topic_id"]) or row["topic_id"], NAME_LENGTH)
        x, y = row["n_sessions"] * scales[0], row["friction_share"] * scales[1]
        width = CHARACTER_WIDTH * len(text)
        for position, left, middle in (
            ("middle right", x + GAP, y),
            ("middle left", x - GAP - width, y),
            ("top center", x - width / 2, y + GAP + NAME_HEIGHT / 2),
            ("bottom center", x - width / 2, y - GAP - NAME_HEIGHT / 2),
        ):
            box = (left + 1, left + width, middle - NAME_HEIGHT / 2 + 1, middle + NAME_HEIGHT / 2 - 1)
            is_inside = box[0] >= 0 and box[1] <= WIDTH
            if is_inside and len(placed) < MAX_NAMES and not any(_overlap(box, other) for other in boxes):
                placed[row["topic_id"]] = text, position
                boxes.append(box)
                break
    return placed


_Box = tuple[float, float, float, float]
"""Left, right, bottom and top, in pixels."""


def _overlap(one: _Box, other: _Box) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


def _axis(tick_format: str, most: float) -> dict[str, Any]:
    return {
        "range": [0, most * ROOM],
        "tickformat": tick_format,
        "nticks": 6,
        "showgrid": True,
        "zeroline": False,
        "fixedrange": True,
        "automargin": True,
    }


def _hover(row: Row, labels: Mapping[str, str]) -> str:
    name = chart_label(labels.get(row["topic_id"]) or row["topic_id"], 60)
    return f"<b>{name}</b><br>{share(row['friction_share'])} of {count(row['n_sessions'])} sessions"
