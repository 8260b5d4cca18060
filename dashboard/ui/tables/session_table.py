"""A table of sessions: when, who, and the path through topics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import dcc, html

from dashboard.formatting import count, duration, moment, shorten
from dashboard.ui.tables.table import NUMBER, Column, table
from dashboard.ui.topic_name import chip

if TYPE_CHECKING:
    from dashboard.data.address import Address
    from dashboard.data.published import Row
    from dashboard.data.view import View

MAX_STEPS = 8


def session_table(view: View, rows: list[Row], labels: dict[str, str], *, has_user: bool = True) -> html.Div:
    """List sessions; each links to its conversation. The user has no column if all sessions are one user's."""
    columns = [
        Column("Started (UTC)", "nowrap"),
        *([Column("User", "nowrap")] if has_user else []),
        Column("Path through topics"),
        Column("Messages", NUMBER),
        Column("Duration", f"{NUMBER} nowrap"),
    ]
    return table(columns, [_cells(view, row, labels, has_user=has_user) for row in rows], "table sessions")


def session_path(view: View, path: list[str] | None, labels: dict[str, str], most: int | None = None) -> html.Div:
    """Name the topics of a path in order; of long ones the first, and the number of the others."""
    topics = path or []
    shown = topics if most is None else topics[:most]
    steps: list[Any] = []
    for topic_id in shown:
        steps += ["→"] if steps else []
        steps.append(chip(view.address, topic_id, labels.get(topic_id), view.colours.get(topic_id)))
    if len(topics) > len(shown):
        steps.append(html.Span(f"and {len(topics) - len(shown)} more", className="quiet"))
    return html.Div(steps or html.Span("no topic in the session", className="place"), className="path")


def user_link(address: Address, user_id: str | None) -> Any:
    """Link to a user's sessions by their name; nothing for a session without a named user."""
    if user_id is None:
        return html.Span("not named", className="quiet")
    name = html.Bdi(shorten(user_id, 28))
    return dcc.Link(name, href=address.to("users", user_id).href, className="text-link", title=shorten(user_id, 255))


def _cells(view: View, row: Row, labels: dict[str, str], *, has_user: bool) -> list[Any]:
    here = view.address.to("sessions", row["session_id"]).href
    path = session_path(view, row["path"], labels, MAX_STEPS)
    if row["is_overlong"]:
        path = html.Div(["over the maximum length ", path], className="path")
    noun = "message" if row["n_messages"] == 1 else "messages"
    return [
        dcc.Link(moment(row["started_at"]), href=here, className="text-link"),
        *([user_link(view.address, row["user_id"])] if has_user else []),
        path,
        [count(row["n_messages"]), html.Span(f" {noun}", className="only-narrow")],
        duration(row["duration_s"]),
    ]
