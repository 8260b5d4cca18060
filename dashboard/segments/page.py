"""The Segments page: the values of an enum field, and what people talk about in each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import html

from dashboard.data.significance import Contrast, clear_among, contrasts
from dashboard.feedback.ratings import COLUMNS as RATING_COLUMNS
from dashboard.feedback.ratings import NOTE as RATING_NOTE
from dashboard.feedback.ratings import ONCE_ALIKE, find_intervals, rating_cells
from dashboard.formatting import count, difference, plural, points, rated_words, share, shorten, ties
from dashboard.ui.card import card
from dashboard.ui.card_sources import source_links
from dashboard.ui.notices import notice
from dashboard.ui.placeholder import deferred_card
from dashboard.ui.tables.share_interval import few_mark
from dashboard.ui.tables.table import NUMBER, Column, table
from dashboard.ui.tabs import choice_tabs
from dashboard.ui.topic_name import topic_link

if TYPE_CHECKING:
    from dashboard.data.published import Row
    from dashboard.data.view import View

TOP_VALUES = 6
ALL_VALUES = 1_000_000
TOP_TOPICS = 20
LIFT_NOTE = (
    "▲ and ▼ mark topics that are more or less frequent there than among all other messages, by more than "
    "chance among all "
    "cells, tested by user and session; these topics stand first. The tint says how many standard errors shares "
    "differ."
)
MAX_TINT = 26
"""Maximum percent of the colour in a cell, reached `MAX_DEVIATIONS` from the others."""
MAX_DEVIATIONS = 5
"""Standard errors at which the colour is strongest."""
WORDS = {"OTHER": "Other values", "NONE": "Not set"}
Side = tuple[str, str | None]
"""The kind (VALUE, OTHER, NONE) and the value."""
Cell = tuple[Side, str]
"""The column of the table, and the topic."""


def chosen_field(view: View, fields: list[str]) -> str | None:
    """Return the field that the address chooses among these, else the first; None without any."""
    return view.address.by if view.address.by in fields else (fields[0] if fields else None)


def render(view: View) -> Any:
    """Lay out the page."""
    title = html.H1("Segments", className="page-title")
    fields = [row["field"] for row in view.rows("enum_fields")]
    by = chosen_field(view, fields)
    if by is None:
        return [title, no_enum()]
    sizes = view.rows("segment_sizes", by=by, top_n=TOP_VALUES)
    return [
        title,
        choice_tabs("Field", {name: view.address.but(by=name) for name in fields}, by),
        _sizes(view, by, sizes),
        _feedback(view, by),
        deferred_card(view, "topics-by-segment", 500) if view.field else None,
    ]


def no_enum() -> Any:
    """Explain that the project has no enum field, and how to get one."""
    return notice(
        "No segments in this project",
        "Send a field with few distinct values, such as the plan or the country, in the metadata of your "
        "events; a field's type can be chosen under Settings.",
    )


def _sizes(view: View, by: str, rows: list[Row]) -> Any:
    before = _shares_before(view, by, rows)
    numbers = ["Events", "Share", *(["Change"] if before else []), "Sessions", "Users"]
    columns = [Column(html.Bdi(shorten(by, 40))), *[Column(head, NUMBER) for head in numbers]]
    change = " The change of the share is against the days before." if before else ""
    return card(
        _title(by, rows),
        table(columns, [_size_cells(row, before) for row in rows]),
        source_links(view, "segment_sizes"),
        note=f"Events add up to the total. Sessions and users with several values count in each of them.{change}",
    )


def _feedback(view: View, by: str) -> Any:
    """Lay out the feedback of each value's sessions; nothing without feedback."""
    rows = view.rows("segment_feedback", by=by)
    if not rows:
        return None
    intervals = find_intervals(view, "segment", by)
    n_feedback, n_outcomes, n_negative = (
        sum(row[key] for row in rows) for key in ("n_feedback", "n_outcomes", "n_negative")
    )
    verb = "is" if n_feedback == 1 else "are"
    body = []
    for row in rows:
        side = row["kind"] + (f":{row['segment']}" if row["kind"] == "VALUE" else "")
        sessions = view.address.to("sessions")
        if row["kind"] == "VALUE":
            sessions = sessions.but(values=tuple(sorted({*sessions.values, (by, row["segment"])})))
        cells = rating_cells(row, intervals.get(side), sessions if row["kind"] == "VALUE" else None)
        body.append([_name(row), *cells, few_mark(is_small_cell=row["is_small_cell"])])
    return card(
        f"{share(n_negative / n_feedback)} of {rated_words(n_feedback, n_outcomes)} {verb} negative",
        table([Column(html.Bdi(shorten(by, 40))), *RATING_COLUMNS, Column()], body),
        source_links(view, "segment_feedback"),
        note=f"A session counts for its first value. {RATING_NOTE} {ONCE_ALIKE}",
    )


