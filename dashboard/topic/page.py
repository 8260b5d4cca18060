"""One topic: what it is, how it grows, what comes before and after it, and what people said."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

from dash import dcc, html

from contracts.events import COMMENT_FIELD
from dashboard.charts.calendar import count_by_bucket
from dashboard.charts.theme import OTHER, SERIES
from dashboard.charts.time_axis import bucket_unit, bucket_words, is_weekly
from dashboard.data.address import MESSAGES_PER_PAGE
from dashboard.data.query_parameters import fields_looked_at
from dashboard.feedback.comment_topics import comment_topic_headlines, comments_card
from dashboard.feedback.comments import topic_comments
from dashboard.feedback.ratings import find_intervals, rating_note
from dashboard.formatting import all_of, count, day, measure, moment, plural, points, share, short_day, shorten, ties
from dashboard.sign_in import current_visitor
from dashboard.topic.editing import edit_card
from dashboard.topic.lineage import lineage_card
from dashboard.topic.outvoted import outvoted_card
from dashboard.topic.topic_segments import topic_segments_card
from dashboard.topic.trend import draw_topic_trend, has_average
from dashboard.ui.bar_list import BarLine, bar_list
from dashboard.ui.card import card, chart, headline, headlines
from dashboard.ui.card_sources import source_links
from dashboard.ui.notices import not_found, nothing_chosen
from dashboard.ui.placeholder import deferred_card
from dashboard.ui.tables.pager import pager
from dashboard.ui.tables.session_table import user_link
from dashboard.ui.tables.table import NUMBER, Column, table
from dashboard.ui.topic_name import dot, mixed_mark, topic_link

if TYPE_CHECKING:
    from dashboard.data.published import Row
    from dashboard.data.view import View

NEIGHBOURS_LISTED = 7
MAX_SHOWN = 600
FIT_NOTE = " “Fit” is shown for messages that do not clearly belong here."
MERGED_NOTE = "The address may be wrong, or a later run has merged the topic into another."
CLEAR_FIT = 0.9
"""Confidence from which a message needs no mark."""
SOURCES = {
    "llm": "Name and description by a language model",
    "messages": "Name from the messages themselves",
    "keyphrases": "Name and description from this topic's distinctive words",
    "person": "Named by a person",
}


def render(view: View, topic_id: str) -> Any:
    """Lay out the page."""
    found = view.rows("topic", topic_id=topic_id)
    if not found:
        return [not_found(view.address, "This topic", MERGED_NOTE), lineage_card(view, topic_id)]
    topic = found[0]
    if not topic["n_messages"]:
        return [_head(view, topic), nothing_chosen(view.address)]
    if topic["field"] == COMMENT_FIELD:
        return [
            _head(view, topic),
            headlines(*comment_topic_headlines(view, topic), *_seen(view, topic, "comments")),
            _editing(view, topic),
            comments_card(view, topic),
            lineage_card(view, topic_id),
        ]
    n_said = view.row("message_statuses", field=topic["field"])["n_messages"]
    return [
        _head(view, topic),
        headlines(
            headline(
                "Messages",
                count(topic["n_messages"]),
                _share_note(view, topic, n_said),
            ),
            headline("Sessions", _sessions(view, topic), "with at least one of them"),
            *_friction(view, topic),
            *_feedback(view, topic),
            *_seen(view, topic),
        ),
        outvoted_card(view, topic),
        _editing(view, topic),
        _over_time_and_texts(view, topic),
        *_journeys(view, topic),
        _numbers(view, topic),
        topic_comments(view, topic_id),
        _messages(view, topic),
        lineage_card(view, topic_id),
    ]


def _share_note(view: View, topic: Row, n_said: int) -> str:
    """Describe the topic's share of all messages, and how it changed since the preceding period."""
    now = topic["n_messages"] / n_said
    if view.previous is None:
        return f"{share(now)} of all"
    n_before = view.previous.row("message_statuses", field=topic["field"])["n_messages"]
    if not n_before:
        return f"{share(now)} of all; no messages in the previous period"
    [previous] = view.previous.rows("topic", topic_id=topic["topic_id"])
    return f"{share(now)} of all, {points(now, previous['n_messages'] / n_before)} since the previous period"


