"""Where a topic comes from and what became of it: its links to topics of earlier and later fits, with the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import html

from dashboard.formatting import count, moment, plural, share
from dashboard.ui.card import card
from dashboard.ui.card_sources import behind
from dashboard.ui.topic_name import topic_link

if TYPE_CHECKING:
    from dashboard.data.published import Row
    from dashboard.data.view import View

HEADS = ("When (UTC)", "What happened", "Texts in common", "Alike")
NOTE = (
    "Where this topic comes from and what became of it. “Texts in common” are those that both topics hold, “alike” is "
    "their share of all texts of both."
)


def lineage_card(view: View, topic_id: str) -> Any:
    """Tell the history of a topic; nothing where none was recorded."""
    rows = view.rows("topic_lineage", topic_id=topic_id)
    if not rows:
        return None
    told = [row for row in rows if row["change"] != "continued" or row["from_topic_id"] != row["to_topic_id"]]
    kept = [row for row in rows if row not in told]
    lines = [*([_kept(kept)] if kept else []), *(_line(row, _what(view, row, topic_id)) for row in told)]
    head = html.Tr([html.Th(name, scope="col", className="number" if place > 1 else None)
                    for place, name in enumerate(HEADS)])  # fmt: skip
    return card(
        _title(rows),
        html.Div(html.Table([html.Thead(head), html.Tbody(lines)], className="table"), className="table-scroll"),
        behind(view, "topic_lineage"),
        note=NOTE,
    )


def _title(rows: list[Row]) -> str:
    born = [row for row in rows if row["change"] == "born"]
    return f"Lineage: born {moment(born[-1]['recorded_at'])}" if born else "Lineage"


def _kept(rows: list[Row]) -> html.Tr:
    """All fits that found the topic again are one line, with the evidence of the newest."""
    times = "" if len(rows) == 1 else f", the newest of {plural(len(rows), 'such fit')}"
    return _line(rows[0], [f"Continued: found again by a fit{times}"])


def _line(row: Row, what: list[Any]) -> html.Tr:
    has_evidence = row["from_topic_id"] is not None and row["to_topic_id"] is not None
    return html.Tr(
        [
            html.Td(moment(row["recorded_at"]), className="nowrap quiet"),
            html.Td(what),
            html.Td(count(row["n_texts_shared"]) if has_evidence else None, className="number"),
            html.Td(share(row["similarity"]) if has_evidence else None, className="number"),
        ]
    )


def _what(view: View, row: Row, topic_id: str) -> list[Any]:
    """Say what happened, as the topic lived it."""
    if row["change"] == "born":
        return ["Born: its texts belonged to no topic"]
    if row["change"] == "died":
        return ["Died: no later topic holds enough of its texts"]
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
        return html.Span(["a topic that is gone (", html.Bdi(topic_id), ")"], className="quiet")
    return topic_link(view.address, topic_id, label, view.colours.get(topic_id))
