"""Segments: the values of an enum field, and what people talk about in each."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from dash import html

from dashboard.parts.behind import behind
from dashboard.parts.card import card
from dashboard.parts.choice_tabs import choice_tabs
from dashboard.parts.late import late_card
from dashboard.parts.notices import notice
from dashboard.parts.topic_name import topic_link
from dashboard.segment_lift import Column, Counts, clear_among, count_cells, spreads
from dashboard.wording import count, plural, points, share, shorten

if TYPE_CHECKING:
    from dashboard.published import Row
    from dashboard.view import View

TOP_VALUES = 6
ALL_VALUES = 1_000_000
TOP_TOPICS = 20
LIFT_NOTE = (
    "▲ and ▼ mark what is more or less frequent there than among all other messages, by more than chance; these topics "
    "stand first. The tint says how clearly shares differ."
)
STRONGEST_TINT = 26
"""Percent of the colour in a cell that lies `MOST_SPREADS` or more from the others."""
MOST_SPREADS = 5
WORDS = {"OTHER": "Other values", "NONE": "Without it"}


def chosen_field(view: View, fields: list[str]) -> str | None:
    """The field that the address chooses among these, else the first; None without any."""
    return view.address.by if view.address.by in fields else (fields[0] if fields else None)


def render(view: View) -> Any:
    """Lay out the page."""
    title = html.H1("Segments", className="page-title")
    fields = [row["field"] for row in view.rows("enum_fields")]
    by = chosen_field(view, fields)
    if by is None:
        return [title, no_enum()]
    sizes = view.rows("segment_sizes", by=by, top_n=TOP_VALUES)
    return [
        title,
        choice_tabs("Field", {name: view.address.but(by=name) for name in fields}, by),
        _sizes(view, by, sizes),
        late_card(view, "topics-by-segment", 500) if view.field else None,
    ]


def no_enum() -> Any:
    """The project has no enum field."""
    return notice(
        "No segments in this project",
        "Its events have no enum field: one with few different values, such as the plan or the country. Send some in "
        "the metadata; a field's type can be chosen under Settings.",
    )


def _sizes(view: View, by: str, rows: list[Row]) -> Any:
    before = _shares_before(view, by, rows)
    heads = [shorten(by, 40), "Events", "Share", *(["Change"] if before else []), "Sessions", "Users"]
    lines = [html.Tr(_size_cells(row, before)) for row in rows]
    table = html.Table(
        [
            html.Thead(html.Tr([_head(head, is_number=place > 0) for place, head in enumerate(heads)])),
            html.Tbody(lines),
        ],
        className="table",
    )
    change = " The change of the share is against the days before." if before else ""
    return card(
        _title(by, rows),
        html.Div(table, className="table-scroll"),
        behind(view, "segment_sizes"),
        note=f"Events add up. A session or user with several values is counted in each.{change}",
    )


def _size_cells(row: Row, before: dict[Column, float] | None) -> list[html.Td]:
    change = [] if before is None else [points(row["share"], before.get((row["kind"], row["segment"]), 0.0))]
    words = [count(row["n_events"]), share(row["share"]), *change, count(row["n_sessions"]), count(row["n_users"])]
    return [html.Td(_name(row)), *[html.Td(word, className="number") for word in words]]


def _shares_before(view: View, by: str, rows: list[Row]) -> dict[Column, float] | None:
    """Share of the events of the days before, for what stands for itself now; None where nothing is compared."""
    former = [] if view.before is None else view.before.rows("segment_sizes", by=by, top_n=ALL_VALUES)
    if not former:
        return None
    shown = {row["segment"] for row in rows}
    shares: dict[Column, float] = {}
    for row in former:
        is_other = row["kind"] == "VALUE" and row["segment"] not in shown
        key: Column = ("OTHER", None) if is_other else (row["kind"], row["segment"])
        shares[key] = shares.get(key, 0.0) + row["share"]
    return shares


def _head(words: str, *, is_number: bool) -> html.Th:
    return html.Th(html.Bdi(words), scope="col", className="number" if is_number else None)


def _title(by: str, rows: list[Row]) -> Any:
    values = [row for row in rows if row["kind"] == "VALUE"]
    if not values:
        return f"No event within the filters has {shorten(by, 40)}"
    top = values[0]
    return [html.Bdi(f"“{shorten(top['segment'], 40)}”"), f" is the most frequent: {share(top['share'])} of events"]


def _name(row: Row) -> Any:
    if row["kind"] == "VALUE":
        return html.Bdi(shorten(row["segment"], 60))
    return html.Span(WORDS[row["kind"]], className="place")


def topics_by_segment(view: View) -> Any:
    """Lay out what people talk about under each value, as shares that are compared with all others."""
    by = chosen_field(view, [row["field"] for row in view.rows("enum_fields")])
    if by is None or view.field is None:
        return None
    sizes = view.rows("segment_sizes", by=by, top_n=TOP_VALUES)
    values = [row["segment"] for row in sizes if row["kind"] == "VALUE"]
    rows = view.rows("segment_topics", by=by, field=view.field, segments=values)
    n_said = _messages_by_topic(rows)
    n_messages = n_said.total()
    ranked = sorted((topic_id for topic_id in n_said if topic_id), key=lambda topic_id: (-n_said[topic_id], topic_id))
    if not ranked:
        return None
    columns = _columns(rows)
    cells = {((row["kind"], row["segment"]), row["topic_id"]): row for row in rows}
    counted = count_cells(rows, ranked[:TOP_TOPICS])
    lifts = clear_among(counted)
    shown = _marked_first(ranked[:TOP_TOPICS], lifts)
    heads = [html.Th("Topic", scope="col"), html.Th("All", scope="col", className="number")]
    heads += [html.Th(_column_name(column), scope="col", className="number") for column in columns]
    body = [
        html.Tr(
            [
                html.Th(_topic_name(view, topic_id), scope="row"),
                html.Td(share(n_said[topic_id] / n_messages), className="number"),
                *[
                    _cell(cells.get((column, topic_id)), lifts.get((column, topic_id)), counted[column, topic_id])
                    for column in columns
                ],
            ]
        )
        for topic_id in shown
    ]
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody(body)], className="table heat")
    more = len(ranked) - len(shown)
    rest = f" {plural(more, 'smaller topic')} left out; the CSV has all." if more > 0 else ""
    return card(
        lift_title(view, by, lifts),
        html.Div(table, className="table-scroll"),
        behind(view, "segment_topics"),
        note=f"Share of the messages of each value, those without a topic included. {LIFT_NOTE}{rest}",
    )


def _messages_by_topic(rows: list[Row]) -> Counter[str | None]:
    n_said: Counter[str | None] = Counter()
    for row in rows:
        n_said[row["topic_id"]] += row["n_messages"]
    return n_said


def _columns(rows: list[Row]) -> list[Column]:
    """The values, those of most messages first, then the others and those without."""
    sizes: dict[Column, int] = {}
    for row in rows:
        key = (row["kind"], row["segment"])
        sizes[key] = sizes.get(key, 0) + row["n_messages"]
    order = {"VALUE": 0, "OTHER": 1, "NONE": 2}
    return sorted(sizes, key=lambda column: (order[column[0]], -sizes[column], column[1] or ""))


def _column_name(column: Column) -> Any:
    kind, segment = column
    return html.Bdi(shorten(segment or "", 24)) if kind == "VALUE" else WORDS[kind]


def _topic_name(view: View, topic_id: str) -> Any:
    return topic_link(view.address, topic_id, view.labels.get(topic_id), view.colours.get(topic_id))


def lift_title(view: View, by: str, lifts: dict[tuple[Column, str], float]) -> Any:
    """What stands out most: the topic that a value's messages hold most clearly more or less often than the others."""
    most = max(lifts, key=lambda cell: (cell[0][0] == "VALUE", abs(lifts[cell])), default=None)
    if most is None:
        return ["No topic is clearly more or less frequent by ", html.Bdi(shorten(by, 40))]
    (kind, segment), topic_id = most
    label = view.labels.get(topic_id, topic_id)
    value = html.Bdi(f"“{shorten(segment or '', 24)}”") if kind == "VALUE" else f"“{WORDS[kind].lower()}”"
    verb = " stands out under " if lifts[most] > 0 else " is clearly rarer under "
    return [html.Bdi(f"“{shorten(label, 40)}”"), verb, value]


def _cell(row: Row | None, lift: float | None, counts: Counts) -> html.Td:
    """The topic's share of a value's messages, tinted by how far it lies from that of the others."""
    z = spreads(counts)
    mark = None if lift is None else ("more", "▲") if lift > 0 else ("less", "▼")
    return html.Td(
        [mark and html.Span(mark[1], title=f"clearly {mark[0]} frequent"), share(row["share"] if row else 0.0)],
        className=f"number lift {'is-over' if z > 0 else 'is-under'}{' is-clear' if mark else ''}",
        style={"--lift": f"{STRONGEST_TINT * min(abs(z) / MOST_SPREADS, 1):.1f}"},
        title=plural(row["n_messages"] if row else 0, "message"),
    )


def _marked_first(topic_ids: list[str], lifts: dict[tuple[Column, str], float]) -> list[str]:
    """The topics that stand out somewhere, the clearest first, and then the others as they were."""
    clearest: dict[str, float] = {}
    for (_, topic_id), z in lifts.items():
        clearest[topic_id] = max(abs(z), clearest.get(topic_id, 0.0))
    return sorted(topic_ids, key=lambda topic_id: -clearest.get(topic_id, 0.0))