def _friction(view: View, topic: Row) -> list[Any]:
    """State the share of the topic's sessions with friction; nothing if it is no step of a journey."""
    found = [row for row in view.rows("friction") if row["topic_id"] == topic["topic_id"]]
    return [
        headline(
            "Friction",
            dcc.Link(
                share(row["friction_share"]), href=view.address.to("journeys", "friction").href, className="plain-link"
            ),
            f"asked again, in circles or back within a day; usually {share(row['usual_friction_share'])}",
        )
        for row in found
    ]


def _feedback(view: View, topic: Row) -> list[Any]:
    """State the share of the topic's feedback that is negative; nothing without feedback."""
    topic_id = topic["topic_id"]
    found = [row for row in view.rows("topic_feedback") if row["topic_id"] == topic_id]
    behind_it = view.address.to("sessions").but(topic=topic_id)
    return [
        headline(
            "Negative feedback",
            dcc.Link(
                share(row["negative_share"]),
                href=behind_it.but(feedback="negative" if row["n_negative"] else "any").href,
                className="plain-link",
            ),
            rating_note(row, find_intervals(view, "topic").get(topic_id)),
        )
        for row in found
    ]


def _seen(view: View, topic: Row, texts: str = "messages") -> list[Any]:
    """Describe the topic's first and last message or comment ever, regardless of the filters."""
    of_all = f" (of all its {texts})" if view.filters.chooses_anything else ""
    return [
        headline(f"{which.title()} seen", short_day(when), f"{when:%H:%M} UTC{of_all}")
        for which in ("first", "last")
        for when in [topic[f"{which}_seen_at"]]
    ]


def who_says_this(view: View) -> Any:
    """Lay out the values under which the topic is more or less frequent by more than chance."""
    match view.address.parts:
        case ("topics", topic_id):
            found = view.rows("topic", topic_id=topic_id)
        case _:
            found = []
    if not found or not found[0]["n_messages"] or found[0]["field"] == COMMENT_FIELD:
        return None
    return topic_segments_card(view, found[0])


def _over_time_and_texts(view: View, topic: Row) -> Any:
    """Lay out the trend and the segments on the left, typical and borderline messages on the right."""
    sides = [
        [_trend(view, topic), deferred_card(view, "who-says-this", 200) if fields_looked_at(view) else None],
        [_typical(view, topic), _borderline(view, topic)],
    ]
    return html.Div([html.Div(side, className="stack") for side in sides], className="columns columns-3-2")


def _numbers(view: View, topic: Row) -> Any:
    """Lay out the number fields of the topic's messages; nothing without any."""
    rows = view.rows("topic_numbers", topic_id=topic["topic_id"])
    if not rows:
        return None
    numbers = [Column(head, NUMBER) for head in ("Values", "Mean", "Median", "95th percentile")]
    lines = [
        [
            html.Bdi(shorten(row["field"], 60)),
            count(row["n_values"]),
            *[measure(row[key]) for key in ("mean", "median", "p95")],
        ]
        for row in rows
    ]
    return card("Numbers", table([Column("Number field"), *numbers], lines))


def _editing(view: View, topic: Row) -> Any:
    """Lay out the form for editing the topic; nothing for a viewer."""
    if view.projects is None or not current_visitor().is_admin:
        return None
    return edit_card(view, topic, view.projects)


def _sessions(view: View, topic: Row) -> Any:
    behind_it = view.address.to("sessions").but(topic=topic["topic_id"]).href
    return dcc.Link(count(topic["n_sessions"]), href=behind_it, className="plain-link")