def _size_cells(row: Row, before: dict[Side, float] | None) -> list[Any]:
    change = [] if before is None else [points(row["share"], before.get((row["kind"], row["segment"]), 0.0))]
    events = [count(row["n_events"]), share(row["share"])]
    return [_name(row), *events, *change, count(row["n_sessions"]), count(row["n_users"])]


def _shares_before(view: View, by: str, rows: list[Row]) -> dict[Side, float] | None:
    """Return the shares of events in the preceding period, for values with a row; None where nothing is compared."""
    previous = [] if view.previous is None else view.previous.rows("segment_sizes", by=by, top_n=ALL_VALUES)
    if not previous:
        return None
    shown = {row["segment"] for row in rows}
    shares: dict[Side, float] = {}
    for row in previous:
        is_other = row["kind"] == "VALUE" and row["segment"] not in shown
        key: Side = ("OTHER", None) if is_other else (row["kind"], row["segment"])
        shares[key] = shares.get(key, 0.0) + row["share"]
    return shares


def _title(by: str, rows: list[Row]) -> Any:
    values = [row for row in rows if row["kind"] == "VALUE"]
    if not values:
        return f"No event within the filters has {shorten(by, 40)}"
    top, tied = values[0], ties([row["n_events"] for row in values])
    most = "is as frequent as any" if tied else "is the most frequent"
    return [html.Bdi(f"“{shorten(top['segment'], 40)}”"), f" {most}: {share(top['share'])} of events{tied}"]


def _name(row: Row) -> Any:
    if row["kind"] == "VALUE":
        return html.Bdi(shorten(row["segment"], 60))
    return html.Span(WORDS[row["kind"]], className="place")


def find_differences(view: View, by: str) -> tuple[dict[Cell, Contrast], dict[Cell, Contrast]]:
    """Compare the share of each large topic among a value's messages with its share among all others.

    Returns:
        All cells by column and topic, and those that differ significantly.
    """
    sizes = view.rows("segment_sizes", by=by, top_n=TOP_VALUES)
    values = [row["segment"] for row in sizes if row["kind"] == "VALUE"]
    topic_ids = [topic["topic_id"] for topic in view.topics[:TOP_TOPICS]]
    found = contrasts(view, "segment", by=by, field=view.field, segments=values, topics=topic_ids)
    cells = {(_column(side), topic_id): contrast for (_, side, topic_id), contrast in found.items()}
    return cells, clear_among(cells)


