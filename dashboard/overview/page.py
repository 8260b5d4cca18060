"""The Overview: totals, what people talk about, and what could not be assigned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import dcc, html

from dashboard.charts.theme import ACCENT, OTHER
from dashboard.charts.time_axis import bucket_unit, bucket_words, is_weekly
from dashboard.data.areas import are_by_area, areas_of
from dashboard.data.filters import midnight
from dashboard.feedback.comment_topics import comment_topics_card
from dashboard.feedback.summary import feedback_card
from dashboard.formatting import (
    change,
    count,
    day,
    difference,
    duration,
    moment,
    period,
    plural,
    ratio,
    share,
    short_day,
    shorten,
    ties,
)
from dashboard.overview.comparison import Comparison, days_of
from dashboard.overview.messages_over_time import (
    MAX_AREAS,
    MAX_BANDS,
    OTHER_TOPICS,
    WITHOUT_TOPIC,
    Band,
    choose_bands,
    draw_messages_over_time,
    make_bands,
)
from dashboard.overview.topic_changes import TopicChange, clear_changes, find_topic_changes, largest_changes
from dashboard.ui.bar_list import BarLine, bar_list
from dashboard.ui.card import card, chart, headline, headlines
from dashboard.ui.card_sources import source_links
from dashboard.ui.notices import TOPICS_NEED, no_text
from dashboard.ui.placeholder import deferred_card
from dashboard.ui.topic_name import MAX_LABEL, dot, topic_link

if TYPE_CHECKING:
    from datetime import date

    from dashboard.data.published import Row
    from dashboard.data.view import View

TOP_LISTED = 8
CHANGES_HEIGHT = 240
"""Approximate height of the cards about changes, in pixels."""
NEW_NOTE = "A topic is new if its first message ever is in these days."
CHANGES_NOTE = (
    "Shares of all messages. Tested by user and session: by chance alone, at most 5 in 100 comparisons name any topic."
)
DETAILS_APART = "Topics of answers and details, which only continue a step, are counted as other topics."
MANY = 100
"""From so many messages on, that none is in a topic is no matter of their number."""
NOTHING_IN_COMMON = (
    "Every text was compared with the others, and too few are alike to be a topic. New texts are compared by every run."
)
CHANCE = "The largest differences, which may be chance:"
HEADLINES = {"n_events": "Events", "n_sessions": "Sessions", "n_users": "Users", "n_topics": "Topics"}


def render(view: View) -> Any:
    """Lay out the page: totals, changes, messages over time, and topics."""
    numbers = view.row("headline", field=view.field)
    compared = Comparison.of(view)
    top = [
        html.H1("Overview", className="page-title"),
        _headlines(view, numbers, compared),
        _excluded_card(view),
        _automated(view),
    ]
    if view.field is None:
        return [*top, no_text(view)]
    statuses = view.row("message_statuses", field=view.field)
    return [
        *top,
        _changes(view, compared),
        _over_time(view, statuses),
        html.Div(
            [
                html.Div([_top_topics(view), comment_topics_card(view)], className="stack"),
                html.Div([_sorted(view, statuses), feedback_card(view), _last_run(view)], className="stack"),
            ],
            className="columns columns-3-2",
        ),
    ]


def _headlines(view: View, numbers: Row, compared: Comparison | None) -> Any:
    if compared is None or compared.is_against_nothing or (view.filters.has_days and not compared.is_chosen):
        notes = _plain_notes(numbers)
    else:
        now, previous = compared.numbers
        notes = {key: _note(now[key], previous[key], compared) for key in HEADLINES}
    if numbers["n_events"] and not numbers["n_users"]:
        notes["n_users"] = "No event has a user_id"
    return headlines(*(headline(name, count(numbers[key]), notes[key]) for key, name in HEADLINES.items()))


def _excluded_card(view: View) -> Any:
    """Name the excluded events and what to do about them; nothing if every event counts."""
    apart, (first, _) = view.row("set_apart"), view.days
    if not apart["n_events"] or first is None:
        return None
    times = day(apart["first_at"]) if apart["n_events"] == 1 else period(apart["first_at"], apart["last_at"])
    lies = f"the time ({times}) lies far before all others, which begin on {day(first)}"
    return html.P(
        [
            f"{plural(apart['n_events'], 'event')} excluded from all numbers: {lies}. The first is ",
            html.Bdi(shorten(apart["event_id"], 60)),
            "; “turret project first-day” changes the day, “turret event delete” deletes events.",
        ],
        className="quiet aside",
    )


def _automated(view: View) -> Any:
    """State how many sessions are automated, with the control that includes them; nothing without any."""
    if not view.n_automated:
        return None
    hidden = view.address.machines == "hidden"
    sessions = f"{plural(view.n_automated, 'session')} made by a machine, such as a monitor,"
    words = "excluded from all numbers. " if hidden else "included in all numbers. "
    link = view.address.but(machines="shown" if hidden else "hidden")
    return html.P(
        [
            f"{sessions} {'is' if view.n_automated == 1 else 'are'} {words}",
            dcc.Link("Include them" if hidden else "Exclude them", href=link.href, className="text-link"),
        ],
        className="quiet aside",
    )


def _note(now: int, previous: int, compared: Comparison) -> str:
    """Describe the change of a number; where the number covers all days, begin with the newest week's."""
    if compared.is_chosen:
        return f"{change(now, previous)} (before: {count(previous)})"
    return f"{count(now)} in the last {compared.n_days} days ({change(now, previous)})"


