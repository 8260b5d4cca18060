"""The matrix of transitions between the largest topics, as shares of a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import dcc, html

from contracts.tables import END, START
from dashboard.data.address import TOPS
from dashboard.formatting import NOTHING, plural, share, shorten
from dashboard.journeys.flow.graph import OTHER_TOPICS
from dashboard.ui import controls
from dashboard.ui.card import card
from dashboard.ui.card_sources import source_links
from dashboard.ui.tables.table import Column, table

if TYPE_CHECKING:
    from dashboard.data.published import Row
    from dashboard.data.view import View

PLACES = {START: "Start", END: "End", OTHER_TOPICS: "Other topics"}
MAX_TINT = 50
"""Maximum percent of the colour in a cell, so that text stays readable on light and dark."""


def matrix_card(view: View, labels: dict[str, str]) -> Any:
    """Show the transitions between the largest topics; each cell between two of them leads to its sessions."""
    cells = view.rows("transition_matrix", top_n=view.address.top)
    by_ends = {(cell["source"], cell["target"]): cell for cell in cells}
    sources = list(dict.fromkeys(cell["source"] for cell in cells))
    targets = _targets(cells)
    scale = max((cell["source_share"] for cell in cells if _is_into_topic(cell)), default=1)
    corner = Column(html.Td(html.Span("From ↓ to →", className="quiet nowrap")), is_row_head=True)
    body = [
        [
            _name(view, source, labels),
            *(_cell(view, by_ends.get((source, target)), labels, scale) for target in targets),
        ]
        for source in sources
    ]
    return card(
        _title(cells, labels),
        table([corner, *(Column(_head(key, labels)) for key in targets)], body, "matrix", is_stacked=False),
        source_links(view, "transition_matrix"),
        note="The share of moves out of the topic on the left that go to the topic above. Each row sums to "
        "100%. A cell opens the sessions that moved so; those of other topics are listed one by one below.",
        tools=controls.numbers(view.address, "top", "Topics", TOPS),
    )


def _is_into_topic(cell: Row) -> bool:
    """Return whether a cell is a transition between two topics, or from START to one."""
    return cell["source"] != OTHER_TOPICS and cell["target"] not in PLACES


def _targets(cells: list[Row]) -> list[str]:
    """Return the columns in the order of the rows, then Other and END; a cell's row knows only its own columns."""
    last = {OTHER_TOPICS: 1, END: 2}
    order = {key: place for place, key in enumerate(dict.fromkeys(cell["source"] for cell in cells))}
    targets = dict.fromkeys(cell["target"] for cell in cells)
    return sorted(targets, key=lambda key: (last.get(key, 0), order.get(key, 0)))


def _label(key: str, labels: dict[str, str]) -> str:
    return PLACES.get(key) or labels.get(key, key)


def _name(view: View, key: str, labels: dict[str, str]) -> Any:
    text = shorten(_label(key, labels), 60)
    if key in PLACES:
        return html.Span(text, className="place")
    return dcc.Link(html.Bdi(text), href=view.address.to("topics", key).href, className="plain-link")


def _head(key: str, labels: dict[str, str]) -> html.Span:
    label = _label(key, labels)
    style = "place" if key in PLACES else ""
    return html.Span(html.Bdi(shorten(label, 60)), className=style, title=shorten(label, 300))


def _cell(view: View, cell: Row | None, labels: dict[str, str], scale: float) -> html.Td:
    """Make a cell.

    The strongest transition into a topic, `scale`, is the darkest; ends and Other, mostly larger, are grey.
    """
    if cell is None:
        return html.Td(NOTHING, className="is-empty")
    ends = " → ".join(shorten(_label(cell[end], labels), 60) for end in ("source", "target"))
    words = f"{ends}: {plural(cell['n_transitions'], 'move')}"
    text = share(cell["source_share"])
    content: Any = text
    if cell["n_sessions"] is not None:
        words += f" in {plural(cell['n_sessions'], 'session')}"
        href = view.address.to("sessions").but(source=cell["source"], target=cell["target"]).href
        content = dcc.Link(text, href=href)
    is_topic = _is_into_topic(cell)
    heat = MAX_TINT * (cell["source_share"] / scale if is_topic else cell["source_share"])
    return html.Td(content, title=words, className=None if is_topic else "is-plain", style={"--heat": f"{heat:.1f}"})


def _title(cells: list[Row], labels: dict[str, str]) -> Any:
    """Name the topic whose transitions concentrate most on one target, among those with enough of them."""
    largest: dict[str, int] = {}
    for cell in cells:
        largest[cell["source"]] = largest.get(cell["source"], 0) + cell["n_transitions"]
    between = [
        cell
        for cell in cells
        if not {cell["source"], cell["target"]} & set(PLACES) and largest[cell["source"]] >= 30  # noqa: PLR2004  # as the marts
    ]
    if not between:
        return "Where journeys go from each topic"
    top = max(between, key=lambda cell: cell["source_share"])
    source, target = (html.Bdi(f"“{shorten(_label(top[end], labels), 50)}”") for end in ("source", "target"))
    return [f"{share(top['source_share'])} of moves from ", source, " go to ", target]
