"""Who says what a topic is about: values of enum fields under which it is clearly more or less frequent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dash import dcc, html

from dashboard.parts.behind import behind
from dashboard.parts.card import card
from dashboard.queries import fields_looked_at
from dashboard.segment_lift import Counts, clear_among
from dashboard.wording import count, plural, points, share, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dashboard.published import Row
    from dashboard.view import View

VALUES_LOOKED_AT = 6
"""Of each field, those of most messages: the more are looked at, the stricter each is judged."""
LISTED = 8
HEADS = ("Field", "Value", "Share there", "Elsewhere", "Difference")


@dataclass(frozen=True)
class TopicSegment:
    """A value under which a topic is clearly more or less frequent; `z` says how clearly, and which of both."""

    field: str
    value: str
    counts: Counts
    z: float

    @property
    def shares(self) -> tuple[float, float]:
        """The topic's share of the value's messages, and of all others."""
        n, total, n_other, total_other = self.counts
        return n / total, n_other / total_other


def find_topic_segments(view: View, topic: Row, n_said: int) -> tuple[list[TopicSegment], int]:
    """Return what clearly differs, the clearest first, and how many values were looked at.

    Args:
        view: whose lens chooses the messages.
        topic: a row of `topic`.
        n_said: messages of the topic's field that are chosen.
    """
    fields = fields_looked_at(view)
    own = {
        (row["field"], row["enum_value"]): row["n_messages"]
        for row in view.rows("topic_values", topic_id=topic["topic_id"], fields=fields)
    }
    cells = {
        (row["field"], row["enum_value"]): _counts(own, row, topic["n_messages"], n_said)
        for row in _largest(_totals(view, topic["field"], fields, n_said))
    }
    found = [TopicSegment(*cell, cells[cell], z) for cell, z in clear_among(cells).items()]
    found.sort(key=lambda segment: (-abs(segment.z), segment.field, segment.value))
    return found, len(cells)


def topic_segments_card(view: View, topic: Row, n_said: int) -> Any:
    """Lay out who says this; nothing where the project has no enum field."""
    fields = fields_looked_at(view)
    if not fields:
        return None
    found, n_looked_at = find_topic_segments(view, topic, n_said)
    heads = [html.Th(head, scope="col", className="number" if place > 1 else None) for place, head in enumerate(HEADS)]
    table = html.Table(
        [html.Thead(html.Tr(heads)), html.Tbody([_line(view, segment) for segment in found[:LISTED]])],
        className="table",
    )
    return card(
        _title(found),
        html.Div(table, className="table-scroll") if found else None,
        behind(view, "topic_values"),
        note=["The topic's share of the messages with a value, and of all others. ", *_looked_at(fields, n_looked_at)],
    )


def _totals(view: View, field: str, fields: list[str], n_said: int) -> list[Row]:
    """Messages by value. Where each event has one, events are messages, and nothing has to be joined."""
    if n_said == view.n_events:
        return view.rows("value_events", fields=fields)
    return view.rows("value_messages", fields=fields, field=field)


def _largest(rows: Iterable[Row]) -> list[Row]:
    """The values of most messages of each field; `rows` have these first."""
    by_field: dict[str, list[Row]] = {}
    for row in rows:
        by_field.setdefault(row["field"], []).append(row)
    return [row for values in by_field.values() for row in values[:VALUES_LOOKED_AT]]


def _counts(own: dict[tuple[str, str], int], row: Row, n_topic: int, n_said: int) -> Counts:
    n = own.get((row["field"], row["enum_value"]), 0)
    return n, row["n_events"], n_topic - n, n_said - row["n_events"]


def _title(found: list[TopicSegment]) -> Any:
    if not found:
        return "Who says this: no value stands out"
    top = found[0]
    verb = "clearly more with " if top.z > 0 else "clearly less with "
    return ["Who says this: ", verb, html.Bdi(shorten(top.field, 40)), " ", html.Bdi(f"“{shorten(top.value, 40)}”")]


def _looked_at(fields: list[str], n_values: int) -> list[Any]:
    names: list[Any] = []
    for field in fields:
        names += [", ", html.Bdi(shorten(field, 40))] if names else [html.Bdi(shorten(field, 40))]
    return [f"Listed is what differs by more than chance among {plural(n_values, 'value')} of ", *names, "."]


def _line(view: View, segment: TopicSegment) -> html.Tr:
    there, elsewhere = segment.shares
    counted = f"{count(segment.counts[0])} of {plural(segment.counts[1], 'message')}"
    chosen = tuple(sorted({*view.address.values, (segment.field, segment.value)}))
    name = html.Bdi(shorten(segment.value, 40))
    return html.Tr(
        [
            html.Td(html.Bdi(shorten(segment.field, 40)), className="quiet"),
            html.Td(dcc.Link(name, href=view.address.but(values=chosen, page=1).href, className="text-link")),
            html.Td(share(there), className="number", title=counted),
            html.Td(share(elsewhere), className="number quiet"),
            html.Td(points(there, elsewhere), className="number"),
        ]
    )
