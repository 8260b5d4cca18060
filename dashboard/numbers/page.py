"""The Numbers page: a number field over time, by topic and by segment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from dash import html

from dashboard.data.significance import LEVEL, clear_among, contrasts
from dashboard.formatting import count, difference, measure, period, plural, share, shorten
from dashboard.numbers.trend import draw_number_trend
from dashboard.segments.page import chosen_field
from dashboard.ui.card import card, chart, headline, headlines
from dashboard.ui.card_sources import source_links
from dashboard.ui.notices import notice
from dashboard.ui.placeholder import deferred_card
from dashboard.ui.tables.table import NUMBER, Column, table
from dashboard.ui.tabs import choice_tabs
from dashboard.ui.topic_name import topic_link

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.data.published import Row
    from dashboard.data.significance import Contrast
    from dashboard.data.view import View

COLUMNS = (
    Column("Values", NUMBER),
    Column("Sum", NUMBER),
    Column("Mean", NUMBER),
    Column("Median", f"{NUMBER} lift"),
    Column("95th percentile", NUMBER),
)
TOPICS_LISTED = 15
LISTS_ON_PAGE = 2
"""By segment and by topic: each list is judged so strictly that both together keep the level."""
APART_NOTE = (
    "▲ and ▼ mark where values are above the median of all (or at least it, if that divides them more evenly) more or "
    "less often than elsewhere, by more than chance among all rows, tested by user and session."
)


def chosen_number(view: View, fields: list[str]) -> str | None:
    """Return the number field that the address chooses among these, else the first; None without any."""
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
        return [
            title,
            tabs,
            card("No value matches the filters", html.P("Clear the filters to see more.", className="quiet")),
        ]
    return [
        title,
        tabs,
        _headlines(summary, view.previous.row("number_summary", number=number) if view.previous else None),
        _over_time(view, number),
        deferred_card(view, "number-by-segment", 260) if view.rows("enum_fields") else None,
        deferred_card(view, "number-by-topic", 500) if view.field else None,
    ]


def _number_and_middle(view: View) -> tuple[str | None, float | None]:
    """Return the number field of the page, and the median of its values; None without any."""
    number = chosen_number(view, [row["field"] for row in view.rows("number_fields")])
    return number, view.row("number_summary", number=number)["median"] if number else None


def _no_number() -> Any:
    return notice(
        "No numbers in this project",
        "Send a number in the metadata of your events, such as the latency of an answer, its cost or a "
        "rating; a field's type can be chosen under Settings.",
    )


def _headlines(summary: Row, previous: Row | None) -> Any:
    """Lay out five numbers of the field; `previous` are those of the preceding period."""
    return headlines(
        headline(
            "Sum", measure(summary["total"]), _note(f"of {plural(summary['n_values'], 'value')}", previous, "total")
        ),
        headline(
            "Median", measure(summary["median"]), _note("half of the values are at most this", previous, "median")
        ),
        headline("Mean", measure(summary["mean"]), _note("sum divided by number of values", previous, "mean")),
        headline(
            "95th percentile", measure(summary["p95"]), _note("19 of 20 values are at most this", previous, "p95")
        ),
        headline(
            "Range",
            f"{measure(summary['least'])} to {measure(summary['greatest'])}",
            _range_note(previous),
        ),
    )


def _note(words: str, previous: Row | None, key: str) -> str:
    if previous is None:
        return words
    return (
        f"was {measure(previous[key])} in the previous period"
        if previous["n_values"]
        else "no values in the previous period"
    )


def _range_note(previous: Row | None) -> str:
    if previous is None:
        return "smallest to largest"
    if not previous["n_values"]:
        return "no values in the previous period"
    return f"was {measure(previous['least'])} to {measure(previous['greatest'])} in the previous period"


def _over_time(view: View, number: str) -> Any:
    rows = view.rows("number_by_day", number=number)
    return card(
        ["Median and 95th percentile of ", html.Bdi(shorten(number, 60)), " by day"],
        chart(draw_number_trend(rows), f"Median and 95th percentile of {shorten(number, 60)} by day"),
        source_links(view, "number_by_day"),
        note=f"{period(*view.day_range)} (UTC); days without values are left out. Dotted: the 95th percentile.",
    )


def by_topic(view: View) -> Any:
    """Lay out the topics whose values differ, then those with the largest medians."""
    number, middle = _number_and_middle(view)
    if number is None or middle is None or view.field is None:
        return None
    rows = view.rows("number_by_topic", number=number, middle=middle, field=view.field)
    split = find_split(view, number)
    apart = find_apart(view, "number_topic", number=number, middle=split.cut, field=view.field)
    topics = [row for row in rows if row["topic_id"] is not None]
    topics.sort(key=lambda row: (row["topic_id"] not in apart, -row["median"], row["topic_id"]))
    shown = topics[:TOPICS_LISTED] + [row for row in rows if row["topic_id"] is None]

    def name(row: Row) -> Any:
        if row["topic_id"] is None:
            return html.Span("no topic", className="place")
        topic_id = row["topic_id"]
        return topic_link(
            view.address,
            topic_id,
            view.labels.get(topic_id),
            view.colours.get(topic_id),
            is_mixed=topic_id in view.mixed,
        )

    def say(row: Row) -> str:
        return str(view.labels.get(row["topic_id"], row["topic_id"]))

    left_out = len(topics) - TOPICS_LISTED
    rest = f" {plural(left_out, 'other topic')} left out; the CSV has all." if left_out > 0 else ""
    return card(
        _finding(number, "topic", rows, apart, "topic_id", say, middle, split),
        _table("Topic", shown, name, apart, "topic_id", split),
        source_links(view, "number_by_topic"),
        note=f"Of the same events. {APART_NOTE} These topics stand first, then those of the largest median.{rest}",
    )


def by_segment(view: View) -> Any:
    """Lay out the values of an enum field."""
    number, middle = _number_and_middle(view)
    fields = [row["field"] for row in view.rows("enum_fields")]
    by = chosen_field(view, fields)
    if number is None or middle is None or by is None:
        return None

    def name(row: Row) -> Any:
        if row["segment"] is None:
            return html.Span("without it", className="place")
        return html.Bdi(shorten(row["segment"], 60))

    rows = view.rows("number_by_segment", number=number, middle=middle, by=by)
    split = find_split(view, number)
    apart = find_apart(view, "number_segment", number=number, middle=split.cut, by=by)
    return card(
        _finding(number, by, rows, apart, "segment", lambda row: str(row["segment"]), middle, split),
        choice_tabs("Field", {field: view.address.but(by=field) for field in fields}, by),
        _table(shorten(by, 40), rows, name, apart, "segment", split),
        source_links(view, "number_by_segment"),
        note=f"Of the same events. {APART_NOTE}",
    )


class Split(NamedTuple):
    """Where Mood's test divides the values: those greater than `cut` are, in words, above the median or at least it."""

    cut: float
    words: str