def _plain_notes(numbers: Row) -> dict[str, str]:
    sessions = numbers["n_sessions"] or 1
    return {
        "n_events": period(numbers["first_at"], numbers["last_at"]) if numbers["n_events"] else "in no day",
        "n_sessions": f"{ratio(numbers['n_events'] / sessions)} events each",
        "n_users": "in the events that name one",
        "n_topics": "with messages",
    }


def _changes(view: View, compared: Comparison | None) -> Any:
    """Leave a place for what grew, shrank or is new; say why if there is nothing to compare."""
    if compared is None:
        return html.P("Changes appear here once you have two weeks of events.", className="quiet aside")
    if compared.is_against_nothing:
        words = (
            f"No events in {compared.days_before} ({days_of(compared.previous)}), so there is nothing to compare with."
        )
        return html.P(words, className="quiet aside")
    return deferred_card(view, "changes", CHANGES_HEIGHT)


def changes_cards(view: View) -> Any:
    """Lay out what grew, shrank or is new: two cards, or one where there is less to say; nothing to compare is nothing.

    They load after the page, because every topic is compared with all others.
    """
    compared = Comparison.of(view)
    if compared is None or compared.is_against_nothing or view.field is None:
        return None
    changes = find_topic_changes(compared.now, compared.previous)
    new = _new_rows(compared)
    if not changes:
        return html.P(
            f"No messages to compare with {compared.days_before}. {compared.sentence}", className="quiet aside"
        )
    if not new and not clear_changes(changes):
        return _nothing_clear(view, compared, changes)
    return html.Div(
        [_changes_card(view, compared, changes), _new_topics(view, compared, new)], className="columns columns-1-1"
    )


def _nothing_clear(view: View, compared: Comparison, changes: list[TopicChange]) -> Any:
    """Lay out one card where no change is significant and no topic is new: the largest differences all the same."""
    lists = [
        html.Ul(
            [_change_item(view, change) for change in largest_changes(changes) if (change.delta > 0) is is_rise],
            className="movers",
        )
        for is_rise in (True, False)
    ]
    return card(
        f"No topic is new or has changed by more than chance against {compared.days_before}",
        html.P(CHANCE, className="quiet could-be-chance"),
        html.Div(lists, className="columns columns-1-1"),
        note=f"{compared.sentence} {CHANGES_NOTE}",
    )


def _changes_card(view: View, compared: Comparison, changes: list[TopicChange]) -> Any:
    """Lay out topics that grew or shrank; without a significant change, the largest ones all the same."""
    clear, note = clear_changes(changes), f"{compared.sentence} {CHANGES_NOTE}"
    listed = html.Ul([_change_item(view, change) for change in clear or largest_changes(changes)], className="movers")
    if clear:
        return card(_changes_title(clear, compared.days_before), listed, note=note)
    title = f"No topic has changed by more than chance against {compared.days_before}"
    return card(title, html.P(CHANCE, className="quiet could-be-chance"), listed, note=note)


def _change_item(view: View, change: TopicChange) -> html.Li:
    words = difference(change.share, change.share_before)
    return html.Li(
        [
            topic_link(view.address, change.topic_id, change.label, _dot_colour(view, change.topic_id)),
            html.Span(words, className="delta"),
        ],
        className="mover" if change.is_clear else "mover is-unclear",
    )


def _dot_colour(view: View, topic_id: str) -> str | None:
    """Return a topic's colour; none beside a chart by area, where colours stand for areas."""
    return None if are_by_area(view.topics) else view.colours.get(topic_id)


