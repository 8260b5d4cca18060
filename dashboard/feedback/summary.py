"""Feedback in short: how much is negative, which topics have most of that, and whether these have friction too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import dcc, html

from dashboard.data.significance import LEVEL, rank_correlation
from dashboard.feedback.ratings import NOTE, find_intervals, rating_note, score_words
from dashboard.formatting import MINUS, plural, rated_words, share
from dashboard.ui.card import card
from dashboard.ui.card_sources import source_links
from dashboard.ui.topic_name import topic_link

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dashboard.data.published import Row
    from dashboard.data.view import View

LISTED = 5
MIN_RATINGS = 5
"""Ratings that a topic needs to be compared with its friction: the share of fewer says nothing."""
MIN_TOPICS = 5


def feedback_card(view: View) -> Any:
    """Lay out the negative share, and the topics with most negative feedback; nothing without feedback."""
    total = view.row("feedback_total")
    if not total["n_feedback"]:
        return None
    rated = [row for row in view.rows("topic_feedback") if row["n_negative"] and row["topic_id"] in view.labels]
    intervals = find_intervals(view, "topic") if rated else {}
    items = [
        html.Li(
            [
                topic_link(view.address, row["topic_id"], view.labels[row["topic_id"]]),
                html.Span(
                    f"{share(row['negative_share'])} of {row['n_feedback']:,}",
                    className="delta nowrap",
                    title=f"{share(row['negative_share'])} {rating_note(row, intervals.get(row['topic_id']))}",
                ),
            ],
            className="mover",
        )
        for row in rated[:LISTED]
    ]
    behind = view.address.to("sessions").but(feedback="negative" if total["n_negative"] else "any")
    return card(
        f"{share(total['negative_share'])} of {rated_words(total['n_feedback'], total['n_outcomes'])} are negative",
        html.Ul(items, className="movers") if items else None,
        source_links(view, "topic_feedback"),
        tools=dcc.Link("Their sessions", href=behind.href, className="text-link"),
        note=f"Mean score {score_words(total['mean_score'])}. "
        + ("The topics with most negative feedback, and its share of theirs. " if items else "")
        + NOTE,
    )


def agreement_with_friction(rows: Sequence[Row], ratings: Mapping[str, Row]) -> str:
    """Say whether topics with more friction have more negative feedback too; empty with too few rated topics.

    Args:
        rows: friction by topic.
        ratings: feedback by topic.
    """
    pairs = [
        (row["friction_share"], ratings[row["topic_id"]]["negative_share"])
        for row in rows
        if row["topic_id"] in ratings and ratings[row["topic_id"]]["n_feedback"] >= MIN_RATINGS
    ]
    found = rank_correlation(pairs) if len(pairs) >= MIN_TOPICS else None
    if found is None:
        return ""
    correlation, chance = found
    number = f"{correlation:+.2f}".replace("-", MINUS)
    topics = plural(len(pairs), "topic")
    over = f"over {topics} with at least {MIN_RATINGS} ratings, Spearman's rank correlation is {number}"
    if chance >= LEVEL:
        return f"Friction and negative feedback do not go together by more than chance: {over}."
    more, words = ("more", "") if correlation > 0 else ("less", ", which is unusual")
    return f"Topics with more friction have {more} negative feedback{words} (more than chance): {over}."
