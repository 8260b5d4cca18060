"""The Topics page: the table of everything that people talk about."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import ALL, ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update

from dashboard.charts.calendar import count_by_bucket, only_whole, weekly_average
from dashboard.data.address import Address
from dashboard.data.areas import areas_of
from dashboard.formatting import NOTHING, count, plural, points, share, short_day, shorten
from dashboard.journeys.friction.card import SCATTER
from dashboard.sign_in import current_visitor
from dashboard.topics.candidate import refit_card
from dashboard.topics.definitions import definition_card
from dashboard.topics.message_map import MESSAGE_MAP
from dashboard.topics.states import ACTION, retired_card, several_card, state_tabs, states_of
from dashboard.topics.treemap import draw_topic_treemap
from dashboard.ui.aria import labelled
from dashboard.ui.bar_list import BarLine, bar_list
from dashboard.ui.card import card, chart
from dashboard.ui.card_sources import source_links
from dashboard.ui.notices import no_text, no_topics
from dashboard.ui.placeholder import deferred_card
from dashboard.ui.tables.grid import ONLY_WIDE, column, grid, only_from

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dashboard.data.published import Row
    from dashboard.data.view import View
    from projects.records import TopicState

GRID = "topics-grid"
SEARCH = "topics-search"
TREEMAP = "topics-treemap"

_log = logging.getLogger(__name__)

MAX_FIELDS = 8
"""Text fields with a tab, those of most values first; an app that uses ids as keys has hundreds."""
DETAIL_NOTE = "Most of its messages answer, add or choose. They continue a step and do not count as steps themselves."
COLUMNS = [
    column("label", "Topic", "TurretTopic", 118, flex=5),
    column("n_messages", "Messages", "TurretCount", 104, flex=1, maxWidth=124, type="rightAligned", sort="desc"),
    column("message_share", "Share", "TurretShare", 66, flex=2, maxWidth=104),
    column("trend", "Trend", "TurretSparkline", 120, cellDataType=False, sortable=False, **ONLY_WIDE),
    column("last_seen_at", "Last seen", "TurretText", 112, **ONLY_WIDE),
    column("example", "Typical message", "TurretQuote", 120, flex=2, sortable=False, **only_from(1_100)),
]
"""A typical message is shown if the names have room beside it; the search box finds it anyway."""


WORDS = {"noMatchingRows": "No topic or typical message contains these words.", "noRowsToShow": "No topics."}
"""Texts of the grid itself."""

FEEDBACK = column("negative_share", "Negative", "TurretFeedback", 92, flex=2, maxWidth=112, type="rightAligned")
RATED_COLUMNS = [
    column("label", "Topic", "TurretTopic", 100, flex=4),
    column("n_messages", "Messages", "TurretCount", 94, flex=2, maxWidth=116, type="rightAligned", sort="desc"),
    column("message_share", "Share", "TurretShare", 86, maxWidth=104, **ONLY_WIDE),
    FEEDBACK,
]
"""The first columns beside feedback, which takes the room of the share on a phone."""
FEEDBACK_NOTE = " Negative is the share of the feedback with a score below 0, and of how many."
CHANGE = column("share_change", "Change", "TurretChange", 100, type="rightAligned", **ONLY_WIDE)


def render(view: View) -> Any:
    """Lay out the page."""
    title = html.H1("Topics", className="page-title")
    if view.field is None:
        return [title, no_text(view)]
    if not view.topics:
        return [title, _fields(view), no_topics(view)]
    search = dmc.TextInput(
        id=SEARCH,
        placeholder="Find a topic",
        size="sm",
        className="search",
        **labelled("Find a topic"),
    )
    states = states_of(view)
    tabs = state_tabs(view, states)
    if view.address.state == "retired":
        return [title, _fields(view), tabs, retired_card(view, states)]
    rows = [row for row in table_rows(view, states) if view.address.state in {None, row["state"]}]
    if not rows:
        return [title, _fields(view), tabs, card(f"No topic is {view.address.state}"), several_card(view, view.topics)]
    n_messages = sum(row["n_messages"] for row in rows)
    has_trend = len(rows[0]["trend"]) > 1
    negative = FEEDBACK_NOTE if _has_feedback(rows) else ""
    trend = " The trend is a seven-day average, each topic on its own scale." if has_trend else ""
    return [
        title,
        _fields(view),
        tabs,
        card(
            f"{plural(len(rows), f'{view.address.state or str()} topic'.strip())} in {plural(n_messages, 'message')}",
            html.Div(
                grid(GRID, _columns(view, rows, has_trend=has_trend), rows, rowHeight=48, **_options(view)),
                className="table-scroll",
            ),
            source_links(view, "topics"),
            note="Shares are of all messages, including those without a topic."
            f"{negative}{trend}{_gone(view)}{_unmapped(view)}",
            tools=[search, dcc.Link("Search messages", href=view.address.to("search").href, className="text-link")],
        ),
        several_card(view, view.topics),
        definition_card(view),
        refit_card(view),
        _treemap(view),
        deferred_card(view, "map", 640),
    ]


def _options(view: View) -> dict[str, Any]:
    """Return the options of the table; admins can tick topics, to keep or retire them."""
    words: dict[str, Any] = {"localeText": WORDS, "includeHiddenColumnsInQuickFilter": True}
    is_admin = view.projects is not None and current_visitor().is_admin
    return words | (
        {"rowSelection": {"mode": "multiRow", "headerCheckbox": False}, "selectionColumnDef": {"width": 34}}
        if is_admin
        else {}
    )


def _treemap(view: View) -> Any:
    """Draw topics as boxes. A phone has no room for their names, so it lists the areas, if there are any."""
    described = (
        f"{plural(len(view.topics), 'topic')} as boxes in proportion to their messages; the table above names all"
    )
    areas, n_messages = areas_of(view.topics), view.row("message_statuses", field=view.field)["n_messages"]
    boxes = chart(draw_topic_treemap(view.topics, view.colours), described, identity=TREEMAP)
    note = (
        "Each box is a topic, sized by its messages. Click one to open the topic; hover to see the names of small ones."
    )
    drawn = [boxes, html.P(note, className="card-note")]
    if not areas:
        return card(_largest_area(view, areas, n_messages), *drawn)
    lines = [
        BarLine(html.Bdi(shorten(area["label"], 60)), area["n_messages"], area["n_messages"] / n_messages)
        for area in areas
    ]
    return card(
        _largest_area(view, areas, n_messages),
        html.Div(drawn, className="only-wide"),
        html.Div(bar_list(lines), className="only-narrow"),
    )


def _largest_area(view: View, areas: list[Row], n_messages: int) -> Any:
    """Name the largest area, or topic where there are no areas, and its share of all messages."""
    what, largest = ("area", areas[0]) if areas else ("topic", view.topics[0])
    name = html.Bdi(f"“{shorten(largest['label'], 60)}”")
    which = f"The {'only' if len(areas or view.topics) == 1 else 'largest'} {what}"
    return [f"{which}, ", name, f", holds {share(largest['n_messages'] / n_messages)} of all messages"]


def _columns(view: View, rows: list[Row], *, has_trend: bool) -> list[dict[str, Any]]:
    """Return the columns.

    There is the change of the share if periods are compared, feedback if a topic has any, and a trend if there is more
    than one day.
    """
    first, rest = RATED_COLUMNS if _has_feedback(rows) else COLUMNS[:3], COLUMNS[3 if has_trend else 4 :]
    return [*first, *([] if view.previous is None else [CHANGE]), *rest]


def _has_feedback(rows: list[Row]) -> bool:
    return any(row["negative_share"] is not None for row in rows)


def _shares_before(view: View) -> dict[str | None, float] | None:
    """Return the shares of the preceding period, by topic; None without a comparison or without messages."""
    rows = [] if view.previous is None else view.previous.rows("topic_sizes", field=view.field)
    total = sum(row["n_messages"] for row in rows)
    return {row["topic_id"]: row["n_messages"] / total for row in rows} if total else None


def _gone(view: View) -> str:
    """Count the topics of the preceding period that have no row, because they have no message now."""
    gone = set(_shares_before(view) or ()) - {None} - {topic["topic_id"] for topic in view.topics}
    return f" {plural(len(gone), 'topic')} of the previous period had no message in this one." if gone else ""


def _feedback(view: View, topic_id: str, rated: Row | None) -> Row:
    """Return the cell of a topic's feedback: the negative share, of how many, and the sessions behind it."""
    if rated is None:
        return {"negative_share": None, "feedback": NOTHING, "feedback_href": None}
    kind = "negative" if rated["n_negative"] else "any"
    return {
        "negative_share": rated["negative_share"],
        "feedback": f"{share(rated['negative_share'])} of {count(rated['n_feedback'])}",
        "feedback_href": view.address.to("sessions").but(topic=topic_id, feedback=kind).href,
    }


