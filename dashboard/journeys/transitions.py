"""Tables of transitions: between neighbouring steps of journeys, and from one session of a user to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import html

from dashboard.formatting import count, plural, shorten, ties
from dashboard.ui import controls
from dashboard.ui.card import card
from dashboard.ui.card_sources import source_links
from dashboard.ui.tables.grid import column, grid
from dashboard.ui.topic_name import PLACES

if TYPE_CHECKING:
    from dashboard.data.address import Address
    from dashboard.data.published import Row
    from dashboard.data.view import View

WORDS = {"topics": "Between topics", "all": "With start and end"}
MAX_PAIRS = 1_000
"""Maximum rows of a table; three hundred topics have tens of thousands of pairs, more than a browser should load."""


def transitions_card(view: View, labels: dict[str, str]) -> Any:
    """List the pairs of topics with most transitions."""
    between = view.rows("transitions", with_ends=False, listed=MAX_PAIRS)
    has_ends = view.address.moves == "all"
    shown = view.rows("transitions", with_ends=True, listed=MAX_PAIRS) if has_ends else between
    return card(
        _title(between, labels),
        _transitions_table(
            "transitions-grid", ("From", "To"), ("n_sessions", "Sessions"), _transition_rows(view, shown, labels)
        ),
        source_links(view, "transitions"),
        note=f"{_note(view, shown[0]['n_moves'] if shown else 0)}{_left_out(shown)}",
        tools=controls.segments(view.address, "moves", "Moves listed", WORDS, is_named=False),
    )


def _title(between: list[Row], labels: dict[str, str]) -> Any:
    if not between:
        return "No move between two topics yet"
    times, tied = plural(between[0]["n_transitions"], "time"), ties([row["n_transitions"] for row in between])
    which = "No move is more frequent than " if tied else "The most frequent move is "
    return [which, *_names(between[0], labels), f" ({times}){tied}"]


def _note(view: View, n_moves: int) -> str:
    moves = plural(n_moves, "move")
    if view.address.moves == "topics":
        return f"{moves} between neighbouring steps. The share is of all moves out of the first topic."
    return f"{moves} between neighbouring steps. Each journey has one move from the start and one to the end."


def _left_out(rows: list[Row]) -> str:
    """State that only the most frequent pairs are listed, where that is so."""
    if not rows or rows[0]["n_pairs"] == len(rows):
        return ""
    return f" The {count(len(rows))} most frequent of {count(rows[0]['n_pairs'])} pairs are listed; the CSV has all."


def between_sessions_card(view: View, labels: dict[str, str]) -> Any:
    """List the transitions from the last topic of a session to the first topic of the user's next one."""
    rows = view.rows("user_transitions", listed=MAX_PAIRS)
    if not rows:
        return card(
            "No user has come back for a second session yet",
            html.P("To see these moves, send a user_id with your events.", className="quiet"),
        )
    tied = ties([row["n_transitions"] for row in rows])
    return card(
        ["From one session to the next: ", *_names(rows[0], labels), tied or " leads"],
        _transitions_table(
            "user-transitions-grid",
            ("Last topic of a session", "First topic of the next"),
            ("n_users", "Users"),
            _transition_rows(view, rows, labels),
        ),
        source_links(view, "user_transitions"),
        note=f"A user's sessions in order: the last topic of one, and the first of the next.{_left_out(rows)}",
    )


def _transitions_table(identity: str, ends: tuple[str, str], who: tuple[str, str], rows: list[Row]) -> Any:
    """Make a table of transitions; `ends` and `who` name the columns. Empty columns are left out."""
    columns = [
        column("source", ends[0], "TurretMoveFrom", 200, flex=3),
        column("target", ends[1], "TurretMoveTo", 200, flex=3),
        column("n_transitions", "Moves", "TurretCount", 110, type="rightAligned", sort="desc"),
        column(who[0], who[1], "TurretSessions", 110, type="rightAligned"),
        column("from_share", "Share", "TurretShare", 104),
    ]
    if any(row["median_gap_s"] is not None for row in rows):
        columns.append(column("median_gap_s", "Median gap", "TurretGap", 120, type="rightAligned"))
    return html.Div(grid(identity, columns, rows, rowHeight=42, paginationPageSize=12), className="table-scroll")


def _names(row: Row, labels: dict[str, str]) -> list[Any]:
    ends = (row["from_topic_id"], row["to_topic_id"])
    source, target = (shorten(labels.get(topic_id) or topic_id, 50) for topic_id in ends)
    return [html.Bdi(f"“{source}”"), " → ", html.Bdi(f"“{target}”")]


def _transition_rows(view: View, rows: list[Row], labels: dict[str, str]) -> list[Row]:
    """Return the rows of a table of transitions, formatted."""
    sessions = view.address.to("sessions")
    return [
        {key: value for key, value in row.items() if not key.endswith("topic_id")}
        | {"sessions_href": _sessions_behind(sessions, row) if "n_sessions" in row else None}
        | _end("source", view, row["from_topic_id"], labels)
        | _end("target", view, row["to_topic_id"], labels)
        for row in rows
    ]


def _sessions_behind(sessions: Address, row: Row) -> str:
    return sessions.but(source=row["from_topic_id"], target=row["to_topic_id"]).href


def _end(side: str, view: View, topic_id: str, labels: dict[str, str]) -> Row:
    if topic_id in PLACES:
        return {side: PLACES[topic_id], f"{side}_href": None, f"{side}_colour": None}
    return {
        side: shorten(labels.get(topic_id, topic_id), 120),
        f"{side}_href": view.address.to("topics", topic_id).href,
        f"{side}_colour": view.colours.get(topic_id),
    }
