"""The flow card: journeys step by step, all of them, or from or up to a topic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import dcc, html

from dashboard.data.address import BREADTHS, DEPTHS, MIN_SHARE_OPTIONS
from dashboard.data.query_parameters import flow_choice
from dashboard.formatting import count, plural, share, shorten, ties
from dashboard.journeys.flow.graph import make_flow
from dashboard.journeys.flow.picture import FlowPicture
from dashboard.ui import controls
from dashboard.ui.card import card
from dashboard.ui.card_sources import source_links
from dashboard.ui.tables.table import NUMBER, Column, table
from dashboard.ui.topic_name import PLACES

if TYPE_CHECKING:
    from dashboard.data.view import View
    from dashboard.journeys.flow.graph import Flow, Link

MAX_LISTED_LINKS = 40


def flow_card(view: View, labels: dict[str, str]) -> Any:
    """Draw the flow that the address chooses."""
    address = view.address
    rows = view.rows("journey_flow", **flow_choice(address))
    if not rows:
        return card(
            ["No journey passed ", _topic(address.from_topic or address.to_topic, labels)],
            html.P("Choose another topic or other filters.", className="quiet"),
            tools=_tools(view, labels),
        )
    flow = make_flow(rows, is_backward=address.to_topic is not None)
    picture = FlowPicture(flow, labels, view.colours, address)
    return card(
        _title(view, flow, labels),
        picture.render(),
        _as_table(picture),
        source_links(view, "journey_flow"),
        note=_note(view, flow),
        tools=_tools(view, labels),
        class_name="flow-card",
    )


def _topic(topic_id: str | None, labels: dict[str, str]) -> html.Bdi:
    name = labels.get(topic_id or "", topic_id) or "other topics"
    return html.Bdi(f"“{shorten(name, 60)}”")


def _title(view: View, flow: Flow, labels: dict[str, str]) -> list[Any]:
    """Name what is most frequent at the first step."""
    named = [node for node in flow.columns[1] if node.is_topic or node.key in PLACES]
    first, *others = sorted(named or flow.columns[1], key=lambda node: -node.n_sessions)
    tied = ties([node.n_sessions for node in (first, *others)])
    part = f" ({share(first.n_sessions / flow.n_sessions)}){tied}"
    if view.address.from_topic:
        start = ["From ", _topic(view.address.from_topic, labels), " journeys most often "]
        return [*start, *(["go on to ", _topic(first.key, labels)] if first.is_topic else ["end there"]), part]
    if view.address.to_topic:
        ends = ["To ", _topic(view.address.to_topic, labels), " journeys most often come "]
        return [*ends, *(["from ", _topic(first.key, labels)] if first.is_topic else ["straight from the start"]), part]
    name = _topic(first.key, labels) if first.is_topic else "other topics"
    return ["Journeys most often start with ", name, part]


def _note(view: View, flow: Flow) -> str:
    what = plural(flow.n_sessions, "journey")
    if view.address.from_topic:
        what += " that passed the topic, from the first visit on"
    if view.address.to_topic:
        what += " that passed the topic, up to the first visit"
    least = ""
    if view.address.least:
        least = f" A topic that fewer than {view.address.least}% come through at a step is among the other topics."
    return (
        f"{what}, step by step, left to right. Every height is a share of these journeys.{least} A name opens its "
        "topic; numbers, bars and bands open the sessions behind them."
    )


def _tools(view: View, labels: dict[str, str]) -> html.Div:
    address = view.address
    names = {topic["topic_id"]: topic["label"] for topic in view.rows("journey_topics")}
    for topic_id in filter(None, (address.from_topic, address.to_topic)):
        names.setdefault(topic_id, labels.get(topic_id, topic_id))

    def topic(key: str, label: str, chosen: str | None, placeholder: str) -> Any:
        words = {controls.piece(key, topic_id): name for topic_id, name in names.items()}
        shown = controls.piece(key, chosen) if chosen else ""
        keys = (key, "from_topic" if key == "to_topic" else "to_topic")
        return controls.select(label, words, shown, *keys, clearable=True, placeholder=placeholder)

    return html.Div(
        [
            topic("from_topic", "From", address.from_topic, "the start"),
            topic("to_topic", "Up to", address.to_topic, "the end"),
            controls.numbers(address, "depth", "Steps", DEPTHS),
            controls.numbers(address, "breadth", "Topics per step", BREADTHS),
            controls.numbers(address, "least", "Minimum share", MIN_SHARE_OPTIONS, "%"),
        ],
        className="choices",
    )


def _as_table(picture: FlowPicture) -> html.Details:
    """List the largest bands as a table with the same links, for keyboards and screen readers."""
    links = sorted(picture.flow.links, key=lambda link: -link.n_sessions)
    columns = [
        Column("Step", "rank"),
        Column("From"),
        Column("To"),
        Column("Journeys", NUMBER),
        Column("Of all there", NUMBER),
    ]
    rest = len(links) - MAX_LISTED_LINKS
    more = html.P(f"{plural(rest, 'smaller band')} stand in the CSV.", className="quiet") if rest > 0 else None
    return html.Details(
        [
            html.Summary("Show as a table", className="text-link"),
            table(columns, [_cells(picture, link) for link in links[:MAX_LISTED_LINKS]]),
            more,
        ],
        className="flow-steps",
    )


def _cells(picture: FlowPicture, link: Link) -> list[Any]:
    source, target = (picture.flow.nodes[place] for place in (link.source, link.target))
    first, second = (target, source) if picture.flow.is_backward else (source, target)
    href = picture.sessions_behind(target.column, source.key, target.key)
    return [
        count(target.column),
        *[html.Bdi(shorten(picture.name(node), 80)) for node in (first, second)],
        dcc.Link(count(link.n_sessions), href=href, className="text-link"),
        share(link.n_sessions / source.n_sessions),
    ]
