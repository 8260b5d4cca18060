"""The pages of the role `numbers`, made from the `aggregate_…` queries alone.

Visitors of this role get these pages in place of everybody else's. No row of these queries counts fewer people than
`TURRET_REPORT_MIN_PEOPLE`, and none has a text or an id. Whatever else a page or callback asks for, `Snapshot` refuses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from dash import html

from contracts.tables import END, START
from dashboard.charts.calendar import count_by_bucket
from dashboard.charts.theme import ACCENT
from dashboard.data.downloads import AGGREGATES, aggregate_fields, chosen_aggregate_field, chosen_aggregate_number
from dashboard.formatting import count, measure, plural, share, shorten
from dashboard.overview.messages_over_time import Band, draw_messages_over_time
from dashboard.ui.card import card, chart, headline, headlines
from dashboard.ui.notices import notice
from dashboard.ui.tables.table import NUMBER, Column, table
from dashboard.ui.tabs import choice_tabs
from dashboard.ui.topic_name import MAX_LABEL, PLACES

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.data.published import Row
    from dashboard.data.view import View

LARGEST = 10
NO_VALUE = "no value"
ONE_PERSON = "all sessions without a user count as one person"
HIDDEN = "This page consists of single sessions, texts or settings, which your role does not see: it sees numbers only."


def render(view: View) -> Any:
    """Lay out the page of the view's address, or one sentence if the role does not see it."""
    first, *_ = view.address.parts or ("",)
    if first not in PAGES or (view.address.parts[1:] and first != "journeys"):
        return notice("Not for your role", HIDDEN)
    title, body = PAGES[first]
    heading = html.H1(title, className="page-title")
    if not _rows(view, "aggregate_totals"):
        too_few = f"Fewer than {_people(view)} used the app in the last 90 days; {ONE_PERSON}."
        return [heading, card("Nothing to show", html.P(too_few))]
    note = f"The last 90 days. Numbers of fewer than {_people(view)} are left out, so parts may not add up."
    return [heading, html.P(note, className="quiet"), *body(view)]


def no_numbers() -> html.Section:
    """Explain that nothing is published."""
    return notice("No numbers yet", "Nothing is published yet for this project.")


def _people(view: View) -> str:
    return plural(view.snapshot.min_people or 1, "person", "people")


def _rows(view: View, query: str) -> list[Row]:
    return view.rows(query, **AGGREGATES[query](view))


def _overview(view: View) -> list[Any]:
    [total] = _rows(view, "aggregate_totals")
    numbers = headlines(
        headline("Events", count(total["n_events"]), ""),
        headline("Sessions", count(total["n_sessions"]), ""),
        headline("People", count(total["n_people"]), ONE_PERSON),
    )
    return [numbers, _messages(view), _topic_table(view, _rows(view, "aggregate_topics")[:LARGEST], "Largest topics")]


def _messages(view: View) -> Any:
    rows = _rows(view, "aggregate_days")
    if not rows:
        return None
    days = [(row["message_date"], row["n_messages"]) for row in rows]
    counts = tuple(count_by_bucket(days, view.bucket_starts))
    figure = draw_messages_over_time([Band("", "Messages", ACCENT, counts)], view.bucket_starts, view.whole_buckets)
    return card(
        "Messages by day",
        chart(figure, "Messages by day"),
        _download(view, "aggregate_days"),
        note=f"Days on which fewer than {_people(view)} wrote are empty, whatever they wrote.",
    )


def _topics(view: View) -> list[Any]:
    rows = _rows(view, "aggregate_topics")
    return [_topic_table(view, rows, plural(len(rows), "topic")), _download(view, "aggregate_topics")]


def _topic_table(view: View, rows: list[Row], title: str) -> Any:
    columns = [
        Column("Topic"),
        Column("Area"),
        *(
            Column(name, NUMBER)
            for name in ("Messages", "Share", "Sessions", "People", "Friction", "Negative feedback")
        ),
    ]
    del view
    lines = [
        [
            _name(row["label"]),
            _name(row["area"]),
            count(row["n_messages"]),
            share(row["message_share"]),
            count(row["n_sessions"]),
            count(row["n_people"]),
            share(row["friction_share"]),
            share(row["negative_share"]),
        ]
        for row in rows
    ]
    return card(title, table(columns, lines) if lines else _nothing())


