"""The drop-off card: after which topics journeys end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import dcc, html

from contracts.tables import END
from dashboard.data.significance import Contrast, clear_among, contrasts
from dashboard.formatting import count, plural, points, share, shorten
from dashboard.journeys.paths import more_paths
from dashboard.ui.card import card
from dashboard.ui.card_sources import source_links
from dashboard.ui.tables.share_interval import SHARE_COLUMNS, IntervalScale
from dashboard.ui.tables.table import NUMBER, Column, table
from dashboard.ui.topic_name import topic_link

if TYPE_CHECKING:
    from dashboard.data.published import Row
    from dashboard.data.view import View

COLUMNS = (Column("Topic"), Column("Visits", NUMBER), Column("Journeys that ended here", NUMBER))


def drop_off_card(view: View, labels: dict[str, str]) -> Any:
    """List every topic with the share of visits after which the journey ended."""
    rows = view.rows("drop_off")
    n_visits = sum(row["n_visits"] for row in rows)
    base = sum(row["n_exits"] for row in rows) / n_visits
    before = _shares_before(view)
    change = [Column("Change", NUMBER)] if before is not None else []
    shown = rows[: view.address.listed]
    compared, clear = find_differences(view)
    intervals = {topic_id: contrast.interval for topic_id, contrast in compared.items()}
    interval_scale = IntervalScale.over([intervals[row["topic_id"]] for row in shown], base)
    body = [
        [
            *_visits(view, row, labels),
            *interval_scale.cells(
                row["drop_off_share"], intervals[row["topic_id"]], is_small_cell=row["is_small_cell"]
            ),
            *([] if before is None else [_change(row, before)]),
        ]
        for row in shown
    ]
    return card(
        _title(rows, labels, clear),
        table(
            [*COLUMNS, *SHARE_COLUMNS, *change], body, "table drop-off", small=[row["is_small_cell"] for row in shown]
        ),
        more_paths(view.address, len(shown), len(rows), "Show more topics"),
        source_links(view, "drop_off"),
        note=f"Of {plural(n_visits, 'visit')} to a topic, {share(base)} ended their journey (the thin "
        "line). Intervals take into account that visits of one session or user are alike. Topics with fewer than 30 "
        "visits stand last: their shares say little."
        + (" The change of the share is against the days before." if before is not None else ""),
    )


def _shares_before(view: View) -> dict[str, float] | None:
    """Return the shares of the preceding period, by topic; None where nothing is compared."""
    if view.previous is None:
        return None
    return {row["topic_id"]: row["drop_off_share"] for row in view.previous.rows("drop_off")}


def find_differences(view: View) -> tuple[dict[str, Contrast], dict[str, Contrast]]:
    """Compare each topic's share of visits that end a journey with that of all other visits.

    Returns:
        The contrasts by topic, and the topics that differ significantly.
    """
    found = {topic_id: contrast for (_, topic_id, _), contrast in contrasts(view, "drop_off").items()}
    return found, clear_among(found)


def _title(rows: list[Row], labels: dict[str, str], clear: dict[str, Contrast]) -> Any:
    above = [row for row in rows if row["topic_id"] in clear and clear[row["topic_id"]].z > 0]
    if not above:
        return "No topic ends journeys more often than the others by more than chance"
    top = above[0]
    name = html.Bdi(f"“{shorten(labels.get(top['topic_id']) or top['topic_id'], 60)}”")
    there, elsewhere = clear[top["topic_id"]].shares
    n_more = len(above) - 1
    more = f"; {plural(n_more, 'more topic')} {'stands' if n_more == 1 else 'stand'} out too"
    words = f": {share(there)} of its visits, against {share(elsewhere)} elsewhere (more than chance)"
    return ["Journeys end most often after ", name, words, more if n_more else ""]


def _visits(view: View, row: Row, labels: dict[str, str]) -> list[Any]:
    topic_id = row["topic_id"]
    behind_it = view.address.to("sessions").but(source=topic_id, target=END).href
    exits: Any = count(row["n_exits"])
    if row["n_exits"]:
        exits = dcc.Link(exits, href=behind_it, className="text-link")
    name = topic_link(
        view.address, topic_id, labels.get(topic_id), view.colours.get(topic_id), is_mixed=topic_id in view.mixed
    )
    return [name, count(row["n_visits"]), exits]


def _change(row: Row, before: dict[str, float]) -> str:
    topic_id = row["topic_id"]
    return points(row["drop_off_share"], before[topic_id]) if topic_id in before else "no visit before"
