"""Numbers: a number field over time, by topic and by segment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import html

from dashboard.figures.number_trend import draw_number_trend
from dashboard.pages.segments import chosen_field
from dashboard.parts.behind import behind
from dashboard.parts.card import card, chart, headline, headlines
from dashboard.parts.choice_tabs import choice_tabs
from dashboard.parts.notices import notice
from dashboard.parts.topic_name import topic_link
from dashboard.wording import count, measure, period, plural, shorten

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.published import Row
    from dashboard.view import View

HEADS = ("Values", "Mean", "Median", "95th percentile")
TOPICS_LISTED = 30


def chosen_number(view: View, fields: list[str]) -> str | None:
    """The number field that the address chooses among these, else the first; None without any."""
    return view.address.number if view.address.number in fields else (fields[0] if fields else None)


def render(view: View) -> Any:
    """Lay out the page."""
    title = html.H1("Numbers", className="page-title")
    fields = [row["field"] for row in view.rows("number_fields")]
    number = chosen_number(view, fields)
    if number is None:
        return [title, _no_number()]
    summary = view.row("number_summary", number=number)
    tabs = choice_tabs("Number field", {name: view.address.but(number=name) for name in fields}, number)
    if not summary["n_values"]:
        return [title, tabs, card("No value within the filters", html.P("Clear them to see more.", className="quiet"))]
    return [
        title,
        tabs,
        _headlines(summary, view.before.row("number_summary", number=number) if view.before else None),
        _over_time(view, number),
        _by_topic(view, number),
        _by_segment(view, number),
    ]


def _no_number() -> Any:
    return notice(
        "No numbers in this project",
        "Its events have no number field. Send one in the metadata, such as the latency of an answer, its cost or a "
        "rating; a field's type can be chosen under Settings.",
    )


def _headlines(summary: Row, former: Row | None) -> Any:
    """The field in four numbers; `former` are those of the days before."""
    return headlines(
        headline("Median", measure(summary["median"]), _note("half of the values are this or less", former, "median")),
        headline("Mean", measure(summary["mean"]), _note(f"of {plural(summary['n_values'], 'value')}", former, "mean")),
        headline("95th percentile", measure(summary["p95"]), _note("19 of 20 values are this or less", former, "p95")),
        headline(
            "Range",
            f"{measure(summary['least'])} to {measure(summary['greatest'])}",
            _range_note(former),
        ),
    )


def _note(words: str, former: Row | None, key: str) -> str:
    if former is None:
        return words
    return f"was {measure(former[key])} in the days before" if former["n_values"] else "no values in the days before"


def _range_note(former: Row | None) -> str:
    if former is None:
        return "least and greatest"
    if not former["n_values"]:
        return "no values in the days before"
    return f"was {measure(former['least'])} to {measure(former['greatest'])} in the days before"


def _over_time(view: View, number: str) -> Any:
    rows = view.rows("number_by_day", number=number)
    return card(
        ["Median and 95th percentile of ", html.Bdi(shorten(number, 60)), " by day"],
        chart(draw_number_trend(rows), f"Median and 95th percentile of {shorten(number, 60)} by day"),
        behind(view, "number_by_day"),
        note=f"{period(*view.day_range)} (UTC); days without values are left out. Dotted: the 95th percentile.",
    )


def _by_topic(view: View, number: str) -> Any:
    if view.field is None:
        return None

    def name(row: Row) -> Any:
        if row["topic_id"] is None:
            return html.Span("no topic", className="place")
        topic_id = row["topic_id"]
        return topic_link(view.address, topic_id, view.labels.get(topic_id), view.colours.get(topic_id))

    rows = view.rows("number_by_topic", number=number, field=view.field)
    left_out = len(rows) - TOPICS_LISTED
    return card(
        ["By topic of the same events: ", html.Bdi(shorten(number, 60))],
        html.Div(_table("Topic", rows[:TOPICS_LISTED], name), className="table-scroll"),
        behind(view, "number_by_topic"),
        note=f"The topics of most values; {plural(left_out, 'other')} left out." if left_out > 0 else None,
    )


def _by_segment(view: View, number: str) -> Any:
    by = chosen_field(view, [row["field"] for row in view.rows("enum_fields")])
    if by is None:
        return None

    def name(row: Row) -> Any:
        if row["segment"] is None:
            return html.Span("without it", className="place")
        return html.Bdi(shorten(row["segment"], 60))

    rows = view.rows("number_by_segment", number=number, by=by)
    return card(
        ["By ", html.Bdi(shorten(by, 40)), ": ", html.Bdi(shorten(number, 60))],
        html.Div(_table(shorten(by, 40), rows, name), className="table-scroll"),
        behind(view, "number_by_segment"),
        note="Choose another field on the page Segments.",
    )


def _table(first: str, rows: list[Row], name: Callable[[Row], Any]) -> html.Table:
    heads = [html.Th(html.Bdi(first), scope="col"), *[html.Th(head, scope="col", className="number") for head in HEADS]]
    body = [
        html.Tr(
            [
                html.Td(name(row)),
                html.Td(count(row["n_values"]), className="number"),
                *[html.Td(measure(row[key]), className="number") for key in ("mean", "median", "p95")],
            ]
        )
        for row in rows
    ]
    return html.Table([html.Thead(html.Tr(heads)), html.Tbody(body)], className="table")
