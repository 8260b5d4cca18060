"""The map of messages as a card: the picture, what it leaves out, and in words which topics are close to each other."""

from __future__ import annotations

from dataclasses import dataclass
from math import dist
from statistics import median
from typing import TYPE_CHECKING, Any

from dash import html

from contracts.tables import MAP_SIZE
from dashboard.formatting import all_of, count, plural
from dashboard.topics.message_map_figure import draw_message_map
from dashboard.ui.card import card, chart
from dashboard.ui.card_sources import source_links
from dashboard.ui.topic_name import topic_link

if TYPE_CHECKING:
    from dashboard.data.published import Row
    from dashboard.data.view import View

MESSAGE_MAP = "message-map"
MAX_POINTS = 10_000
SAMPLE_NOTE = f"The map shows the messages of up to {count(MAP_SIZE)} texts, chosen at random in the last run."
TOPICS_DESCRIBED = 30
NEIGHBOURS_DESCRIBED = 3


@dataclass(frozen=True)
class _Place:
    """The centre of a topic's messages on the map."""

    topic_id: str
    x: float
    y: float


def map_card(view: View) -> Any:
    """Lay out the card."""
    rows = view.rows("message_map", field=view.field, most=MAX_POINTS)
    if not rows and view.filters.chooses_anything:
        return card("None of the selected messages is on the map", html.P(SAMPLE_NOTE, className="quiet"))
    if not rows:
        return card(
            "No map yet",
            html.P("The next pipeline run draws it, of the messages whose texts are kept.", className="quiet"),
        )
    n_messages = view.row("message_statuses", field=view.field)["n_messages"]
    described = (
        f"{plural(len(rows), 'message')} as points coloured by topic; alike ones lie together. "
        "The list below says in words which topics lie near one another"
    )
    return card(
        "Messages with similar meaning are close together",
        chart(draw_message_map(rows, view.labels, view.colours), described, identity=MESSAGE_MAP),
        _in_words(view, rows),
        source_links(view, "message_map"),
        note=f"{_extent(len(rows), n_messages)} Each has the colour of its topic; click one to open the topic.",
    )


def _extent(n_shown: int, n_messages: int) -> str:
    if n_shown == n_messages:
        return f"{all_of(n_messages, 'message')}."
    return f"A sample: {count(n_shown)} of {plural(n_messages, 'message')}. {SAMPLE_NOTE}"


def _in_words(view: View, rows: list[Row]) -> Any:
    """Describe the map in words: the largest topics, and the nearest ones to each."""
    places = _places(rows)
    if len(places) < 2:  # noqa: PLR2004  # nothing to be near to
        return None
    items = [
        html.Li([_link(view, place), ": near ", *_listed(view, _nearest(place, places))])
        for place in places[:TOPICS_DESCRIBED]
    ]
    return html.Details(
        [html.Summary("The map in words", className="text-link"), html.Ul(items, className="map-words")],
        className="behind",
    )


def _places(rows: list[Row]) -> list[_Place]:
    """Return the topics' centres, that of most messages first."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row["topic_id"] is not None:
            found.setdefault(row["topic_id"], []).append(row)
    ordered = sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return [_Place(topic_id, *(median(row[axis] for row in some) for axis in "xy")) for topic_id, some in ordered]


def _nearest(place: _Place, places: list[_Place]) -> list[_Place]:
    others = [other for other in places if other is not place]
    return sorted(others, key=lambda other: dist((place.x, place.y), (other.x, other.y)))[:NEIGHBOURS_DESCRIBED]


def _listed(view: View, places: list[_Place]) -> list[Any]:
    """Join names with commas."""
    parts: list[Any] = []
    for place in places:
        parts += [", "] if parts else []
        parts.append(_link(view, place))
    return parts


def _link(view: View, place: _Place) -> Any:
    return topic_link(view.address, place.topic_id, view.labels.get(place.topic_id))