def _head(view: View, topic: Row) -> Any:
    is_of_comments = topic["field"] == COMMENT_FIELD
    name, page = ("Comments of feedback", ()) if is_of_comments else ("Topics", ("topics",))
    crumbs: list[Any] = [dcc.Link(name, href=view.address.to(*page).href, className="text-link")]
    if topic["area"]:
        crumbs += [html.Span("/", className="quiet"), html.Bdi(shorten(topic["area"], 60), className="quiet")]
    shown = [dot(_colour(view, topic)), html.Bdi(shorten(topic["label"], 300))]
    title = html.H1([*shown, *([mixed_mark()] if topic["is_mixed"] else [])], className="page-title")
    keywords = html.Ul(
        [html.Li(html.Bdi(shorten(word, 60)), className="keyword") for word in topic["keywords"] or []],
        className="keywords",
    )
    source = SOURCES.get(topic["label_source"], topic["label_source"])
    if is_of_comments and source:
        source = source.replace("messages", "comments")
    return html.Header(
        [
            html.Nav(crumbs, className="crumbs"),
            title,
            html.P(html.Bdi(shorten(topic["description"] or "", 600)), className="lead"),
            keywords,
            html.P(source, className="source"),
        ],
        className="topic-head",
    )


def _colour(view: View, topic: Row) -> str:
    """Return the topic's own colour, or the accent colour where it is grey."""
    colour = view.colours.get(topic["topic_id"], OTHER)
    return SERIES[0] if colour == OTHER else colour


def _shown(first: int, n_rows: int) -> str:
    """Describe which messages a page of the list shows; `first` of them are on the pages before."""
    if n_rows == 1:
        return f"Number {count(first + 1)} is shown." if first else ""
    return f"Newest first; {count(first + 1)} to {count(first + n_rows)} shown."


def _trend(view: View, topic: Row) -> Any:
    starts = view.bucket_starts
    days = view.rows("topic_daily", topic_id=topic["topic_id"])
    counts = count_by_bucket([(row["message_date"], row["n_messages"]) for row in days], starts)
    unit = bucket_unit(starts)
    peak = max(range(len(counts)), key=counts.__getitem__)
    when = f"in {bucket_words(starts, peak)}" if is_weekly(starts) else f"on {day(starts[peak])}"
    average = ", and their average over seven days" if has_average(starts) else ""
    return card(
        f"Busiest {when}: {plural(counts[peak], 'message')}{ties(sorted(counts, reverse=True), 'busy')}",
        chart(
            draw_topic_trend(starts, counts, _colour(view, topic), view.whole_buckets),
            f"Messages of this topic by {unit}",
        ),
        note=f"Messages by {unit}{average} (UTC).{view.unfinished_note}",
    )


def _typical(view: View, topic: Row) -> Any:
    examples = view.rows("topic_examples", topic_id=topic["topic_id"])
    if not examples:
        return card(
            "No typical messages", note="Their texts were removed: they are older than this project keeps texts."
        )
    quotes = [html.Li(html.Bdi(shorten(row["text"], 240), dir="auto"), className="quote") for row in examples]
    return card(
        "Typical messages", html.Ul(quotes, className="quotes"), note="The messages closest to the topic's centre."
    )


def _borderline(view: View, topic: Row) -> Any:
    rows = view.rows("topic_borderline", topic_id=topic["topic_id"], clear_fit=CLEAR_FIT)
    if not rows:
        return card("No borderline messages", note=f"Every message fits the topic by at least {share(CLEAR_FIT)}.")
    quotes = [
        html.Li(
            [
                html.Bdi(shorten(row["text"], 240), dir="auto"),
                html.Span(f" {share(row['topic_confidence'])}", className="quiet nowrap"),
            ],
            className="quote",
        )
        for row in rows
    ]
    return card(
        "Borderline messages", html.Ul(quotes, className="quotes"), note="The messages that fit the topic least."
    )


def _journeys(view: View, topic: Row) -> list[Any]:
    """Lay out what comes before and after the topic, what is said on the way, and what its messages continue."""
    asked = {"topic_id": topic["topic_id"]}
    before, after = view.rows("topic_before", **asked), view.rows("topic_after", **asked)
    details, continued = view.rows("topic_details", **asked), view.rows("topic_continued", **asked)
    if view.filters.is_every_message_a_step:
        details, continued = [], []  # these cards say that such messages are not steps
    sides = [
        *([_side(view, "Before", "came from", before), _side(view, "After", "went on to", after)] if before else []),
        *([_details(view, details)] if details else []),
        *([_continued(view, continued)] if continued else []),
    ]
    if not sides:
        sides = [card("Journeys", html.P("No journey passes through this topic.", className="quiet"))]
    return [html.Div(pair, className="columns columns-1-1") for pair in (sides[:2], sides[2:]) if pair]


