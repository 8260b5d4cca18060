"""The friction tab: topics about which people ask again, go in circles, or come back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import dcc, html

from dashboard.data.address import ORDERS, Address
from dashboard.data.significance import contrasts
from dashboard.feedback.ratings import find_intervals
from dashboard.feedback.summary import agreement_with_friction
from dashboard.formatting import MINUS, NOTHING, count, plural, points, share, shorten
from dashboard.journeys.friction.answers import answers_card
from dashboard.journeys.friction.by_field import by_field_card
from dashboard.journeys.friction.differences import find_differences
from dashboard.journeys.friction.figure import draw_friction
from dashboard.journeys.friction.over_time import over_time_card
from dashboard.journeys.paths import more_paths
from dashboard.ui.card import card, chart, headline, headlines
from dashboard.ui.card_sources import source_links
from dashboard.ui.tables.share_interval import few_mark, interval_words
from dashboard.ui.tables.table import NUMBER, Column, table
from dashboard.ui.tabs import choice_tabs
from dashboard.ui.topic_name import topic_link

if TYPE_CHECKING:
    from dashboard.data.published import Row
    from dashboard.data.significance import Contrast, Interval
    from dashboard.data.view import View

SCATTER = "friction-scatter"
SIGNS = {"again": "n_rephrased", "circles": "n_loops", "back": "n_returns", "last": "n_last"}
"""Signs by their name in an address, and the column with their number."""
ANSWER_TIMES = ("latency_ms",)
ANSWER_ENDS = ("finish_reason", "error")
"""Fields about answers that the collector and `turret import` write."""
SPLIT_NAMES = {"topics": "By topic", "time": "Over time", "field": "By segment"}
ORDER_NAMES = {"attention": "Needs attention", "share": "Largest share", "sessions": "Most sessions"}
COLUMNS = (
    Column("Topic"),
    Column("Sessions", NUMBER),
    Column("Needs attention", NUMBER),
    Column("Friction", NUMBER),
    Column("Asked again", NUMBER),
    Column("Went in circles", NUMBER),
    Column("Came back within a day", NUMBER),
    Column("Ended here", NUMBER),
)
DEFINITIONS = (
    ("Asked again", "two requests in a row share at least half of the shorter one's words, but are not the same text."),
    ("Went in circles", "left the topic for one other topic and came straight back."),
    ("Came back within a day", "the same user raised the topic in another session within 24 hours."),
    ("Ended here", "the journey ended with the topic. That may be success, so it is not counted as friction."),
    ("Friction", "the share of the topic's sessions in which people asked again, went in circles or came back."),
)


def friction_cards(view: View, labels: dict[str, str]) -> list[Any]:
    """Lay out headlines and what is chosen: picture and table of topics, friction over time, or by field."""
    rows = view.rows("friction")
    ratings = {row["topic_id"]: row for row in view.rows("topic_feedback")}
    splits = {split: view.address.but(split=split, listed=Address.listed) for split in SPLIT_NAMES}
    names = {SPLIT_NAMES[split]: address for split, address in splits.items()}
    above = [
        _headlines(rows),
        _answers(view),
        _agreement(rows, ratings),
        choice_tabs("Compare friction by", names, SPLIT_NAMES[view.address.split]),
    ]
    if view.address.split == "time":
        return [*above, over_time_card(view, rows, labels)]
    if view.address.split == "field":
        return [*above, by_field_card(view, rows, labels)]
    compared = contrasts(view, "friction")
    _, clear = find_differences(view)
    clear = {topic_id: contrast for topic_id, contrast in clear.items() if contrast.z > 0}
    return [
        *above,
        _picture(view, rows, labels, clear),
        _table(view, rows, labels, compared, clear, ratings),
        answers_card(view, labels),
    ]


def _headlines(rows: list[Row]) -> Any:
    """Lay out the signs over all visits: a session visits each topic of its journey once."""
    n_visits = sum(row["n_sessions"] for row in rows)
    n_named = sum(row["n_sessions_with_user"] for row in rows)

    def shown(label: str, key: str, of: int) -> html.Div:
        n_found = sum(row[key] for row in rows)
        return headline(label, share(n_found / of if of else None), f"{count(n_found)} of {plural(of, 'visit')}")

    return headlines(
        shown("Friction", "n_friction", n_visits),
        shown("Asked again", "n_rephrased", n_visits),
        shown("Went in circles", "n_loops", n_visits),
        shown("Came back within a day", "n_returns", n_named),
    )


def _answers(view: View) -> Any:
    """Lead to how answers went, where the app sends that: how long they took, and how they ended."""
    numbers = {row["field"] for row in view.rows("number_fields")}
    enums = {row["field"] for row in view.rows("enum_fields")}
    pages = [
        *((field, view.address.to("numbers").but(number=field, by=None)) for field in ANSWER_TIMES if field in numbers),
        *((field, view.address.to("segments").but(by=field)) for field in ANSWER_ENDS if field in enums),
    ]
    if not pages:
        return None
    links = [dcc.Link(field, href=address.href, className="text-link") for field, address in pages]
    parts = [part for link in links for part in (", ", link)][1:]
    return html.P(["How the answers went, topic by topic: ", *parts], className="aside")


def _agreement(rows: list[Row], ratings: dict[str, Row]) -> Any:
    words = agreement_with_friction(rows, ratings)
    return html.P(words, className="aside") if words else None


def _picture(view: View, rows: list[Row], labels: dict[str, str], clear: dict[str, Contrast]) -> Any:
    usual = rows[0]["usual_friction_share"]
    words = f"Share of sessions with friction against the number of sessions, for {plural(len(rows), 'topic')}"
    note = (
        "Left to right: sessions with the topic. Upwards: the share of them with friction. Each point is a topic; "
        f"click one to open it. The dotted line is the usual share, {share(usual)}. Circles are topics with "
        "fewer than 30 sessions: their shares say little."
    )
    # A phone has no room for the names.
    drawn = chart(draw_friction(rows, labels, view.colours, clear), words, identity=SCATTER)
    return card(
        _title(rows, labels, clear),
        html.Div([html.P(note, className="card-note"), drawn], className="only-wide"),
        note="Tested by user and session. Friction is a reason to read the sessions: people who use a feature "
        "twice in nearly the same words ask again as well.",
    )


def _title(rows: list[Row], labels: dict[str, str], clear: dict[str, Contrast]) -> Any:
    above = [row for row in rows if row["topic_id"] in clear]
    if not above:
        return "No topic has more friction than the others by more than chance"
    top = above[0]
    name = html.Bdi(f"“{shorten(labels.get(top['topic_id']) or top['topic_id'], 60)}”")
    here, elsewhere = clear[top["topic_id"]].shares
    words = (
        f" has most friction beyond the usual: in {share(here)} of its sessions, against {share(elsewhere)} elsewhere"
    )
    n_more = len(above) - 1
    more = f"; {plural(n_more, 'more topic')} {'stands' if n_more == 1 else 'stand'} out too (more than chance)"
    return [name, words, more if n_more else " (more than chance)"]


def _table(  # noqa: PLR0913, PLR0917 - what the columns show
    view: View,
    rows: list[Row],
    labels: dict[str, str],
    compared: dict[tuple[str, str, str], Contrast],
    clear: dict[str, Contrast],
    ratings: dict[str, Row],
) -> Any:
    order = view.address.order
    if order != "attention":
        rows = sorted(rows, key=lambda row: (row["is_small_cell"] and order == "share", -row[_KEYS[order]]))
    before = _shares_before(view)
    rated = [Column("Negative feedback", NUMBER)] if ratings else []
    change = [] if before is None else [Column("Change", NUMBER)]
    intervals = find_intervals(view, "topic") if ratings else {}
    shown = rows[: view.address.listed]
    body = [
        [
            *_cells(view, row, labels, compared, clear),
            *([_rating(view, row["topic_id"], ratings, intervals)] if ratings else []),
            *([] if before is None else [_change(row, before)]),
        ]
        for row in shown
    ]
    orders = {name: view.address.but(order=order) for order, name in ORDER_NAMES.items()}
    return card(
        f"Friction by topic: {plural(len(rows), 'topic')}",
        choice_tabs("Order of the topics", orders, ORDER_NAMES[order]),
        table([*COLUMNS, *rated, *change], body, "table friction", small=[row["is_small_cell"] for row in shown]),
        more_paths(view.address, len(shown), len(rows), "Show more topics"),
        html.Dl(
            [part for name, words in _definitions(rows) for part in (html.Dt(name), html.Dd(words))],
            className="definitions",
        ),
        source_links(view, "friction"),
        note="▲ marks topics with more friction than the others by more than chance. Each number opens its sessions. "
        "Below it is the 95% interval of the share. Intervals take into account that sessions of one user are alike."
        + (" The change of the share is against the days before." if before is not None else ""),
    )


_KEYS = dict(zip(ORDERS, ("excess_sessions", "friction_share", "n_sessions"), strict=True))


def _definitions(rows: list[Row]) -> list[tuple[str, str]]:
    usual = share(rows[0]["usual_friction_share"])
    attention = (
        "the number of sessions with friction beyond what the topic would have at the usual share, "
        f"{usual}: its sessions times the difference of the shares."
    )
    return [*DEFINITIONS, ("Needs attention", attention)]


def _cells(
    view: View,
    row: Row,
    labels: dict[str, str],
    compared: dict[tuple[str, str, str], Contrast],
    clear: dict[str, Contrast],
) -> list[Any]:
    topic_id = row["topic_id"]
    name = topic_link(
        view.address, topic_id, labels.get(topic_id), view.colours.get(topic_id), is_mixed=topic_id in view.mixed
    )
    signs = [_sign(view, row, sign, compared) for sign in SIGNS]
    return [
        name,
        [_behind(view, topic_id, "any", row["n_sessions"]), few_mark(is_small_cell=row["is_small_cell"])],
        f"{'▲ ' if topic_id in clear else ''}{row['excess_sessions']:+,.1f}".replace("-", MINUS),
        [
            _behind(view, topic_id, "friction", row["n_friction"], share(row["friction_share"])),
            _interval(compared, "", topic_id, "friction"),
        ],
        *signs,
    ]


def _sign(view: View, row: Row, sign: str, compared: dict[tuple[str, str, str], Contrast]) -> list[Any]:
    """Show the number of sessions with a sign, and the interval of their share of the sessions that could have it."""
    topic_id = row["topic_id"]
    return [
        _behind(view, topic_id, sign, row[SIGNS[sign]]),
        _interval(compared, "named" if sign == "back" else "", topic_id, sign),
    ]


def _interval(compared: dict[tuple[str, str, str], Contrast], family: str, topic_id: str, sign: str) -> Any:
    contrast = compared.get((family, topic_id, sign))
    if contrast is None:
        return None
    low, high = contrast.interval.low, contrast.interval.high
    return html.Span(f"{low:.0%} to {high:.0%}", className="under", title=interval_words(contrast.interval))


def _behind(view: View, topic_id: str, sign: str, number: int, words: str | None = None) -> Any:
    """Link a number to its sessions."""
    if not number:
        return words or count(number)
    href = view.address.to("sessions").but(topic=topic_id, sign=sign).href
    return dcc.Link(words or count(number), href=href, className="text-link")


def _rating(view: View, topic_id: str, ratings: dict[str, Row], intervals: dict[str, Interval]) -> Any:
    """Show the negative share, of how many, in little room; the interval is its title."""
    if topic_id not in ratings:
        return html.Td(NOTHING, className=f"{NUMBER} is-zero")
    row, interval = ratings[topic_id], intervals.get(topic_id)
    kind = "negative" if row["n_negative"] else "any"
    href = view.address.to("sessions").but(topic=topic_id, feedback=kind).href
    return [
        dcc.Link(share(row["negative_share"]), href=href, className="text-link"),
        html.Span(
            f"of {count(row['n_feedback'])}", className="under", title=interval_words(interval) if interval else None
        ),
    ]


def _shares_before(view: View) -> dict[str, float] | None:
    """Return the shares of the preceding period, by topic; None where nothing is compared."""
    if view.previous is None:
        return None
    return {row["topic_id"]: row["friction_share"] for row in view.previous.rows("friction")}


def _change(row: Row, before: dict[str, float]) -> str:
    topic_id = row["topic_id"]
    return points(row["friction_share"], before[topic_id]) if topic_id in before else "no session before"
