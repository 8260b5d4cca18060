"""Answers that came late, or not at all, by topic, where the app sends how they went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import dcc, html

from dashboard.formatting import NOTHING, count, plural, share, shorten
from dashboard.journeys.friction.differences import find_answers, late_after_s
from dashboard.ui.card import card
from dashboard.ui.tables.share_interval import few_mark, interval_words
from dashboard.ui.tables.table import NUMBER, Column, table
from dashboard.ui.topic_name import topic_link

if TYPE_CHECKING:
    from dashboard.data.significance import Contrast
    from dashboard.data.view import View
    from dashboard.journeys.friction.differences import Cell

FAMILIES = ("late", "missing")
MIN_SESSIONS = 30


def answers_card(view: View, labels: dict[str, str]) -> Any:
    """List the topics with most late and missing answers; nothing if the app says nothing about answers."""
    found, clear = find_answers(view)
    if not found:
        return None
    late_s = late_after_s(view)
    clear = {cell: contrast for cell, contrast in clear.items() if contrast.z > 0}
    sums: dict[str, int] = {}
    for (_, topic_id), contrast in found.items():
        sums[topic_id] = sums.get(topic_id, 0) + contrast.n
    topics = sorted((topic_id for topic_id, n in sums.items() if n), key=lambda topic_id: (-sums[topic_id], topic_id))
    shown = topics[: view.address.listed]
    body = [
        [
            topic_link(view.address, topic_id, labels.get(topic_id), view.colours.get(topic_id)),
            *(_cell(view, (family, topic_id), found, clear) for family in FAMILIES),
        ]
        for topic_id in shown
    ]
    after = plural(late_s, "second")
    columns = [Column("Topic"), Column(f"Answered after more than {after}", NUMBER), Column("Not answered", NUMBER)]
    return card(
        _title(clear, labels, has_any=bool(topics)),
        table(columns, body, "table friction") if body else None,
        note=f"Sessions with the topic in which an answer took more than {after} (latency_ms or reply_ms), or was "
        "missing (answered is false, or there is an error), of those in which the app said so. They are not counted as "
        "friction. ▲ marks topics with more of them than the others by more than chance, tested by user and session "
        "for both together. Admins set the time in Settings → Metadata.",
    )


def _title(clear: dict[Cell, Contrast], labels: dict[str, str], *, has_any: bool) -> Any:
    if not has_any:
        return "All answers came, and none was late"
    if not clear:
        return "No topic has more late or missing answers than the others by more than chance"
    (family, topic_id), top = max(clear.items(), key=lambda each: each[1].z)
    here, elsewhere = top.shares
    what = "late" if family == "late" else "missing"
    return [
        html.Bdi(f"“{shorten(labels.get(topic_id) or topic_id, 60)}”"),
        f": {what} answers in {share(here)} of its sessions, against {share(elsewhere)} elsewhere (more than chance)",
    ]


def _cell(view: View, cell: Cell, found: dict[Cell, Contrast], clear: dict[Cell, Contrast]) -> Any:
    if cell not in found:
        return html.Td(NOTHING, className=f"{NUMBER} is-zero")
    family, topic_id = cell
    contrast = found[cell]
    words = f"{'▲ ' if cell in clear else ''}{share(contrast.shares[0])}"
    sessions = view.address.to("sessions").but(topic=topic_id, sign=family)
    below = f"{count(contrast.n)} of {count(contrast.total)}, {interval_words(contrast.interval)}"
    return [
        dcc.Link(words, href=sessions.href, className="text-link") if contrast.n else words,
        few_mark(is_small_cell=contrast.total < MIN_SESSIONS),
        html.Span(below, className="under"),
    ]
