"""The lineage of a topic: its links to topics of earlier and later fits, with the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import html

from dashboard.formatting import count, moment, plural, share
from dashboard.ui.card import card
from dashboard.ui.card_sources import source_links
from dashboard.ui.tables.table import NUMBER, Column, table
from dashboard.ui.topic_name import topic_link

if TYPE_CHECKING:
    from dashboard.data.published import Row
    from dashboard.data.view import View

COLUMNS = (
    Column("When (UTC)", "nowrap quiet"),
    Column("What happened"),
    Column("Texts in common", NUMBER),
    Column("Similarity", NUMBER),
)
NOTE = (
    "How this topic developed from fit to fit. “Texts in common” are in both topics; “similarity” is their "
    "share of all texts in either."
)


def lineage_card(view: View, topic_id: str) -> Any:
    """Lay out the history of a topic; nothing where none was recorded."""
    rows = view.rows("topic_lineage", topic_id=topic_id)
    if not rows:
        return None
    told = [row for row in rows if row["change"] != "continued" or row["from_topic_id"] != row["to_topic_id"]]
    kept = [row for row in rows if row not in told]
    lines = [*([_kept(kept)] if kept else []), *(_cells(row, _what(view, row, topic_id)) for row in told)]
    return card(
        _title(rows),
        table(COLUMNS, lines),
        source_links(view, "topic_lineage"),
        note=NOTE,
    )


def _title(rows: list[Row]) -> str:
    born = [row for row in rows if row["change"] == "born"]
    return f"Lineage: born {moment(born[-1]['recorded_at'])}" if born else "Lineage"


def _kept(rows: list[Row]) -> list[Any]:
    """Sum up all fits that found the topic again in one line, with the evidence of the newest."""
    times = "" if len(rows) == 1 else f", the newest of {plural(len(rows), 'such fit')}"
    return _cells(rows[0], [f"Continued: found again by a refit{times}"])


def _cells(row: Row, what: list[Any]) -> list[Any]:
    has_evidence = row["from_topic_id"] is not None and row["to_topic_id"] is not None
    evidence: list[Any] = [count(row["n_texts_shared"]), share(row["similarity"])] if has_evidence else [None, None]
    return [moment(row["recorded_at"]), what, *evidence]


def _what(view: View, row: Row, topic_id: str) -> list[Any]:
    """Describe a change from the topic's point of view."""
    if row["change"] == "born":
        return ["Born: its texts had no topic before"]
    if row["change"] == "died":
        return ["Died: no later topic has enough of its texts"]
    is_source = row["from_topic_id"] == topic_id
    other = "to" if is_source else "from"
    words = {
        ("split", True): "Split: a part became ",
        ("split", False): "Split off from ",
        ("merged", True): "Merged into ",
        ("merged", False): "Merged: took in ",
        ("continued", True): "Continued as ",
        ("continued", False): "Continued: was ",
    }
    return [words[row["change"], is_source], _other(view, row, other)]


def _other(view: View, row: Row, side: str) -> Any:
    topic_id, label = row[f"{side}_topic_id"], row[f"{side}_label"]
    if label is None:
        return html.Span(["a former topic (", html.Bdi(topic_id), ")"], className="quiet")
    return topic_link(view.address, topic_id, label, view.colours.get(topic_id))