def _changes_title(changes: list[TopicChange], what: str) -> str:
    up = sum(change.delta > 0 for change in changes)
    down, new = len(changes) - up, sum(change.n_before == 0 for change in changes)
    parts = [f"{plural(up, 'topic')} rising"] if up else []
    if down:
        parts.append(f"{count(down) if up else plural(down, 'topic')} falling")
    words = f"{' and '.join(parts)} by more than chance against {what}"
    return f"{words}, {count(new)} of them new" if new else words


def _new_rows(compared: Comparison) -> list[Row]:
    """Lay out the topics that nobody had talked about before these days, largest first."""
    first = compared.now.filters.first
    rows = compared.now.rows("topic_sizes", field=compared.now.field)
    return [row for row in rows if row["first_seen_at"] and first and row["first_seen_at"] >= midnight(first)]


def _new_topics(view: View, compared: Comparison, rows: list[Row]) -> Any:
    what = "in the chosen days" if compared.is_chosen else f"in the last {compared.n_days} days"
    if not rows:
        return card(f"No topic is new {what}", html.P(NEW_NOTE, className="quiet"))
    items = [
        html.Li(
            [
                topic_link(view.address, row["topic_id"], row["label"], _dot_colour(view, row["topic_id"])),
                html.Span(
                    f"{plural(row['n_messages'], 'message')} since {short_day(row['first_seen_at'])}", className="delta"
                ),
            ],
            className="mover",
        )
        for row in rows[:TOP_LISTED]
    ]
    more = len(rows) - len(items)
    rest = f" {plural(more, 'smaller one')} not shown." if more > 0 else ""
    return card(f"{plural(len(rows), 'new topic')} {what}", html.Ul(items, className="movers"), note=NEW_NOTE + rest)


def _over_time(view: View, statuses: Row) -> Any:
    starts, is_by_area = view.bucket_starts, are_by_area(view.topics)
    bands = _bands(view, starts, is_by_area=is_by_area)
    unit, kind = bucket_unit(starts), "area" if is_by_area else "topic"
    total = statuses["n_messages"]
    drawn = draw_messages_over_time(bands, starts, view.whole_buckets)
    waits = ", not assigned to topics yet" if statuses["n_pending"] else ", none of them in a topic"
    sorted_yet = "" if view.topics else waits
    return card(
        _busiest(bands, starts),
        html.Ul([_legend(view, band, is_by_area=is_by_area) for band in bands], className="legend"),
        chart(drawn, f"{plural(total, 'message')} by {unit} and {kind}"),
        source_links(view, "messages_by_day"),
        note=f"{plural(total, 'message')} by {unit} and {kind}{sorted_yet}, {period(*view.day_range)} (UTC)."
        f"{view.unfinished_note}",
    )


def _bands(view: View, starts: list[date], *, is_by_area: bool) -> list[Band]:
    """The chart's layers: areas where most messages have one, as topics are many and each is small; else topics."""
    colours = view.area_colours if is_by_area else view.colours
    ranked, most = (areas_of(view.topics), MAX_AREAS) if is_by_area else (view.topics, MAX_BANDS)
    chosen = choose_bands(ranked, colours, most)
    shown = [item["topic_id"] for item in chosen]
    rows = view.rows("messages_by_day", field=view.field, shown=shown, by_area=is_by_area)
    return make_bands(rows, chosen, colours, starts)


def _busiest(bands: list[Band], starts: list[date]) -> str:
    """Write the chart's title: when most messages were sent."""
    totals = [sum(counts) for counts in zip(*(band.counts for band in bands), strict=True)]
    if not any(totals):
        return "No messages in this period"
    peak = max(range(len(totals)), key=totals.__getitem__)
    when = bucket_words(starts, peak) if is_weekly(starts) else f"{starts[peak]:%A}, {day(starts[peak])}"
    if len(totals) == 1:
        return f"{plural(totals[peak], 'message')} {'in' if is_weekly(starts) else 'on'} {when}"
    tied = ties(sorted(totals, reverse=True), "busy")
    return f"Busiest {'period' if is_weekly(starts) else 'day'}: {when}, with {plural(totals[peak], 'message')}{tied}"


