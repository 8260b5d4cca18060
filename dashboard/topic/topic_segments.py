"""The segments of a topic: values of enum fields under which it is more or less frequent than elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dash import dcc, html

from dashboard.data.query_parameters import fields_looked_at
from dashboard.data.significance import Contrast, clear_among, contrasts
from dashboard.formatting import count, difference, plural, points, share, shorten
from dashboard.ui.card import card
from dashboard.ui.card_sources import source_links
from dashboard.ui.tables.table import NUMBER, Column, table

if TYPE_CHECKING:
    from dashboard.data.published import Row
    from dashboard.data.view import View

VALUES_LOOKED_AT = 6
"""Values per field that are tested, those of most messages: the more are tested, the stricter each is judged."""
LISTED = 8
COLUMNS = (
    Column("Field", "quiet"),
    Column("Value"),
    Column("Share", NUMBER),
    Column("Elsewhere", f"{NUMBER} quiet"),
    Column("Difference", NUMBER),
)


@dataclass(frozen=True)
class TopicSegment:
    """A value under which a topic is more or less frequent by more than chance."""

    field: str
    value: str
    contrast: Contrast


def find_topic_segments(view: View, topic: Row) -> tuple[list[TopicSegment], int]:
    """Return the significant differences, the clearest first, and how many values were tested.

    Args:
        view: the view, whose filters select the messages.
        topic: a row of `topic`.
    """
    cells = contrasts(
        view,
        "topic",
        topic_id=topic["topic_id"],
        field=topic["field"],
        fields=fields_looked_at(view),
        most=VALUES_LOOKED_AT,
    )
    found = [TopicSegment(field, value, contrast) for (field, value, _), contrast in clear_among(cells).items()]
    found.sort(key=lambda segment: (-abs(segment.contrast.z), segment.field, segment.value))
    return found, len(cells)


def topic_segments_card(view: View, topic: Row) -> Any:
    """Lay out the segments of a topic; nothing where the project has no enum field."""
    fields = fields_looked_at(view)
    if not fields:
        return None
    found, n_looked_at = find_topic_segments(view, topic)
    return card(
        _title(found),
        table(COLUMNS, [_cells(view, segment) for segment in found[:LISTED]]) if found else None,
        source_links(view, "topic_values"),
        note=["The topic's share of the messages with a value, and of all others. ", *_looked_at(fields, n_looked_at)],
    )


def _title(found: list[TopicSegment]) -> Any:
    if not found:
        return "Who says this: no segment stands out"
    top = found[0]
    value = html.Bdi(f"“{shorten(top.value, 40)}”")
    words = f": {difference(*top.contrast.shares)}, more than chance"
    return ["Who says this: ", html.Bdi(shorten(top.field, 40)), " ", value, words]


def _looked_at(fields: list[str], n_values: int) -> list[Any]:
    names: list[Any] = []
    for field in fields:
        names += [", ", html.Bdi(shorten(field, 40))] if names else [html.Bdi(shorten(field, 40))]
    return [
        f"Differences of more than chance, tested by user and session for {plural(n_values, 'value')} of ",
        *names,
        ".",
    ]


def _cells(view: View, segment: TopicSegment) -> list[Any]:
    there, elsewhere = segment.contrast.shares
    counted = f"{count(segment.contrast.n)} of {plural(segment.contrast.total, 'message')}"
    chosen = tuple(sorted({*view.address.values, (segment.field, segment.value)}))
    name = html.Bdi(shorten(segment.value, 40))
    return [
        html.Bdi(shorten(segment.field, 40)),
        dcc.Link(name, href=view.address.but(values=chosen, page=1).href, className="text-link"),
        html.Td(share(there), className=NUMBER, title=counted),
        share(elsewhere),
        points(there, elsewhere),
    ]
