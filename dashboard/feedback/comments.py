"""Tables of single feedback: when it was given, the score, what the person wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import dcc, html

from dashboard.data.query_parameters import MAX_COMMENTS
from dashboard.feedback.ratings import NOTE, score_words
from dashboard.formatting import moment, plural, shorten
from dashboard.ui.card import card
from dashboard.ui.card_sources import source_links
from dashboard.ui.tables.session_table import user_link
from dashboard.ui.tables.table import NUMBER, Column, table
from dashboard.ui.topic_name import topic_link

if TYPE_CHECKING:
    from dashboard.data.published import Row
    from dashboard.data.view import View

COLUMNS = (
    Column("Score", NUMBER),
    Column("Label", "nowrap"),
    Column("Comment", "message-text"),
    Column("When (UTC)", "nowrap quiet"),
    Column("User", "nowrap"),
)


def topic_comments(view: View, topic_id: str) -> Any:
    """List the newest comments about a topic; nothing without any."""
    rows = view.rows("topic_comments", topic_id=topic_id, most=MAX_COMMENTS)
    if not rows:
        return None
    body = [[*comment_cells(view, row), conversation(view, row)] for row in rows]
    title = "The only comment" if len(rows) == 1 else f"The newest {plural(len(rows), 'comment')}"
    return card(
        f"{title} on this topic",
        table([*COLUMNS, Column(style="nowrap")], body, "table comments"),
        source_links(view, "topic_comments"),
        note=NOTE,
    )


def session_feedback(view: View, session_id: str) -> Any:
    """List all feedback about a session and its events, and its outcomes in metadata; nothing without any."""
    rows = view.rows("session_feedback", session_id=session_id)
    if not rows:
        return None
    body = [[_about(row), *comment_cells(view, row)] for row in rows]
    n_outcomes = sum(row["source"] == "metadata" for row in rows)
    counts = ((len(rows) - n_outcomes, "rating"), (n_outcomes, "outcome"))
    title = ", ".join(plural(number, word) for number, word in counts if number)
    return card(title, table([Column("About", "nowrap"), *COLUMNS], body, "table comments"), note=NOTE)


def _about(row: Row) -> Any:
    about: Any = "the session" if row["event_id"] is None else html.Bdi(shorten(row["event_id"], 40))
    return about if row["is_latest"] else [about, html.Span(", replaced", className="quiet")]


def comment_cells(view: View, row: Row, topic: str = "comment_topic_id") -> list[Any]:
    """Fill `COLUMNS`; below a comment is the topic that the column `topic` names, if any."""
    topic_id = row[topic]
    label = view.labels.get(topic_id) if topic_id else None
    about = html.Div(topic_link(view.address, topic_id, label), className="under") if topic_id and label else None
    return [
        score_words(row["score"]),
        html.Bdi(shorten(row["label"] or "", 40)),
        [html.Bdi(shorten(row["comment"] or "", 600), dir="auto"), about],
        moment(row["given_at"]),
        user_link(view.address, row["user_id"]),
    ]


def conversation(view: View, row: Row) -> Any:
    """Link to the conversation that feedback is about."""
    return dcc.Link(
        "Open conversation",
        href=view.address.to("sessions", row["session_id"]).href,
        className="text-link",
        title=shorten(row["session_id"], 255),
    )
