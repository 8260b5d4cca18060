"""The Search page: find messages, users and sessions.

Neither the query nor the results are in the address, which would end in the browser's history and in logs.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html

from contracts.errors import TurretError
from dashboard.data.address import Address
from dashboard.data.view import View
from dashboard.formatting import count, moment, plural, shorten
from dashboard.search.search_pattern import bindings_of, terms_of
from dashboard.ui.aria import labelled
from dashboard.ui.card import card
from dashboard.ui.notices import failure
from dashboard.ui.tables.session_table import user_link
from dashboard.ui.tables.table import Column, table
from dashboard.ui.topic_name import topic_link

if TYPE_CHECKING:
    from dashboard.data.published import Published, Row

BOX = "search-box"
FOUND = "search-found"
MAX_MESSAGES = 50
MAX_IDS = 10
HINT = "Messages must contain all words; put “quotes” around a phrase. Case and accents are ignored."


def render(view: View) -> Any:
    """Lay out the page."""
    del view
    box = dmc.TextInput(
        id=BOX,
        placeholder="Words, a user or a session",
        debounce=300,
        size="md",
        **labelled("Find messages, users and sessions"),
    )
    return [
        html.H1("Search", className="page-title"),
        card("Find messages, users and sessions", box, note=HINT),
        html.Div(id=FOUND, role="status"),
    ]


def found(view: View, query: str) -> Any:
    """Lay out the results of a query: messages by their words, users and sessions by a part of their ids."""
    query = query.encode("utf-8", "replace").decode()  # a lone surrogate cannot be bound
    terms = terms_of(query)
    if not terms:
        return None
    ids = view.rows("found_ids", typed=query.strip(), most=MAX_IDS)
    return [_ids(view, ids), _messages(view, view.rows("found_messages", most=MAX_MESSAGES, **bindings_of(terms)))]


def _ids(view: View, rows: list[Row]) -> Any:
    if not rows:
        return None
    pages = {"user": "users", "session": "sessions"}
    lines = [
        html.Li(
            [
                html.Span(f"{row['kind'].capitalize()} ", className="quiet"),
                dcc.Link(
                    html.Bdi(shorten(row["id"], 60)),
                    href=view.address.to(pages[row["kind"]], row["id"]).href,
                    className="text-link",
                    title=shorten(row["id"], 255),
                ),
                html.Span(f" {moment(row['last_at'])}", className="quiet"),
            ]
        )
        for row in rows
    ]
    return card("Users and sessions with a matching id", html.Ul(lines, className="found-ids"))


def _messages(view: View, rows: list[Row]) -> Any:
    if not rows:
        return card(
            "No message contains these words", html.P("Nothing matches within the filters above.", className="quiet")
        )
    n_found, labels = rows[0]["n_found"], view.labels
    columns = [
        Column("Message", "message-text"),
        Column("Topic"),
        Column("Session (UTC)", "nowrap"),
        Column("User", "nowrap"),
    ]
    return card(
        f"{plural(n_found, 'message')} found",
        table(columns, [_cells(view, row, labels) for row in rows], "table messages"),
        note=f"The newest {count(len(rows))} are shown." if n_found > len(rows) else "Newest first.",
    )


def _cells(view: View, row: Row, labels: dict[str, str]) -> list[Any]:
    topic = (
        topic_link(
            view.address,
            row["topic_id"],
            labels.get(row["topic_id"]),
            view.colours.get(row["topic_id"]),
            is_mixed=row["topic_id"] in view.mixed,
        )
        if row["topic_id"]
        else html.Span("no topic", className="place")
    )
    session = view.address.to("sessions", row["session_id"]).href
    return [
        html.Bdi(shorten(row["text"], 400), dir="auto"),
        topic,
        dcc.Link(moment(row["occurred_at"]), href=session, className="text-link"),
        user_link(view.address, row["user_id"]),
    ]


def register(app: Dash, published: Published) -> None:
    """Register the callback of the search box."""

    @app.callback(
        Output(FOUND, "children"),
        Input(BOX, "value"),
        State("address", "pathname"),
        State("address", "search"),
        State("shown", "data"),
        prevent_initial_call=True,
    )
    async def search(typed: object, pathname: str, chosen: str, shown: dict[str, Any] | None) -> Any:
        address = Address.parse(pathname, chosen).but(project=(shown or {}).get("project"))
        return await asyncio.to_thread(find, published, address, str(typed or ""))


def find(published: Published, address: Address, typed: str) -> Any:
    """Lay out the results for the project of an address; nothing for a project without numbers."""
    try:
        snapshot = published.snapshot()
        if address.project not in {row["project_id"] for row in snapshot.rows("projects")}:
            return None
        return html.Div(found(View(address, snapshot, str(address.project)), typed), className="stack")
    except TurretError as error:
        return failure(str(error))
