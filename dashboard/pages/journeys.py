"""Journeys: how people move between topics inside a session, and from one session to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update

from contracts.tables import END, START
from dashboard.address import BREADTHS, DEPTHS, MAX_LISTED, Address
from dashboard.figures.journey_flow import make_flow
from dashboard.parts.aria import labelled
from dashboard.parts.behind import behind
from dashboard.parts.card import card, headline, headlines
from dashboard.parts.flow_picture import FlowPicture
from dashboard.parts.grid import column, grid
from dashboard.parts.notices import no_text, no_topics
from dashboard.parts.session_table import session_path
from dashboard.parts.topic_name import PLACES
from dashboard.wording import count, duration, plural, ratio, share, shorten

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.published import Row
    from dashboard.view import View

DEPTH = "journey-depth"
BREADTH = "journey-breadth"
PATHS = "journey-paths"
MOVES = "journey-moves"
PATHS_MORE = 35
PATH_WORDS = {"moving": "Two steps or more", "all": "All sessions"}
MOVE_WORDS = {"topics": "Between topics", "all": "With start and end"}


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
        _paths(view, summary, labels),
        _transitions(view, labels),
        _between_sessions(view, labels),
    ]


def register(app: Dash) -> None:
    """What is chosen on the page goes into the address bar."""

    @app.callback(
        Output("address", "search", allow_duplicate=True),
        Input(DEPTH, "value"),
        Input(BREADTH, "value"),
        Input(PATHS, "value"),
        Input(MOVES, "value"),
        State("address", "pathname"),
        State("address", "search"),
        prevent_initial_call=True,
    )
    def choose(depth: str, breadth: str, paths: str, moves: str, pathname: str, search: str) -> Any:  # noqa: PLR0913, PLR0917
        now = Address.parse(pathname, search)
        chosen = now.but(depth=int(depth), breadth=int(breadth), paths=paths, moves=moves)
        return no_update if chosen == now else chosen.search


def _headlines(summary: Row) -> Any:
    journeys = summary["n_journeys"]
    return headlines(
        headline("Journeys", count(journeys), f"{plural(summary['n_without'], 'session')} had no topic"),
        headline("Steps", ratio(summary["mean_steps"]), "on average"),
        headline("One step only", share(summary["n_single"] / journeys), plural(summary["n_single"], "journey")),
        headline("Came back", share(summary["n_with_return"] / journeys), "to a topic they had been at"),
    )


def _flow(view: View, summary: Row, labels: dict[str, str]) -> Any:
    flow = make_flow(view.rows("journey_flow", depth=view.address.depth, breadth=view.address.breadth))
    first = flow.columns[1][0]
    name = shorten(labels.get(first.key, "other topics"), 60)
    return card(
        ["Journeys most often start with ", html.Bdi(f"“{name}”"), f" ({share(first.n_sessions / flow.n_sessions)})"],
        FlowPicture(flow, labels, view.colours, view.address).render(),
        note=f"{plural(summary['n_journeys'], 'journey')}, step by step, left to right. Every height is a share of all "
        "journeys. Point at a box or a band for its numbers; a box opens its topic.",
        tools=html.Div(
            [
                _choice(DEPTH, "Steps", {str(number): str(number) for number in DEPTHS}, view.address.depth),
                _choice(
                    BREADTH, "Topics per step", {str(number): str(number) for number in BREADTHS}, view.address.breadth
                ),
            ],
            className="choices",
        ),
    )


def _choice(identity: str, label: str, words: dict[str, str], value: object, *, is_named: bool = True) -> Any:
    """Make a choice between a few; `words` by value. Its name is read out even where it is not shown."""
    control = dmc.SegmentedControl(
        id=identity,
        data=[{"value": key, "label": word} for key, word in words.items()],
        value=str(value),
        size="xs",
        **labelled(label),
    )
    return html.Div([html.Span(label, className="choice-label") if is_named else None, control], className="choice")


def _paths(view: View, summary: Row, labels: dict[str, str]) -> Any:
    is_moving = view.address.paths == "moving"
    least_steps = 2 if is_moving else 0
    rows = view.rows("journey_variants", listed=view.address.listed, least_steps=least_steps)
    total = view.row("journey_variant_count", least_steps=least_steps)["n_variants"]
    return card(
        _paths_title(rows, total, is_moving=is_moving),
        html.Div(_paths_table(view, rows, labels), className="table-scroll") if rows else None,
        _more(view.address, len(rows), total),
        behind(view, "journey_variants"),
        note=_paths_note(summary, is_moving=is_moving),
        tools=_choice(PATHS, "Paths listed", PATH_WORDS, view.address.paths, is_named=False),
    )


def _paths_title(rows: list[Row], total: int, *, is_moving: bool) -> str:
    kind = " of two steps or more" if is_moving else ""
    if not rows:
        return f"No path{kind} yet"
    paths = plural(total, "path")
    which = "The only path" if total == 1 else f"The {len(rows)} most frequent of {paths}"
    verb = "covers" if total == 1 else "cover"
    return f"{which}{kind} {verb} {share(rows[-1]['running_share'])} of sessions"


def _paths_note(summary: Row, *, is_moving: bool) -> str:
    """Say what is left out, so that the shares can be added up."""
    repeats = "Repeats of one topic next to each other are one step."
    sessions, single, without = summary["n_sessions"], summary["n_single"], summary["n_without"]
    overlong = summary["n_overlong"]
    apart = f" {plural(overlong, 'session')} over the maximum length stand apart." if overlong else ""
    if not is_moving:
        return f"All {plural(sessions - overlong, 'session')}.{apart} {repeats}"
    return (
        f"Left out: {plural(single, 'session')} ({share(single / sessions)}) of one step only, "
        f"{count(without)} ({share(without / sessions)}) without a topic.{apart} {repeats}"
    )


def _paths_table(view: View, rows: list[Row], labels: dict[str, str]) -> html.Table:
    """A table of paths; what no path of it has gets no column."""
    numbers: list[tuple[str, str, Callable[[Any], str]]] = [
        ("n_sessions", "Sessions", count),
        ("session_share", "Share", share),
        ("running_share", "Running share", share),
        ("n_loops", "Loops (A → B → A)", count),
        ("n_returns", "Returns", count),
        ("median_duration_s", "Median time", duration),
    ]
    shown = [(key, name, word) for key, name, word in numbers if any(_has_value(row, key) for row in rows)]
    heads = [html.Td(), html.Th("Path", scope="col")]
    heads += [html.Th(name, scope="col", className="number") for _, name, _ in shown]
    body = [
        html.Tr(
            [
                html.Td(count(row["place"]), className="rank"),
                html.Td(session_path(view, row["path"], labels)),
                *[_number_cell(view, row, key, word) for key, _, word in shown],
            ]
        )
        for row in rows
    ]
    return html.Table([html.Thead(html.Tr(heads)), html.Tbody(body)], className="table paths")


def _has_value(row: Row, key: str) -> bool:
    """Whether a number says something: a path of one step takes no time, and most paths never come back."""
    return bool(row[key]) and (key != "median_duration_s" or row["n_steps"] > 1)


def _number_cell(view: View, row: Row, key: str, word: Callable[[Any], str]) -> html.Td:
    if key == "n_sessions":  # every count leads to what was counted
        behind_it = view.address.to("sessions").but(variant=row["variant_id"]).href
        return html.Td(dcc.Link(word(row[key]), href=behind_it, className="text-link"), className="number")
    if key == "median_duration_s" and row["n_steps"] < 2:  # noqa: PLR2004  # no time passes within one step
        return html.Td(None, className="number")
    return html.Td(word(row[key]), className="number" if row[key] else "number is-zero")


def _more(address: Address, shown: int, total: int) -> Any:
    if shown >= min(total, MAX_LISTED):
        return None
    more = address.but(listed=min(shown + PATHS_MORE, MAX_LISTED))
    return dcc.Link("Show more paths", href=more.href, className="text-link more")


def _transitions(view: View, labels: dict[str, str]) -> Any:
    rows = view.rows("transitions")
    between = [row for row in rows if row["from_topic_id"] != START and row["to_topic_id"] != END]
    shown = between if view.address.moves == "topics" else rows
    return card(
        _transitions_title(between, labels),
        _moves_table("transitions-grid", ("From", "To"), ("n_sessions", "Sessions"), _move_rows(view, shown, labels)),
        behind(view, "transitions"),
        note=_transitions_note(view, sum(row["n_transitions"] for row in shown)),
        tools=_choice(MOVES, "Moves listed", MOVE_WORDS, view.address.moves, is_named=False),
    )


def _transitions_title(between: list[Row], labels: dict[str, str]) -> Any:
    if not between:
        return "No move between two topics yet"
    times = plural(between[0]["n_transitions"], "time")
    return ["The most frequent move is ", *_names(between[0], labels), f" ({times})"]


def _transitions_note(view: View, n_moves: int) -> str:
    moves = plural(n_moves, "move")
    if view.address.moves == "topics":
        return f"{moves} between neighbouring steps; the share is of all that leaves the first topic, ends included."
    return f"{moves} between neighbouring steps, where each journey comes from start and goes to end once."


def _between_sessions(view: View, labels: dict[str, str]) -> Any:
    rows = view.rows("user_transitions")
    if not rows:
        return card(
            "No user has come back for a second session yet",
            html.P("Send a user_id with events to see this.", className="quiet"),
        )
    top = rows[0]
    return card(
        ["From one session to the next: ", *_names(top, labels), " leads"],
        _moves_table(
            "user-transitions-grid",
            ("Last topic of a session", "First topic of the next"),
            ("n_users", "Users"),
            _move_rows(view, rows, labels),
        ),
        note="A user's sessions in order: the last topic of one, and the first of the next.",
    )


def _moves_table(identity: str, ends: tuple[str, str], who: tuple[str, str], rows: list[Row]) -> Any:
    """A table of moves; `ends` and `who` name the columns of both topics and of who moved. Empty columns stay away."""
    columns = [
        column("source", ends[0], "TurretMoveFrom", 200, flex=3),
        column("target", ends[1], "TurretMoveTo", 200, flex=3),
        column("n_transitions", "Moves", "TurretCount", 110, type="rightAligned", sort="desc"),
        column(who[0], who[1], "TurretSessions", 110, type="rightAligned"),
        column("from_share", "Of all from there", "TurretShare", 150, flex=1),
    ]
    if any(row["median_gap_s"] is not None for row in rows):
        columns.append(column("median_gap_s", "Median gap", "TurretGap", 120, type="rightAligned"))
    return html.Div(grid(identity, columns, rows, rowHeight=42, paginationPageSize=12), className="table-scroll")


def _names(row: Row, labels: dict[str, str]) -> list[Any]:
    ends = (row["from_topic_id"], row["to_topic_id"])
    source, target = (shorten(labels.get(topic_id) or topic_id, 50) for topic_id in ends)
    return [html.Bdi(f"“{source}”"), " → ", html.Bdi(f"“{target}”")]


def _move_rows(view: View, rows: list[Row], labels: dict[str, str]) -> list[Row]:
    """Rows of a table of moves, ready to be shown."""
    return [
        {key: value for key, value in row.items() if not key.endswith("topic_id")}
        | {"sessions_href": _sessions_behind(view, row) if "n_sessions" in row else None}
        | _end("source", view, row["from_topic_id"], labels)
        | _end("target", view, row["to_topic_id"], labels)
        for row in rows
    ]


def _sessions_behind(view: View, row: Row) -> str:
    return view.address.to("sessions").but(source=row["from_topic_id"], target=row["to_topic_id"]).href


def _end(side: str, view: View, topic_id: str, labels: dict[str, str]) -> Row:
    if topic_id in PLACES:
        return {side: PLACES[topic_id], f"{side}_href": None, f"{side}_colour": None}
    return {
        side: shorten(labels.get(topic_id, topic_id), 120),
        f"{side}_href": view.address.to("topics", topic_id).href,
        f"{side}_colour": view.colours.get(topic_id),
    }