def _details(view: View, rows: list[Row]) -> Any:
    return card(
        "What people add, answer or choose here",
        bar_list([_topic_line(view, row, row["n_sessions"]) for row in rows[:NEIGHBOURS_LISTED]]),
        note="From sessions that visited this topic. These messages continue the step and are not steps themselves.",
    )


def _continued(view: View, rows: list[Row]) -> Any:
    total = sum(row["share"] for row in rows)
    return card(
        f"{share(total)} of these messages continue a step of another topic",
        bar_list([_topic_line(view, row, row["n_messages"]) for row in rows[:NEIGHBOURS_LISTED]]),
        note="They answer, add or choose, so they do not count as steps. Use “Edit this topic” to count them.",
    )


def _topic_line(view: View, row: Row, number: int) -> BarLine:
    name = topic_link(view.address, row["topic_id"], row["label"], is_mixed=row["topic_id"] in view.mixed)
    return BarLine(name, number, row["share"], view.colours.get(row["topic_id"], OTHER))


def _side(view: View, title: str, verb: str, rows: list[Row]) -> Any:
    """Lay out one card of what comes before or after; the rest is summed up, so that shares add up to 100%."""
    shown, rest = rows[:NEIGHBOURS_LISTED], rows[NEIGHBOURS_LISTED:]
    lines = [_topic_line(view, row, row["n_transitions"]) for row in shown]
    if rest:
        lines.append(
            BarLine(
                plural(len(rest), "other topic"),
                sum(row["n_transitions"] for row in rest),
                sum(row["share"] for row in rest),
                is_rest=True,
            )
        )
    total = sum(row["n_transitions"] for row in rows)
    return card(f"{title}: where journeys {verb}", bar_list(lines), note=f"Of {plural(total, 'visit')} to this topic.")


def _messages(view: View, topic: Row) -> Any:
    pages = max(ceil(topic["n_messages"] / MESSAGES_PER_PAGE), 1)
    page = min(view.address.page, pages)
    first = (page - 1) * MESSAGES_PER_PAGE
    rows = view.rows("topic_messages", topic_id=topic["topic_id"], page_size=MESSAGES_PER_PAGE, offset=first)
    is_unclear = any(row["topic_confidence"] < CLEAR_FIT for row in rows)
    columns = [
        Column("Message", "message-text"),
        Column("When (UTC)", "nowrap quiet"),
        Column("User", "nowrap"),
        Column(style="nowrap"),
        *([Column("Fit", f"{NUMBER} quiet")] if is_unclear else []),
    ]
    return card(
        all_of(topic["n_messages"], "message"),
        table(columns, [_message(view, row, has_fit=is_unclear) for row in rows], "table messages"),
        pager(view.address, page, pages),
        source_links(view, "topic_messages"),
        note=f"{_shown(first, len(rows))}{FIT_NOTE if is_unclear else ''}",
    )


def _message(view: View, row: Row, *, has_fit: bool) -> list[Any]:
    text = row["text"]
    body: Any = html.Bdi(text, dir="auto")
    if len(text) > MAX_SHOWN:
        body = html.Details(
            [
                html.Summary(
                    [
                        html.Bdi(text[:MAX_SHOWN] + "…", dir="auto"),
                        html.Span(f" all {count(len(text))} characters", className="text-link"),
                    ]
                ),
                html.Bdi(text, dir="auto"),
            ]
        )
    return [
        body,
        moment(row["occurred_at"]),
        user_link(view.address, row["user_id"] if row["is_user_id_given"] else None),
        dcc.Link(
            "Open conversation",
            href=view.address.to("sessions", row["session_id"]).href,
            className="text-link",
            title=shorten(row["session_id"], 255),
        ),
        *([_fit(row["topic_confidence"])] if has_fit else []),
    ]


def _fit(confidence: float) -> str | None:
    return share(confidence) if confidence < CLEAR_FIT else None