def find_split(view: View, number: str) -> Split:
    """Divide the values of a field at its median as evenly as ties allow.

    Of ratings from 1 to 5 with a median of 4, few may be above it and most at least it; the more even division says
    more.
    """
    row = view.row("number_split", number=number)
    is_at_least = abs(row["n_at_least"] / row["n_values"] - 0.5) < abs(row["n_above"] / row["n_values"] - 0.5)
    if is_at_least and row["below"] is not None:
        return Split(row["below"], "at least")
    return Split(row["median"], "above")


def find_apart(view: View, query: str, **parameters: object) -> dict[str | None, Contrast]:
    """Return the topics or values whose share of values on one side of the median lies apart by more than chance.

    `middle` divides the values (`find_split`). It is Mood's median test of each against all others, with clusters (see
    `significance`); None stands for what has no topic, or not the field.
    """
    found = contrasts(view, query, **parameters)
    sides = {_named(side, query): contrast for (_, side, _), contrast in found.items()}
    return clear_among(sides, LEVEL / LISTS_ON_PAGE)


def _named(side: str, query: str) -> str | None:
    if query == "number_topic":
        return side or None
    kind, _, segment = side.partition(":")
    return segment if kind == "VALUE" else None


def _finding(  # noqa: PLR0913, PLR0917  # all of what a title says
    number: str,
    what: str,
    rows: list[Row],
    apart: dict[str | None, Contrast],
    key: str,
    say: Callable[[Row], str],
    middle: float,
    split: Split,
) -> list[Any]:
    """Name the most significant difference."""
    field = html.Bdi(shorten(number, 40))
    known = [row for row in rows if row[key] is not None and row[key] in apart]
    if not known:
        return ["No ", html.Bdi(shorten(what, 40)), " differs in ", field, " by more than chance"]
    top = max(known, key=lambda row: abs(apart[row[key]].z))
    name = html.Bdi(f"“{shorten(say(top), 50)}”")
    medians = f": median {measure(top['median'])}, against {measure(middle)} overall"
    there, elsewhere = apart[top[key]].shares
    words = f" ({share(there)} of its values are {split.words} that, {share(elsewhere)} elsewhere; more than chance)"
    return [field, " with ", name, medians, words]


def _table(  # noqa: PLR0913, PLR0917  # all of what its rows say
    first: str, rows: list[Row], name: Callable[[Row], Any], apart: dict[str | None, Contrast], key: str, split: Split
) -> html.Div:
    body = [
        [
            name(row),
            count(row["n_values"]),
            measure(row["total"]),
            measure(row["mean"]),
            [_mark(apart.get(row[key]), split), measure(row["median"])],
            measure(row["p95"]),
        ]
        for row in rows
    ]
    return table([Column(html.Bdi(first)), *COLUMNS], body)


def _mark(contrast: Contrast | None, split: Split) -> Any:
    if contrast is None:
        return None
    words = f"{difference(*contrast.shares)} of values {split.words} the median of all"
    return html.Span("▲" if contrast.z > 0 else "▼", title=words)