def _legend(view: View, band: Band, *, is_by_area: bool) -> html.Li:
    if is_by_area or band.key in {OTHER_TOPICS, WITHOUT_TOPIC}:
        name = html.Span(html.Bdi(shorten(band.label, MAX_LABEL)), className="topic-text")
        return html.Li([dot(band.colour), name], className="legend-item")
    return html.Li(topic_link(view.address, band.key, band.label, band.colour), className="legend-item")


def _top_topics(view: View) -> Any:
    if not view.topics:
        return _no_topics(view)
    wants = [topic for topic in view.topics if not topic["is_detail"]]
    shown = (wants or view.topics)[:TOP_LISTED]
    together = sum(topic["message_share"] for topic in shown)
    lines = [_topic_line(view, topic) for topic in shown]
    rest = [topic for topic in view.topics if topic not in shown]
    if rest:
        number = sum(topic["n_messages"] for topic in rest)
        name = f"{plural(len(rest), 'other topic')}"
        lines.append(BarLine(name, number, sum(topic["message_share"] for topic in rest), is_rest=True))
    return card(
        _largest_title(len(shown), together, is_all=not rest),
        bar_list(lines),
        source_links(view, "topics"),
        tools=dcc.Link("All topics", href=view.address.to("topics").href, className="text-link"),
        note=DETAILS_APART if wants and len(wants) < len(view.topics) else None,
    )


def _no_topics(view: View) -> Any:
    """Explain why no topic is listed: the field has none so far, or none of them has a message here."""
    if view.has_topics:
        return card("No topic has a message here", html.P("Try other days or filters.", className="quiet"))
    return card("No topics yet", html.P("The next pipeline run looks for topics again.", className="quiet"))


def _largest_title(n_topics: int, together: float, *, is_all: bool) -> str:
    """Write the title: the share of messages in the listed topics."""
    if n_topics == 1:
        return f"The {'only' if is_all else 'largest'} topic holds {share(together)} of all messages"
    return f"The {count(n_topics)} largest topics hold {share(together)} of all messages"


def _topic_line(view: View, topic: Row) -> BarLine:
    name = topic_link(view.address, topic["topic_id"], topic["label"], is_mixed=topic["topic_id"] in view.mixed)
    return BarLine(name, topic["n_messages"], topic["message_share"], _dot_colour(view, topic["topic_id"]) or ACCENT)


def _sorted(view: View, statuses: Row) -> Any:
    """How many messages are in a topic, and what became of the others; before there are topics, when to expect them."""
    if not view.has_topics:
        is_compared = statuses["n_noise"] >= MANY and not statuses["n_pending"]
        why = NOTHING_IN_COMMON if is_compared else TOPICS_NEED
        return card(
            "No message belongs to a topic yet",
            html.P(f"There {_are(statuses['n_messages'])} so far. {why}", className="quiet"),
        )
    total = statuses["n_messages"] or 1
    kinds = (
        ("In a topic", "n_assigned", ACCENT, "Open or continue a step of a journey."),
        ("Filler", "n_filler", OTHER, "Mean nothing on their own: “ok”, “thanks”, “2 please”."),
        ("Noise", "n_noise", OTHER, "Too far from every topic."),
        ("Pending", "n_pending", OTHER, "Waiting for the next run of the topic model."),
    )
    lines = [BarLine(name, statuses[key], statuses[key] / total, colour, note) for name, key, colour, note in kinds]
    return card(f"{share(statuses['n_assigned'] / total)} of messages belong to a topic", bar_list(lines))


def _are(n_messages: int) -> str:
    return f"{'is' if n_messages == 1 else 'are'} {plural(n_messages, 'message')}"


def _last_run(view: View) -> Any:
    """Lay out what the newest run loaded, and what it could not read."""
    runs = view.rows("last_run")
    if not runs:
        return None
    run = runs[0]
    facts = (
        ("Lines read", count(run["n_rows_in"])),
        ("Events loaded", count(run["n_rows_out"])),
        ("Duplicates skipped", count(run["n_duplicates"])),
        ("Unreadable lines", count(run["n_rejected"])),
        ("Time until the marts are built" if run["is_before_marts"] else "Time taken", duration(run["seconds"])),
    )
    rows = [html.Div([html.Dt(name), html.Dd(value)], className="fact") for name, value in facts]
    return card(
        _verdict(run["n_rejected"]),
        html.Dl(rows, className="facts"),
        note=f"Pipeline run of {moment(run['started_at'])} (UTC).",
    )


def _verdict(n_rejected: int) -> str:
    if not n_rejected:
        return "The last run could read every line"
    return f"The last run could not read {plural(n_rejected, 'line')}"
