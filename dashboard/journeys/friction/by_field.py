"""Friction by segment: each topic's share among the sessions with each value of an enum field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import dcc, html

from dashboard.data.significance import Contrast, clear_among, contrasts
from dashboard.formatting import NOTHING, count, plural, share, shorten
from dashboard.journeys.cohorts import segment_values
from dashboard.journeys.paths import more_paths
from dashboard.ui import controls
from dashboard.ui.card import card
from dashboard.ui.card_sources import source_links
from dashboard.ui.tables.share_interval import interval_words
from dashboard.ui.tables.table import NUMBER, Column, table
from dashboard.ui.topic_name import topic_link

if TYPE_CHECKING:
    from dashboard.data.published import Row
    from dashboard.data.view import View

MAX_VALUES = 6
MIN_SESSIONS = 30
"""Sessions on which a share should rest, as in the marts."""

Part = tuple[str, str]
"""A topic, and a value of the field."""


def find_segments(view: View, by: str) -> tuple[dict[Part, Contrast], dict[Part, Contrast]]:
    """Compare the friction of each topic among the sessions with a value with its other sessions.

    Returns:
        The contrasts by topic and value, and those that differ significantly.
    """
    found = {(topic_id, value): one for (topic_id, value, _), one in contrasts(view, "friction_segment", by=by).items()}
    return found, clear_among(found)


def by_field_card(view: View, rows: list[Row], labels: dict[str, str]) -> Any:
    """List the topics, those that need most attention first, with their friction by value of the chosen field."""
    fields = segment_values(view)
    if not fields:
        return card("There is no field to compare by", note="An enum field with two values or more makes segments.")
    by = view.address.by if view.address.by in fields else next(iter(fields))
    compared, clear = find_segments(view, by)
    sizes: dict[str, int] = {}
    for (_, value), contrast in compared.items():
        sizes[value] = sizes.get(value, 0) + contrast.total
    values = sorted(sizes, key=lambda value: (-sizes[value], value))[:MAX_VALUES]
    shown = rows[: view.address.listed]
    columns = [Column("Topic"), *(Column(html.Bdi(shorten(value, 30)), NUMBER, label=value) for value in values)]
    body = [
        [
            _name(view, row["topic_id"], labels),
            *(_cell(view, by, (row["topic_id"], value), compared, clear) for value in values),
        ]
        for row in shown
    ]
    n_more = len(sizes) - len(values)
    words = {controls.piece("by", field): field for field in fields}
    return card(
        _title(by, clear, labels),
        table(columns, body, "table friction"),
        more_paths(view.address, len(shown), len(rows), "Show more topics"),
        source_links(view, "friction_by_segment"),
        note="The share of each topic's sessions with friction, by the first value of the field in the session. ▲ and "
        "▼ mark shares that differ from the topic's other sessions by more than chance, tested by user and session, "
        "for all topics and values together. Faint shares are based on fewer than 30 sessions."
        + (f" {plural(n_more, 'smaller value')} not shown." if n_more else ""),
        tools=controls.select("Field", words, controls.piece("by", by), "by") if len(fields) > 1 else None,
    )


def _title(by: str, clear: dict[Part, Contrast], labels: dict[str, str]) -> Any:
    field = html.Bdi(f"“{shorten(by, 40)}”")
    if not clear:
        return ["Friction does not differ by ", field, " by more than chance, for any topic"]
    (topic_id, value), top = max(clear.items(), key=lambda each: each[1].z)
    here, elsewhere = top.shares
    return [
        html.Bdi(f"“{shorten(labels.get(topic_id) or topic_id, 60)}”"),
        f": friction in {share(here)} of the sessions with ",
        html.Bdi(shorten(value, 40)),
        f", in {share(elsewhere)} of the others (more than chance)",
    ]


def _name(view: View, topic_id: str, labels: dict[str, str]) -> Any:
    return topic_link(
        view.address, topic_id, labels.get(topic_id), view.colours.get(topic_id), is_mixed=topic_id in view.mixed
    )


def _cell(view: View, by: str, part: Part, compared: dict[Part, Contrast], clear: dict[Part, Contrast]) -> Any:
    """Show a share, which leads to its sessions, with its counts and its interval."""
    if part not in compared:
        return html.Td(NOTHING, className=f"{NUMBER} quiet")
    contrast = compared[part]
    topic_id, value = part
    others = tuple(pair for pair in view.address.values if pair[0] != by)
    sessions = view.address.to("sessions").but(
        topic=topic_id, sign="friction", values=tuple(sorted([*others, (by, value)]))
    )
    mark = ("▲ " if contrast.z > 0 else "▼ ") if part in clear else ""
    words = f"{mark}{share(contrast.shares[0])}"
    is_small = contrast.total < MIN_SESSIONS
    return html.Td(
        [
            dcc.Link(words, href=sessions.href, className="text-link") if contrast.n else words,
            html.Span(f"{count(contrast.n)} of {count(contrast.total)}", className="under"),
            html.Span(interval_words(contrast.interval), className="under"),
        ],
        className=f"{NUMBER} is-few" if is_small else NUMBER,
    )