def topics_by_segment(view: View) -> Any:
    """Lay out what people talk about for each value, with shares compared with all others."""
    by = chosen_field(view, [row["field"] for row in view.rows("enum_fields")])
    if by is None or view.field is None or not view.topics:
        return None
    cells, clear = find_differences(view, by)
    columns = _columns(cells)
    shares = {topic["topic_id"]: topic["message_share"] for topic in view.topics}
    shown = _marked_first([topic["topic_id"] for topic in view.topics[:TOP_TOPICS]], clear)
    heads = [Column("Topic", is_row_head=True), Column("All", NUMBER)]
    heads += [Column(_column_name(column), NUMBER) for column in columns]
    body = [
        [
            _topic_name(view, topic_id),
            share(shares[topic_id]),
            *[_cell(cells[column, topic_id], is_clear=(column, topic_id) in clear) for column in columns],
        ]
        for topic_id in shown
    ]
    more = len(view.topics) - len(shown)
    rest = f" {plural(more, 'smaller topic')} not shown; the CSV has all." if more > 0 else ""
    return card(
        lift_title(view, by, clear),
        table(heads, body, "table heat", is_stacked=False),
        source_links(view, "segment_topics"),
        note=f"Share of the messages of each value, those without a topic included. {LIFT_NOTE}{rest}",
    )


def _column(side: str) -> Side:
    kind, _, segment = side.partition(":")
    return kind, segment if kind == "VALUE" else None


def _columns(cells: dict[Cell, Contrast]) -> list[Side]:
    """Return the values, those of most messages first, then the other values and events without one."""
    sizes = {column: contrast.total for (column, _), contrast in cells.items()}
    order = {"VALUE": 0, "OTHER": 1, "NONE": 2}
    return sorted(sizes, key=lambda column: (order[column[0]], -sizes[column], column[1] or ""))


def _column_name(column: Side) -> Any:
    kind, segment = column
    return html.Bdi(shorten(segment or "", 24)) if kind == "VALUE" else WORDS[kind]


def _topic_name(view: View, topic_id: str) -> Any:
    return topic_link(
        view.address,
        topic_id,
        view.labels.get(topic_id),
        view.colours.get(topic_id),
        is_mixed=topic_id in view.mixed,
    )


def lift_title(view: View, by: str, clear: dict[Cell, Contrast]) -> Any:
    """Name the clearest difference: a topic that a value's messages have more or less often than the others."""
    most = max(clear, key=lambda cell: (cell[0][0] == "VALUE", abs(clear[cell].z)), default=None)
    if most is None:
        n_topics = min(len(view.topics), TOP_TOPICS)
        which = "No topic" if n_topics == len(view.topics) else f"None of the {n_topics} largest topics"
        return [f"{which} is more or less frequent by ", html.Bdi(shorten(by, 40)), " than chance explains"]
    (kind, segment), topic_id = most
    label = view.labels.get(topic_id, topic_id)
    value = html.Bdi(f"“{shorten(segment or '', 24)}”") if kind == "VALUE" else f"“{WORDS[kind].lower()}”"
    words = f": {difference(*clear[most].shares)}, more than chance"
    return [html.Bdi(f"“{shorten(label, 40)}”"), " under ", value, words]


def _cell(contrast: Contrast, *, is_clear: bool) -> html.Td:
    """Make a cell: the topic's share of a value's messages, tinted by its distance from the others' share."""
    z = contrast.z
    there, elsewhere = contrast.shares
    mark = html.Span("▲" if z > 0 else "▼", title="more than chance") if is_clear else None
    return html.Td(
        [mark, share(there)],
        className=f"number lift {'is-over' if z > 0 else 'is-under'}{' is-clear' if mark else ''}",
        style={"--lift": f"{MAX_TINT * min(abs(z) / MAX_DEVIATIONS, 1):.1f}"},
        title=f"{count(contrast.n)} of {plural(contrast.total, 'message')}; {difference(there, elsewhere)}",
    )


def _marked_first(topic_ids: list[str], clear: dict[Cell, Contrast]) -> list[str]:
    """Put the topics with differences first, the clearest on top; the others keep their order."""
    clearest: dict[str, float] = {}
    for (_, topic_id), contrast in clear.items():
        clearest[topic_id] = max(abs(contrast.z), clearest.get(topic_id, 0.0))
    return sorted(topic_ids, key=lambda topic_id: -clearest.get(topic_id, 0.0))