def _journeys(view: View) -> list[Any]:
    moves, goals = _rows(view, "aggregate_moves"), _rows(view, "aggregate_goals")
    columns = [
        Column("From"),
        Column("To"),
        *(Column(name, NUMBER) for name in ("Moves", "Share", "Sessions", "People")),
    ]
    lines = [
        [
            _place(row["from_topic_id"], row["from_label"]),
            _place(row["to_topic_id"], row["to_label"]),
            count(row["n_transitions"]),
            share(row["from_share"]),
            count(row["n_sessions"]),
            count(row["n_people"]),
        ]
        for row in moves
    ]
    reached = [Column("Goal"), *(Column(name, NUMBER) for name in ("Reached", "Sessions", "People"))]
    reached_lines = [
        [_name(row["goal"]), share(row["reached_share"]), count(row["n_sessions"]), count(row["n_people"])]
        for row in goals
    ]
    return [
        card("Goals", table(reached, reached_lines), _download(view, "aggregate_goals")) if goals else None,
        card(
            "Moves between topics", table(columns, lines) if lines else _nothing(), _download(view, "aggregate_moves")
        ),
    ]


def _segments(view: View) -> list[Any]:
    field = chosen_aggregate_field(view)
    if field is None:
        return [card("No field has values of enough people", _nothing())]
    tabs = choice_tabs("Field", {name: view.address.but(by=name) for name in aggregate_fields(view, "enum")}, field)
    columns = [Column("Value"), *(Column(name, NUMBER) for name in ("Events", "Share", "Sessions", "People"))]
    lines = [
        [
            html.Span(NO_VALUE, className="place") if row["segment"] is None else _name(row["segment"]),
            count(row["n_events"]),
            share(row["share"]),
            count(row["n_sessions"]),
            count(row["n_people"]),
        ]
        for row in _rows(view, "aggregate_segments")
    ]
    return [
        tabs,
        card("Values", table(columns, lines) if lines else _nothing(), _download(view, "aggregate_segments")),
    ]


def _numbers(view: View) -> list[Any]:
    number = chosen_aggregate_number(view)
    if number is None:
        return [card("No number field has values of enough people", _nothing())]
    tabs = choice_tabs(
        "Field", {name: view.address.but(number=name) for name in aggregate_fields(view, "number")}, number
    )
    figures = [Column(name, NUMBER) for name in ("Values", "Mean", "Median", "People")]
    lines = [
        [
            _name(row["label"]),
            count(row["n_values"]),
            measure(row["mean"]),
            measure(row["median"]),
            count(row["n_people"]),
        ]
        for row in _rows(view, "aggregate_number_topics")
    ]
    return [
        tabs,
        *(
            headlines(
                headline("Values", count(row["n_values"]), ""),
                headline("Mean", measure(row["mean"]), ""),
                headline("Median", measure(row["median"]), f"of {plural(row['n_people'], 'person', 'people')}"),
            )
            for row in _rows(view, "aggregate_number")
        ),
        card(
            "By topic",
            table([Column("Topic"), *figures], lines) if lines else _nothing(),
            _download(view, "aggregate_number_topics"),
        ),
    ]


def _name(words: str | None) -> Any:
    return html.Bdi(shorten(words, MAX_LABEL)) if words else None


def _place(topic_id: str, label: str | None) -> Any:
    return html.Span(PLACES[topic_id], className="place") if topic_id in {START, END} else _name(label or topic_id)


def _nothing() -> Any:
    return html.P("Nothing counts enough people.", className="quiet")


def _download(view: View, query: str) -> Any:
    href = f"/download/{query}.csv?{urlencode({'at': view.address.href})}"
    link = html.A("Download CSV", href=href, className="text-link", download=f"{query}.csv")
    return html.Div(link, className="behind")


PAGES: dict[str, tuple[str, Callable[[View], list[Any]]]] = {
    "": ("Overview", _overview),
    "topics": ("Topics", _topics),
    "journeys": ("Journeys", _journeys),
    "segments": ("Segments", _segments),
    "numbers": ("Numbers", _numbers),
}
"""The title and the content of each page, by the first part of the address."""
