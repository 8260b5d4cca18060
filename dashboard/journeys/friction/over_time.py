"""Friction over time: each topic's share in the first and in the second half of the days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from dash import dcc, html

from dashboard.data.period import CUSTOM
from dashboard.data.significance import Contrast, Interval, clear_among, contrasts, wilson
from dashboard.formatting import MINUS, count, period, plural, share, shorten
from dashboard.journeys.paths import more_paths
from dashboard.ui.card import card
from dashboard.ui.card_sources import source_links
from dashboard.ui.tables.share_interval import few_mark, interval_words
from dashboard.ui.tables.table import NUMBER, Column, table
from dashboard.ui.topic_name import topic_link

if TYPE_CHECKING:
    from datetime import date

    from dashboard.data.address import Address
    from dashboard.data.published import Row
    from dashboard.data.view import View

MIN_DAYS = 2
MIN_SESSIONS = 30
"""Sessions on which a share should rest, as in the marts."""


@dataclass(frozen=True)
class Halves:
    """Two halves of the days, the newest day left out: from `first` to before `middle`, and to before `end`."""

    first: date
    middle: date
    end: date

    @property
    def last(self) -> date:
        """The last day."""
        return self.end - timedelta(days=1)

    @classmethod
    def of(cls, view: View) -> Halves | None:
        """Return the halves of the selected days that have events; None with fewer than two days."""
        first, last = view.day_range
        end = min(last + timedelta(days=1), view.days[1] or last)
        n_days = (end - first).days
        return cls(first, first + timedelta(days=(n_days + 1) // 2), end) if n_days >= MIN_DAYS else None


def find_changes(view: View, halves: Halves) -> tuple[dict[str, Contrast], dict[str, Contrast]]:
    """Compare the second half of the days with the first, by topic.

    Returns:
        The contrasts of topics with sessions in both halves, and those that differ significantly.
    """
    found = contrasts(view, "friction_half", middle=halves.middle, end=halves.end)
    late = {topic_id: one for (topic_id, side, _), one in found.items() if side == "late" and one.total_other}
    return late, clear_among(late)


def over_time_card(view: View, rows: list[Row], labels: dict[str, str]) -> Any:
    """List the topics, those that need most attention first, with their friction in both halves."""
    halves = Halves.of(view)
    if halves is None:
        return card("There are not enough days to compare", note="Friction over time needs two days that are over.")
    compared, clear = find_changes(view, halves)
    rows = [row for row in rows if row["topic_id"] in compared]
    rows.sort(key=lambda row: row["topic_id"] not in clear)
    shown = rows[: view.address.listed]
    names = [period(halves.first, halves.middle - timedelta(days=1)), period(halves.middle, halves.last)]
    columns = [Column("Topic"), *(Column(name, NUMBER) for name in names), Column("Change", NUMBER), Column()]
    body = [
        _cells(view, topic_id, halves, compared[topic_id], is_clear=topic_id in clear)
        for topic_id in (row["topic_id"] for row in shown)
    ]
    return card(
        _title(compared, clear, labels),
        table(columns, body, "table friction", small=[_is_small(compared[row["topic_id"]]) for row in shown]),
        more_paths(view.address, len(shown), len(rows), "Show more topics"),
        source_links(view, "friction_by_day"),
        note="The share of each topic's sessions with friction, in the first and in the second half of the days. The "
        "newest day is left out, because its users have not had a day to come back. ▲ got worse and ▼ got better by "
        "more than chance, tested by user and session, for all topics together.",
    )


def _is_small(contrast: Contrast) -> bool:
    return min(contrast.total, contrast.total_other) < MIN_SESSIONS


def _title(compared: dict[str, Contrast], clear: dict[str, Contrast], labels: dict[str, str]) -> Any:
    worse = [topic_id for topic_id, contrast in clear.items() if contrast.z > 0]
    if not clear:
        return f"Friction of none of {plural(len(compared), 'topic')} changed by more than chance"
    if not worse:
        return f"Friction fell for {plural(len(clear), 'topic')} (more than chance), and rose for none"
    top = max(worse, key=lambda topic_id: clear[topic_id].z)
    later, earlier = clear[top].shares
    name = html.Bdi(f"“{shorten(labels.get(top) or top, 60)}”")
    n_more = len(worse) - 1
    more = f"; {plural(n_more, 'more topic')} got worse too" if n_more else ""
    return [name, f" is getting worse: friction in {share(earlier)} of sessions, then in {share(later)}{more}"]


def _cells(view: View, topic_id: str, halves: Halves, contrast: Contrast, *, is_clear: bool) -> list[Any]:
    later, earlier = contrast.shares
    points = f"{100 * (later - earlier):+.1f}".replace("-", MINUS)
    mark = ("▲ " if contrast.z > 0 else "▼ ") if is_clear else ""
    sessions = view.address.to("sessions").but(topic=topic_id, sign="friction", period=CUSTOM, compare="none")
    before = wilson(contrast.n_other, contrast.total_other, contrast.hit_effect)
    return [
        topic_link(
            view.address,
            topic_id,
            view.labels.get(topic_id),
            view.colours.get(topic_id),
            is_mixed=topic_id in view.mixed,
        ),
        _half(
            (contrast.n_other, contrast.total_other),
            before,
            sessions.but(first=halves.first, last=halves.middle - timedelta(days=1)),
        ),
        _half((contrast.n, contrast.total), contrast.interval, sessions.but(first=halves.middle, last=halves.last)),
        f"{mark}{points} points",
        few_mark(is_small_cell=_is_small(contrast)),
    ]


def _half(counts: tuple[int, int], interval: Interval, sessions: Address) -> list[Any]:
    """Show a share with its counts, which lead to the sessions, and its interval."""
    n_friction, n_sessions = counts
    words = f"{share(n_friction / n_sessions)} ({count(n_friction)} of {count(n_sessions)})"
    return [
        dcc.Link(words, href=sessions.href, className="text-link") if n_friction else words,
        html.Span(interval_words(interval), className="under"),
    ]