def _unmapped(view: View) -> str:
    """Count the messages that fit no topic."""
    statuses = view.row("message_statuses", field=view.field)
    n_unmapped = statuses["n_noise"] + statuses["n_pending"]
    if not n_unmapped:
        return ""
    return f" {plural(n_unmapped, 'message')} ({share(n_unmapped / statuses['n_messages'])}) fit no topic."


def _change(topic: Row, shares: dict[str | None, float] | None) -> Row:
    if shares is None:
        return {"share_change": None, "change": NOTHING}
    before = shares.get(topic["topic_id"], 0.0)
    words = points(topic["message_share"], before) if before else "new"
    return {"share_change": topic["message_share"] - before, "change": words}


def table_rows(view: View, states: Mapping[str, TopicState] | None = None) -> list[Row]:
    """Return the rows of the table: one per topic, largest first."""
    states = states or states_of(view)
    trends = trends_of(view)
    shares = _shares_before(view)
    rated = {row["topic_id"]: row for row in view.rows("topic_feedback")}
    largest = view.topics[0]["message_share"]
    return [
        {
            "label": shorten(topic["label"], 200),
            "topic_id": topic["topic_id"],
            "state": states[topic["topic_id"]],
            "is_mixed": topic["is_mixed"],
            "detail": DETAIL_NOTE if topic["is_detail"] else None,
            "href": view.address.to("topics", topic["topic_id"]).href,
            "colour": view.colours[topic["topic_id"]],
            "area": shorten(topic["area"], 60) if topic["area"] else None,
            "n_messages": topic["n_messages"],
            "message_share": topic["message_share"],
            "bar": topic["message_share"] / largest,
            "trend": trends[topic["topic_id"]],
            "last_seen_at": topic["last_seen_at"].isoformat(timespec="minutes"),
            "last_seen": short_day(topic["last_seen_at"]),
            "example": shorten(topic["example"] or "", 200),
            **_change(topic, shares),
            **_feedback(view, topic["topic_id"], rated.get(topic["topic_id"])),
        }
        for topic in view.topics
    ]


