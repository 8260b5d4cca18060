"""Topics of comments: what people write about in feedback, and the page of such a topic."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

from dash import html

from dashboard.data.address import COMMENT_ORDERS, MESSAGES_PER_PAGE
from dashboard.data.significance import wilson
from dashboard.feedback.comments import COLUMNS, comment_cells, conversation
from dashboard.feedback.ratings import NOTE, score_words
from dashboard.formatting import all_of, count, plural, share, shorten
from dashboard.ui import controls
from dashboard.ui.card import card, headline
from dashboard.ui.card_sources import source_links
from dashboard.ui.tables.pager import pager
from dashboard.ui.tables.share_interval import interval_words
from dashboard.ui.tables.table import Column, table
from dashboard.ui.topic_name import topic_link

if TYPE_CHECKING:
    from dashboard.data.published import Row
    from dashboard.data.view import View

LISTED = 8
ORDER_WORDS = dict(zip(COMMENT_ORDERS, ("Newest", "Lowest score", "Highest score"), strict=True))
TOPICS_NEED = "A topic of comments needs at least three comments that are alike."
FEW = 30
"""With fewer comments, a fifth of them and more are with comments about something else (docs/benchmarks.md)."""
FEW_NOTE = f"With fewer than {FEW} comments, topics may mix subjects. "


def comment_topics_card(view: View) -> Any:
    """Lay out what comments are about, with the newest comment of each topic; nothing without comments."""
    total = view.row("comment_total")
    if not total["n_comments"]:
        return None
    rows = view.rows("comment_topics")
    n_comments = plural(total["n_comments"], "comment")
    if not rows:
        return card(f"No topic in {n_comments} yet", note=TOPICS_NEED)
    n_more = len(rows) - LISTED
    n_without = total["n_comments"] - total["n_in_topics"]
    return card(
        f"What {n_comments} {'is' if total['n_comments'] == 1 else 'are'} about",
        html.Ul([_line(view, row) for row in rows[:LISTED]], className="movers"),
        source_links(view, "comment_topics"),
        note="Topics of what people wrote in feedback, each with its number of comments, how many of them came with a "
        "negative score, and the newest. Of a person's comments about one thing, the latest counts. "
        + (f"{plural(n_without, 'comment')} in no topic. " if n_without else "")
        + (FEW_NOTE if total["n_comments"] < FEW else "")
        + (f"{plural(n_more, 'smaller topic')} in the CSV. " if n_more > 0 else ""),
    )


def _line(view: View, row: Row) -> Any:
    name = topic_link(
        view.address, row["topic_id"], view.labels.get(row["topic_id"]), is_mixed=row["topic_id"] in view.mixed
    )
    negative = f"{share(row['negative_share'])} negative"
    said = html.Span(
        f"{row['n_comments']:,}, {negative}",
        className="delta nowrap",
        title=f"{plural(row['n_comments'], 'comment')}, mean score {score_words(row['mean_score'])}, {negative}",
    )
    return html.Li(
        [
            html.Div([name, said], className="mover"),
            html.P(html.Bdi(shorten(row["example"], 160), dir="auto"), className="quote") if row["example"] else None,
        ]
    )


def comment_topic_headlines(view: View, topic: Row) -> list[Any]:
    """State how many comments a topic of comments has, and how people rated what they commented on."""
    [row] = [row for row in view.rows("comment_topics") if row["topic_id"] == topic["topic_id"]]
    total = view.row("comment_total")["n_comments"]
    interval = wilson(row["n_negative"], row["n_comments"])
    return [
        headline("Comments", count(row["n_comments"]), f"{share(row['n_comments'] / total)} of all"),
        headline(
            "Negative",
            share(row["negative_share"]),
            f"of the feedback with these comments ({interval_words(interval)})",
        ),
        headline("Mean score", score_words(row["mean_score"]), "from \u22121 (bad) to +1 (good)"),
    ]


def comments_card(view: View, topic: Row) -> Any:
    """List the comments of a topic of comments in the chosen order, with their conversations."""
    pages = max(ceil(topic["n_messages"] / MESSAGES_PER_PAGE), 1)
    page = min(view.address.page, pages)
    first = (page - 1) * MESSAGES_PER_PAGE
    order = view.address.comments
    rows = view.rows("comments", topic_id=topic["topic_id"], order=order, page_size=MESSAGES_PER_PAGE, offset=first)
    body = [[*comment_cells(view, row, "asked_topic_id"), conversation(view, row)] for row in rows]
    return card(
        all_of(topic["n_messages"], "comment"),
        table([*COLUMNS, Column(style="nowrap")], body, "table comments"),
        pager(view.address, page, pages),
        source_links(view, "comments"),
        tools=controls.segments(view.address, "comments", "Comments first", ORDER_WORDS, "page", is_named=False),
        note=f"{ORDER_WORDS[order]} first, each with the topic of what was asked. {NOTE}",
    )
