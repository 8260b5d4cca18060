"""The chart of messages over time: stacked bars of the largest topics or areas, the other topics, and no topic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboard.charts.calendar import count_by_bucket
from dashboard.charts.theme import OTHER, REST, SERIES, WITHOUT, Figure, chart_layout, make_figure
from dashboard.charts.time_axis import bar_gap, count_axis, opacities, time_axis
from dashboard.formatting import chart_label

if TYPE_CHECKING:
    from datetime import date

OTHER_TOPICS = "OTHER"
WITHOUT_TOPIC = "NONE"
MAX_BANDS = len(SERIES)
MAX_AREAS = 8
"""Maximum number of areas: eight colours, six of which can be told apart with any colour vision."""


@dataclass(frozen=True)
class Band:
    """A layer of the chart, with its messages in each bucket of time."""

    key: str
    label: str
    colour: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """The number of messages in all buckets."""
        return sum(self.counts)


def choose_bands(topics: list[dict[str, Any]], colours: dict[str, str], most: int = MAX_BANDS) -> list[dict[str, Any]]:
    """Choose the topics (or areas) with a layer of their own: the largest of those that have a colour.

    `topics` are the field's, largest first; `colours` are theirs on all pages, by id.
    """
    own = [topic for topic in topics if colours.get(topic["topic_id"], OTHER) != OTHER]
    return own[:most]


def make_bands(
    rows: list[dict[str, Any]], chosen: list[dict[str, Any]], colours: dict[str, str], starts: list[date]
) -> list[Band]:
    """Sort rows (message_date, band, n_messages) into layers in the order of `chosen`; leave out empty layers."""
    known = [(topic["topic_id"], topic["label"], colours[topic["topic_id"]]) for topic in chosen]
    layers = [*known, (OTHER_TOPICS, "Other topics", REST), (WITHOUT_TOPIC, "No topic", WITHOUT)]
    bands = []
    for key, label, colour in layers:
        days = [(row["message_date"], row["n_messages"]) for row in rows if row["band"] == key]
        if days:
            bands.append(Band(key, label, colour, tuple(count_by_bucket(days, starts))))
    return bands


def draw_messages_over_time(bands: list[Band], starts: list[date], whole: list[bool]) -> Figure:
    """Draw the layers from `make_bands` for the buckets that begin at `starts`, incomplete ones lighter."""
    layout = chart_layout(
        300,
        barmode="stack",
        bargap=bar_gap(starts),
        hovermode="x unified",
        showlegend=True,  # an invisible legend still sets the order in which the tooltip names the layers
        legend={"traceorder": "reversed"},
        xaxis=time_axis(starts),
        yaxis=count_axis(max(map(sum, zip(*(band.counts for band in bands), strict=True)), default=0)),
    )
    return make_figure([*(_bars(band, starts, whole) for band in bands), _totals(bands, starts)], layout)


def _bars(band: Band, starts: list[date], whole: list[bool]) -> dict[str, Any]:
    return {
        "type": "bar",
        "x": starts,
        "y": band.counts,
        "name": chart_label(band.label, 40),
        "showlegend": False,
        "marker": {"color": band.colour, "line": {"width": 0}, "cornerradius": 0, "opacity": opacities(whole)},
        "hovertemplate": "%{y:,d}",
    }


def _totals(bands: list[Band], starts: list[date]) -> dict[str, Any]:
    """Return an invisible trace of the sums, which adds a line to the tooltip above the layers."""
    return {
        "type": "scatter",
        "x": starts,
        "y": [sum(counts) for counts in zip(*(band.counts for band in bands), strict=True)],
        "name": "All messages",
        "mode": "lines",
        "showlegend": False,
        "line": {"width": 0, "color": "rgba(0,0,0,0)"},
        "hovertemplate": "%{y:,d}",
    }