def trends_of(view: View) -> dict[str, list[float]]:
    """Return messages per day (per week, for long periods), averaged over seven of them, by topic id."""
    starts, whole = view.bucket_starts, view.trend_buckets
    days: dict[str, list[tuple[Any, int]]] = {topic["topic_id"]: [] for topic in view.topics}
    for row in view.rows("topics_daily", field=view.field):
        days[row["topic_id"]].append((row["message_date"], row["n_messages"]))
    return {
        topic_id: weekly_average(only_whole(count_by_bucket(found, starts), whole)) for topic_id, found in days.items()
    }


def register(app: Dash) -> None:
    """Register the callbacks of the search box, and of clicks on a box or a point."""
    for identity, place in ((TREEMAP, "id"), (MESSAGE_MAP, "customdata"), (SCATTER, "customdata")):
        app.callback(
            Output("address", "href", allow_duplicate=True),
            Input(identity, "clickData"),
            State("address", "pathname"),
            State("address", "search"),
            prevent_initial_call=True,
        )(_opener(place))

    app.clientside_callback(  # type: ignore[no-untyped-call]  # Dash gives it no types
        ClientsideFunction("turret", "quickFilter"),
        Output(GRID, "dashGridOptions"),
        Input(SEARCH, "value"),
        State(GRID, "dashGridOptions"),
        prevent_initial_call=True,
    )

    app.clientside_callback(  # type: ignore[no-untyped-call]  # the same
        ClientsideFunction("turret", "tickedTopics"),
        Output({"type": "with", "action": ACTION, "target": ALL, "name": "topics"}, "value"),
        Input(GRID, "selectedRows"),
        State({"type": "with", "action": ACTION, "target": ALL, "name": "topics"}, "id"),
        prevent_initial_call=True,
    )


def _opener(place: str) -> Callable[[dict[str, Any] | None, str, str], Any]:
    """Make the callback that opens the clicked topic; `place` is where a point of the chart holds its id."""

    def open_topic(clicked: dict[str, Any] | None, pathname: str, search: str) -> Any:
        match clicked:
            case {"points": [{**point}, *_]}:
                topic_id = str(point.get(place) or "")
            case _:
                topic_id = ""
        if not topic_id or topic_id.startswith("area "):
            return no_update
        return Address.parse(pathname, search).to("topics", topic_id).href

    return open_topic


def _fields(view: View) -> Any:
    """Lay out the choice of text field, if there are several."""
    if len(view.text_fields) < 2:  # noqa: PLR2004  # no choice to make
        return None
    shown = view.text_fields[:MAX_FIELDS]
    if view.field and view.field not in shown:
        shown = [*shown, view.field]
    links: list[Any] = [
        dcc.Link(
            html.Bdi(shorten(name, 40)),
            href=view.address.to("topics").but(field=name).href,
            className="tab is-current" if name == view.field else "tab",
        )
        for name in shown
    ]
    n_more = len(view.text_fields) - len(shown)
    if n_more:
        links.append(html.Span(f"and {plural(n_more, 'more field')}, by field=… in the address", className="quiet"))
    return html.Nav(links, className="tabs", **labelled("Text field"))
