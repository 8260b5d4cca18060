"""The retention tab: of the users who first spoke of a topic in a week, how many came back, and about what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import html

from dashboard.formatting import NOTHING, count, day, plural, share, shorten
from dashboard.journeys.paths import more_paths
from dashboard.journeys.retention.figure import draw_retention
from dashboard.journeys.retention.week_share import WeekShare, pool_weeks
from dashboard.ui import controls
from dashboard.ui.card import card, chart
from dashboard.ui.card_sources import source_links
from dashboard.ui.tables.share_interval import few_mark, interval_words
from dashboard.ui.tables.table import NUMBER, Column, table
from dashboard.ui.topic_name import topic_link

if TYPE_CHECKING:
    from datetime import date

    from dashboard.data.published import Row
    from dashboard.data.view import View

MAX_TINT = 50
"""Maximum percent of the colour in a cell, so that text stays readable on light and dark."""
DEFINITIONS = (
    ("First spoke", "the user's first session with the topic, in all data, whatever days are selected."),
    ("Week", "Monday to Sunday (UTC). “+1” is the week after the one in which the user first spoke of the topic."),
    ("Came back", "the user had at least one session in that week, about anything."),
    ("Not over", "there is no event after that week yet, so its share is not known and counts nowhere."),
)


def retention_cards(view: View, labels: dict[str, str]) -> list[Any]:
    """Lay out the table of cohorts with its picture, and the topics of those who came back."""
    topic = view.address.topic
    rows = view.rows("retention", topic=topic)
    if not rows:
        return [_no_users(view, labels)]
    return [_cohorts(view, rows, labels), _topics(view, labels)]


def _about(topic: str | None, labels: dict[str, str]) -> Any:
    return html.Bdi(f"“{shorten(labels.get(topic) or topic, 60)}”") if topic else "any topic"


def _no_users(view: View, labels: dict[str, str]) -> Any:
    return card(
        ["No user first spoke of ", _about(view.address.topic, labels), " in the selected sessions"],
        note=f"Only users whom the app names are followed from session to session.{_left_out(view)}",
        tools=_choice(view),
    )


def _left_out(view: View) -> str:
    if view.details_from is None:
        return ""
    return (
        f" Users who came before {day(view.details_from)} are left out, because their first sessions are not published."
    )


def _choice(view: View) -> Any:
    """Offer the topics; the first choice is any."""
    words = {"": "Any topic"} | {
        controls.piece("topic", row["topic_id"]): row["label"] for row in view.rows("journey_topics")
    }
    shown = controls.piece("topic", view.address.topic) if view.address.topic else ""
    return controls.select("Topic", words, shown, "topic", placeholder="Any topic")


def _cohorts(view: View, rows: list[Row], labels: dict[str, str]) -> Any:
    pooled = pool_weeks(rows)
    certain = [week for week in pooled if not week.is_small]
    weeks = sorted({row["weeks_later"] for row in rows})
    cohorts: dict[date, list[Row]] = {}
    for row in rows:
        cohorts.setdefault(row["cohort_week"], []).append(row)
    scale = max((row["back_share"] for row in rows if row["back_share"] and not row["is_small_cell"]), default=1)
    columns = [
        Column("First spoke in the week of", is_row_head=True),
        Column(),
        Column("Users", NUMBER),
        *(Column(f"+{plural(week, 'week')}", NUMBER) for week in weeks),
    ]
    body = [_cohort(own, weeks, scale) for own in cohorts.values()]
    words = "Share of users who came back, by the number of weeks after the first"
    return card(
        _title(view.address.topic, pooled, labels),
        chart(draw_retention(certain), words) if certain else None,
        table(
            columns,
            [*body, *([_all(pooled, weeks)] if pooled else [])],
            "matrix retention",
            small=[*(own[0]["is_small_cell"] for own in cohorts.values()), *([False] if pooled else [])],
            is_stacked=False,
        ),
        html.Dl(
            [part for name, text in DEFINITIONS for part in (html.Dt(name), html.Dd(text))], className="definitions"
        ),
        source_links(view, "retention"),
        note="Each row is the users who first spoke of it in that week, and the share of them who came back in each "
        "week after. The picture and the last row have all weeks together, with 95% intervals (Wilson). Later weeks "
        f"rest on fewer users, those who came first.{_left_out(view)}",
        tools=_choice(view),
    )


def _title(topic: str | None, pooled: list[WeekShare], labels: dict[str, str]) -> Any:
    about = _about(topic, labels)
    if not pooled or pooled[0].is_small:
        return ["Fewer than 30 users who first spoke of ", about, " can be followed for a whole week yet"]
    first = pooled[0]
    return [
        f"Of {plural(first.n_users, 'user')} who first spoke of ",
        about,
        f", {share(first.share)} came back in the week after ({interval_words(first.interval)})",
    ]


def _cohort(own: list[Row], weeks: list[int], scale: float) -> list[Any]:
    by_week = {row["weeks_later"]: row for row in own}
    return [
        day(own[0]["cohort_week"]),
        few_mark(is_small_cell=own[0]["is_small_cell"]),
        count(own[0]["n_users"]),
        *(_cell(by_week.get(week), scale) for week in weeks),
    ]


def _cell(row: Row | None, scale: float) -> html.Td:
    if row is None or not row["is_over"]:
        return html.Td(NOTHING, className="is-empty", title=None if row is None else "This week is not over")
    words = (
        f"{count(row['n_back'])} of {plural(row['n_users'], 'user')} came back, {count(row['n_again'])} to the topic"
    )
    heat = 0.0 if row["is_small_cell"] else MAX_TINT * row["back_share"] / scale
    return html.Td(share(row["back_share"]), title=words, className=NUMBER, style={"--heat": f"{heat:.1f}"})


def _all(pooled: list[WeekShare], weeks: list[int]) -> list[Any]:
    """Fill the last row: all cohorts for which the week is over."""
    by_week = {week.weeks_later: week for week in pooled}
    cells = []
    for place in weeks:
        week = by_week.get(place)
        if week is None:
            cells.append(html.Td(NOTHING, className="is-empty"))
            continue
        words = f"{count(week.n_back)} of {plural(week.n_users, 'user')} whose week is over"
        low, high = week.interval.low, week.interval.high
        parts: list[Any] = [share(week.share), html.Span(f"{low:.0%} to {high:.0%}", className="under")]
        cells.append(html.Td(parts, title=words, className="is-plain"))
    return [html.Span("All weeks that are over", className="place"), "", "", *cells]


def _topics(view: View, labels: dict[str, str]) -> Any:
    rows = view.rows("retention_topics", topic=view.address.topic)
    if not rows:
        return card("Nobody has come back in a later week yet")
    shown = rows[: view.address.listed]
    n_back = rows[0]["n_back"]
    body = [
        [
            topic_link(
                view.address,
                row["topic_id"],
                labels.get(row["topic_id"]),
                view.colours.get(row["topic_id"]),
                is_mixed=row["topic_id"] in view.mixed,
            ),
            count(row["n_users"]),
            share(row["back_share"]),
            count(row["n_sessions"]),
        ]
        for row in shown
    ]
    columns = [
        Column("Topic"),
        Column("Users who came back", NUMBER),
        Column("Share of them", NUMBER),
        Column("Their sessions", NUMBER),
    ]
    return card(
        f"About what they came back: {plural(n_back, 'user')} in any later week",
        table(columns, body, small=[row["is_small_cell"] for row in shown]),
        more_paths(view.address, len(shown), len(rows), "Show more topics"),
        source_links(view, "retention_topics"),
        note="The share of the users who came back in any week after their first, up to now. A user who spoke of "
        "several topics counts for each.",
    )
