"""Scores of feedback in words: the mean, the share that is negative with its interval, and links to the sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import dcc, html

from dashboard.data.significance import contrasts
from dashboard.formatting import MINUS, NOTHING, count, rated_words, share
from dashboard.ui.tables.share_interval import interval_words
from dashboard.ui.tables.table import NUMBER, Column

if TYPE_CHECKING:
    from dashboard.data.address import Address
    from dashboard.data.published import Row
    from dashboard.data.significance import Interval
    from dashboard.data.view import View

COLUMNS = (Column("Feedback", NUMBER), Column("Mean score", NUMBER), Column("Negative", NUMBER))
NOTE = (
    f"Scores run from {MINUS}1 (bad) to +1 (good); negative is below 0. Of a person's feedback about one thing, the "
    "latest counts. Outcomes are what the app sent in metadata, such as resolved; one counts as much as a rating."
)
ONCE_ALIKE = "The 95% intervals take into account that feedback of one user is alike."


def find_intervals(view: View, family: str, by: str | None = None) -> dict[str, Interval]:
    """Return the 95% intervals of the negative shares.

    Args:
        view: the view.
        family: `topic`, `path` or `segment`.
        by: the enum field of segments.

    Returns:
        By topic, by variant, or by `VALUE:…`, `OTHER` and `NONE`.
    """
    found = contrasts(view, "feedback", by=by)
    return {side: contrast.interval for (kind, side, _), contrast in found.items() if kind == family}


def score_words(score: float | None) -> str:
    """Write a score with its sign: +0.43."""
    return NOTHING if score is None else f"{score:+.2f}".replace("-", MINUS)


def rating_cells(row: Row, interval: Interval | None, address: Address | None) -> list[Any]:
    """Fill `COLUMNS`; the numbers link to the sessions of an address, with any or with negative feedback."""
    if not row["n_feedback"]:
        return [html.Td(NOTHING, className=f"{NUMBER} is-zero")] * len(COLUMNS)
    return [
        _behind(address, "any", count(row["n_feedback"])),
        score_words(row["mean_score"]),
        [
            _behind(address, "negative", share(row["negative_share"])) if row["n_negative"] else share(0),
            html.Span(interval_words(interval), className="under") if interval else None,
        ],
    ]


def rating_cell(row: Row, interval: Interval | None, address: Address) -> Any:
    """Fill one column: the negative share, of how many, and its interval; it links to the sessions."""
    if not row["n_feedback"]:
        return html.Td(NOTHING, className=f"{NUMBER} is-zero")
    return [
        _behind(address, "negative" if row["n_negative"] else "any", share(row["negative_share"])),
        f" of {count(row['n_feedback'])}",
        html.Span(interval_words(interval), className="under") if interval else None,
    ]


def rating_note(row: Row, interval: Interval | None) -> str:
    """Describe a negative share in one line: of how many, its interval, and the mean score."""
    between = f" ({interval_words(interval)})" if interval else ""
    return (
        f"of {rated_words(row['n_feedback'], row['n_outcomes'])}{between}; mean score {score_words(row['mean_score'])}"
    )


def _behind(address: Address | None, feedback: str, words: str) -> Any:
    if address is None:
        return words
    return dcc.Link(words, href=address.but(feedback=feedback).href, className="text-link")
