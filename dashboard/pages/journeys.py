"""Journeys: how people move between topics inside a session, and from one session to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update

from contracts.tables import END, START
from dashboard.address import BREADTHS, DEPTHS, MAX_LISTED, Address
from dashboard.figures.journey_flow import draw_flow, least_width, make_flow
from dashboard.parts.aria import DECORATIVE, labelled
from dashboard.parts.card import card, chart, headline, headlines
from dashboard.parts.grid import column, grid
from dashboard.parts.notices import no_text, no_topics
from dashboard.parts.topic_name import PLACES, chip
from dashboard.wording import NOTHING, count, duration, plural, ratio, share, shorten

if TYPE_CHECKING:
    from dashboard.published import Row
    from dashboard.view import View

FLOW = "journey-flow"
DEPTH = "journey-depth"
BREADTH = "journey-breadth"
PATHS_MORE = 35


def _move_columns(source: str, target: str, *numbers: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        column("source", source, "TurretMoveFrom", 200, flex=3),
        column("target", target, "TurretMoveTo", 200, flex=3),
        *numbers,
        column("from_share", "Of all from there", "TurretShare", 150, flex=1),
        column("median_gap_s", "Median gap", "TurretGap", 120, type="rightAligned"),
    ]


def _number_column(field: str, name: str, **more: Any) -> dict[str, Any]:
    return column(field, name, "TurretCount", 110, type="rightAligned", **more)


def render(view: View) -> Any:
    """Lay out the page."""
    title = html.H1("Journeys", className="page-title")
    if view.field is None:
        return [title, no_text()]
    summary = view.row("journey_summary")
    if not summary["n_journeys"]:
        return [title, no_topics()]
    labels = {row["topic_id"]: row["label"] for row in view.rows("topic_labels")}
    return [
        title,
        _headlines(summary),
        _flow(view, summary, labels),
        _paths(view, labels),
        _transitions(view, labels),
        _between_sessions(view, labels),
    ]


def register(app: Dash) -> None:
    """The flow's choices go into the address bar; a click on a topic's box opens its page."""

    @app.callback(
        Output("address", "search", allow_duplicate=True),
        Input(DEPTH, "value"),
        Input(BREADTH, "value"),
        State("address", "pathname"),
        State("address", "search"),
        prevent_initial_call=True,
    )
    def choose(depth: str, breadth: str, pathname: str, search: str) -> Any:
        now = Address.parse(pathname, search)
        chosen = now.but(depth=int(depth), breadth=int(breadth))
        return no_update if chosen == now else chosen.search

    app.clientside_callback(  # type: ignore[no-untyped-call]  # Dash gives it no types
        ClientsideFunction("turret", "openTopic"),
        Output(FLOW, "clickData"),
        Input(FLOW, "clickData"),
        prevent_initial_call=True,
    )


def _headlines(summary: Row) -> Any:
    journeys = summary["n_journeys"]
    without = summary["n_sessions"] - journeys
    return headlines(
        headline("Journeys", count(journeys), f"{plural(without, 'session')} had no topic"),
        headline("Steps", ratio(summary["mean_steps"]), "on average"),
        headline("One step only", share(summary["n_single"] / journeys), plural(summary["n_single"], "journey")),
        headline("Came back", share(summary["n_with_return"] / journeys), "to a topic they had been at"),
    )


def _flow(view: View, summary: Row, labels: dict[str, str]) -> Any:
    flow = make_flow(view.rows("journey_flow", depth=view.address.depth, breadth=view.address.breadth))
    figure = draw_flow(flow, labels, view.colours)
    first = next(node for node in flow.column(1))
    name = shorten(labels.get(first.key, "other topics"), 60)
    return card(
        ["Journeys most often start with ", html.Bdi(f"“{name}”"), f" ({share(first.n_sessions / flow.n_sessions)})"],
        html.Div(
            html.Div(
                chart(figure, "Flow of journeys from start to end", identity=FLOW),
                className="flow",
                style={"minWidth": f"{least_width(flow)}px"},
            ),
            className="table-scroll",
        ),
        note=f"{plural(summary['n_journeys'], 'journey')}, step by step. A band is as wide as its share of journeys; "
        "every column adds up to those still on the way. Choose a box to see its topic.",
        tools=_choices(view.address),
    )


def _choices(address: Address) -> Any:
    return html.Div(
        [
            _choice(DEPTH, "Steps", DEPTHS, address.depth),
            _choice(BREADTH, "Topics per step", BREADTHS, address.breadth),
        ],
        className="choices",
    )


def _choice(identity: str, label: str, values: tuple[int, ...], value: int) -> Any:
    control = dmc.SegmentedControl(
        id=identity,
        data=[{"value": str(number), "label": str(number)} for number in values],
        value=str(value),
        size="xs",
        **labelled(label),
    )
    return html.Div([html.Span(label, className="choice-label"), control], className="choice")


def _paths(view: View, labels: dict[str, str]) -> Any:
    rows = view.rows("journey_variants", listed=view.address.listed)
    total = view.row("journey_variant_count")["n_variants"]
    heads = ("", "Path", "Sessions", "Share", "Running share", "Loops", "Returns", "Median time")
    table = html.Table(
        [
            html.Thead(
                html.Tr(
                    [
                        html.Th(head, scope="col", className="number" if place > 1 else "")
                        for place, head in enumerate(heads)
                    ]
                )
            ),
            html.Tbody([_path(view, row, labels) for row in rows]),
        ],
        className="table paths",
    )
    covered = rows[-1]["running_share"] if rows else 0
    return card(
        f"The {len(rows)} most frequent of {plural(total, 'path')} cover {share(covered)} of sessions",
        html.Div(table, className="table-scroll"),
        _more(view.address, len(rows), total),
        note="Repeats of one topic next to each other are one step. A loop comes straight back, A to B to A; "
        "a return comes back at any later time.",
    )


def _path(view: View, row: Row, labels: dict[str, str]) -> html.Tr:
    steps: list[Any] = []
    for topic_id in row["path"]:
        steps += [html.Span("→", className="arrow", **DECORATIVE)] if steps else []
        steps.append(chip(view.address, topic_id, labels.get(topic_id), view.colours.get(topic_id)))
    shown = steps or [html.Span("no topic in the session", className="place")]
    numbers = (
        count(row["n_sessions"]),
        share(row["session_share"]),
        share(row["running_share"]),
        count(row["n_loops"]) if row["n_loops"] else NOTHING,
        count(row["n_returns"]) if row["n_returns"] else NOTHING,
        duration(row["median_duration_s"]) if row["n_steps"] > 1 else NOTHING,
    )
    return html.Tr(
        [
            html.Td(count(row["variant_rank"]), className="rank"),
            html.Td(html.Div(shown, className="path")),
            *[html.Td(number, className="number") for number in numbers],
        ]
    )


def _more(address: Address, shown: int, total: int) -> Any:
    if shown >= min(total, MAX_LISTED):
        return None
    more = address.but(listed=min(shown + PATHS_MORE, MAX_LISTED))
    return dcc.Link("Show more paths", href=more.href, className="text-link more")


def _transitions(view: View, labels: dict[str, str]) -> Any:
    rows = view.rows("transitions")
    between = [row for row in rows if row["from_topic_id"] != START and row["to_topic_id"] != END]
    title: Any = "Moves between topics"
    if between:
        top = between[0]
        title = ["The most frequent move is ", *_names(top, labels), f" ({count(top['n_transitions'])} times)"]
    columns = _move_columns(
        "From",
        "To",
        _number_column("n_transitions", "Moves", sort="desc"),
        _number_column("n_sessions", "Sessions"),
    )
    return card(
        title,
        html.Div(
            grid("transitions-grid", columns, _move_rows(view, rows, labels), rowHeight=42, paginationPageSize=12),
            className="table-scroll",
        ),
        note="Every pair of neighbouring steps, start and end included. The gap is the time between the two steps.",
    )


def _between_sessions(view: View, labels: dict[str, str]) -> Any:
    rows = view.rows("user_transitions")
    if not rows:
        return card(
            "No user has come back for a second session yet",
            html.P("Send a user_id with events to see this.", className="quiet"),
        )
    top = rows[0]
    columns = _move_columns(
        "Last topic of a session",
        "First topic of the next",
        _number_column("n_transitions", "Moves", sort="desc"),
        _number_column("n_users", "Users"),
    )
    return card(
        ["From one session to the next: ", *_names(top, labels), " leads"],
        html.Div(
            grid("user-transitions-grid", columns, _move_rows(view, rows, labels), rowHeight=42, paginationPageSize=12),
            className="table-scroll",
        ),
        note="A user's sessions in order: the last topic of one, and the first of the next.",
    )


def _names(row: Row, labels: dict[str, str]) -> list[Any]:
    ends = (row["from_topic_id"], row["to_topic_id"])
    source, target = (shorten(labels.get(topic_id) or topic_id, 50) for topic_id in ends)
    return [html.Bdi(f"“{source}”"), " → ", html.Bdi(f"“{target}”")]


def _move_rows(view: View, rows: list[Row], labels: dict[str, str]) -> list[Row]:
    """Rows of a table of moves, ready to be shown."""
    return [
        {key: value for key, value in row.items() if not key.endswith("topic_id")}
        | _end("source", view, row["from_topic_id"], labels)
        | _end("target", view, row["to_topic_id"], labels)
        for row in rows
    ]


def _end(side: str, view: View, topic_id: str, labels: dict[str, str]) -> Row:
    if topic_id in PLACES:
        return {side: PLACES[topic_id], f"{side}_href": None, f"{side}_colour": None}
    return {
        side: shorten(labels.get(topic_id, topic_id), 120),
        f"{side}_href": view.address.to("topics", topic_id).href,
        f"{side}_colour": view.colours.get(topic_id),
    }
