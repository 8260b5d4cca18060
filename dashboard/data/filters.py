"""Filters by days, event name and values of enum fields, which queries apply by reading `shown_…` relations.

A query reads `shown_messages` instead of `marts.fct_messages` where filters apply. Before it runs, each `shown_…`
relation in it is added as a common table expression. The SQL is fixed text; values are bound. So the page can show
exactly the SQL that runs.

Days, name and values select *events*, and with them messages. Sessions are selected if they began in the days, contain
an event of that name, and have the value as their first one of the field, as in `fct_session_segments`; paths, steps,
transitions and goals follow their sessions. Paths and transitions are made of steps, or of every message with a topic.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from textwrap import indent
from typing import TYPE_CHECKING, Any

from dashboard.data.query_files import read_query

if TYPE_CHECKING:
    from collections.abc import Collection

FIRST_DAY = date(1, 1, 1)
_RELATION = re.compile(r"\bshown_[a-z_]+\b")
_BOUND = re.compile(r"(?<![:\w])\$([a-z_0-9]+)")
_QUERY_HEAD = re.compile(r"\A(?:--[^\n]*\n)*")

_EVENT_RELATIONS = {
    "shown_events": "marts.fct_events",
    "shown_messages": "marts.fct_messages",
    "shown_values": "marts.fct_event_values",
}
_SESSION_RELATIONS = {
    "shown_sessions": ("marts.fct_sessions", "session_id", "started_at"),
    "shown_paths": ("marts.fct_session_paths", "session_id", "started_at"),
    "shown_steps": ("marts.fct_session_steps", "session_id", None),
    "shown_session_topics": ("marts.fct_session_topics", "session_id", "session_date"),
    "shown_topic_returns": ("marts.fct_topic_returns", "from_session_id", None),
    "shown_transitions": ("marts.fct_transitions", "session_id", "session_date"),
    "shown_segments": ("marts.fct_session_segments", "session_id", "session_date"),
    "shown_goal_sessions": ("marts.fct_goal_sessions", "session_id", "session_date"),
    "shown_user_transitions": ("marts.fct_user_transitions", "to_session_id", "occurred_at"),
}
"""For each relation: the mart, its session column, and its column with the session's start, if any."""
_MESSAGE_STEP_RELATIONS = {"shown_paths": "shown_turn_paths", "shown_transitions": "shown_turn_transitions"}
"""Relations that replace a mart where every message with a topic is a step."""
_AUTOMATED_FLAG_RELATIONS = frozenset({"shown_sessions", "shown_paths", "shown_segments", "shown_goal_sessions"})
"""Tables that flag automated sessions; the other tables have no rows for them."""
AUTOMATED_IDS = "select session_id from marts.fct_sessions where project_id = $project_id and is_automated"
SESSION_IDS = "select session_id from shown_session_ids"
RELATIONS = (*_EVENT_RELATIONS, *_SESSION_RELATIONS)
DERIVED_RELATIONS = (
    "shown_cohorts",
    "shown_compared",
    "shown_feedback",
    "shown_flow",
    "shown_friction",
    "shown_message_days",
    "shown_number_segments",
    "shown_number_topics",
    "shown_numbers",
    "shown_people",
    "shown_session_groups",
    "shown_topic_feedback",
    "shown_topic_messages",
    "shown_topic_steps",
    "shown_turn_paths",
    "shown_turn_transitions",
)
"""Relations that a query file defines, because several queries read them."""
UNFILTERED_RELATIONS = frozenset({"shown_people", "shown_session_groups", "shown_turn_paths"})
"""Relations of all events and values; `shown_session_groups` is limited to sessions of the selected days."""
_SMALL_RELATIONS = frozenset(
    {
        "shown_compared",
        "shown_feedback",
        "shown_message_days",
        "shown_number_segments",
        "shown_number_topics",
        "shown_session_groups",
        "shown_session_ids",
        "shown_topic_feedback",
        "shown_topic_messages",
        "shown_topic_steps",
        "shown_turn_paths",
    }
)
_FEEDBACK_RELATIONS = frozenset({"shown_feedback", "shown_topic_feedback"})
"""Relations that depend on the source of feedback."""
CACHED_RELATIONS = _SMALL_RELATIONS | {"shown_numbers"}
"""Relations worth caching: always the small or slow ones; the others only where events are filtered."""
DAY_COLUMNS = {
    "shown_message_days": "message_date",
    "shown_numbers": "occurred_at",
    "shown_topic_messages": "occurred_at",
    "shown_topic_steps": "occurred_at",
}
"""For each relation whose rows of some days are those rows of a longer period: the column with the day or time."""
NARROWED_RELATIONS = DAY_COLUMNS.keys() | {"shown_session_groups"}
"""Relations to select from a cached one for more days; sessions of other days do no harm."""


@dataclass(frozen=True)
class Filters:
    """Days, event name and values to filter by; the default selects everything.

    Attributes:
        first: first day (UTC), or None from the beginning.
        last: last day, inclusive, or None to the end.
        event: name of the events, or None for all.
        values: pairs of an enum field and a value; several values of one field are alternatives.
        without_automated: whether automated sessions and their events are left out.
        is_every_message_a_step: whether every message with a topic counts as a step.
        feedback_source: the only source of feedback that counts, or None for all.
    """

    first: date | None = None
    last: date | None = None
    event: str | None = None
    values: tuple[tuple[str, str], ...] = ()
    without_automated: bool = False
    is_every_message_a_step: bool = False
    feedback_source: str | None = None

    @property
    def has_days(self) -> bool:
        """Whether days were chosen."""
        return self.first is not None or self.last is not None

    @property
    def chooses_events(self) -> bool:
        """Whether events are filtered by name or value."""
        return self.event is not None or bool(self.values)

    @property
    def chooses_anything(self) -> bool:
        """Whether any filter is set."""
        return self.has_days or self.chooses_events

    @property
    def previous(self) -> Filters | None:
        """The same filters for the preceding period of equal length; None without a first and a last day."""
        if self.first is None or self.last is None:
            return None
        n_days = (self.last - self.first).days + 1
        if (self.first - FIRST_DAY).days < n_days:
            return None
        return replace(self, first=self.first - timedelta(days=n_days), last=self.first - timedelta(days=1))

    def covers(self, other: Filters) -> bool:
        """Return whether the filters select the same as others, on the same days or more."""
        return (
            replace(self, first=other.first, last=other.last) == other
            and (self.first is None or (other.first is not None and self.first <= other.first))
            and (self.last is None or (other.last is not None and self.last >= other.last))
        )

    @property
    def by_field(self) -> list[tuple[str, list[str]]]:
        """The chosen values by field."""
        fields: dict[str, list[str]] = {}
        for field, value in self.values:
            fields.setdefault(field, []).append(value)
        return list(fields.items())

    @property
    def parameters(self) -> dict[str, Any]:
        """All parameters of the `shown_…` relations; `bound_by` returns those that a query needs."""
        chosen: dict[str, Any] = {}
        if self.first is not None:
            chosen["from_time"] = midnight(self.first)
        if self.last is not None and self.last < date.max:
            chosen["until_time"] = midnight(self.last + timedelta(days=1))
        if self.event is not None:
            chosen["event_name"] = self.event
        if self.feedback_source is not None:
            chosen["feedback_source"] = self.feedback_source
        for place, (field, values) in enumerate(self.by_field):
            chosen |= {f"where_field_{place}": field, f"where_values_{place}": values}
            if len(values) == 1:
                chosen[f"where_value_{place}"] = values[0]
        return chosen


def compile_query(sql: str, filters: Filters, cached: Collection[str] = ()) -> str:
    """Prepend the `shown_…` relations that a query reads as common table expressions, except cached ones."""
    relations = needed_relations(sql, filters, cached)
    if not relations:
        return sql
    tables = ",\n\n".join(f"{name} as {_hint(name, filters)}(\n{relation_sql(name, filters)}\n)" for name in relations)
    head = _QUERY_HEAD.match(sql)
    start = head.end() if head else 0
    body = sql[start:]
    own = body.removeprefix("with ")
    return f"{sql[:start]}with {tables}{',' if own != body else ''}\n\n{own}"


def _hint(name: str, filters: Filters) -> str:
    """Materialize filtered relations once; scanning an unfiltered one again is cheap."""
    return (
        "not materialized " if name in (*_EVENT_RELATIONS, *_SESSION_RELATIONS) and not filters.chooses_events else ""
    )


def bound_by(sql: str) -> set[str]:
    """Return the parameters that a query binds."""
    return set(_BOUND.findall(sql))


def cached_relations(filters: Filters) -> frozenset[str]:
    """Return the relations to compute once for these filters and to cache for all pages."""
    return CACHED_RELATIONS if filters.chooses_events else _SMALL_RELATIONS


def needed_relations(sql: str, filters: Filters, cached: Collection[str] = ()) -> list[str]:
    """Return the relations of a query and their dependencies in topological order, except cached ones."""
    needed: dict[str, None] = {}

    def add(name: str) -> None:
        if name in cached:
            return
        for other in _RELATION.findall(relation_sql(name, filters)):
            add(other)
        needed.setdefault(name)

    for name in _RELATION.findall(sql):
        add(name)
    return list(needed)


def own_filters(name: str, filters: Filters) -> Filters:
    """Return those of the filters on which the rows of a relation depend."""
    if name == "shown_session_groups":
        return Filters(filters.first, filters.last)
    if name in UNFILTERED_RELATIONS:
        return Filters()
    return filters if name in _FEEDBACK_RELATIONS else replace(filters, feedback_source=None)


def narrowing_sql(name: str, filters: Filters) -> str:
    """Return the SQL that selects the days of the filters from the rows of a relation for more days."""
    conditions = _days(filters, DAY_COLUMNS[name]) if name in DAY_COLUMNS else []
    return " where ".join([f"from {name}", *([" and ".join(conditions)] if conditions else [])])


@lru_cache(maxsize=256)
def relation_sql(name: str, filters: Filters) -> str:
    """Return the SQL of a `shown_…` relation."""
    if name == "shown_session_ids":
        return _chosen_sessions(filters)
    if name == "shown_event_ids":
        return _chosen_events(filters)
    if name in DERIVED_RELATIONS:
        return "\n    and ".join([read_query(name).rstrip(), *_of_derived(name, filters)])
    if name in _EVENT_RELATIONS:
        return _select(_EVENT_RELATIONS[name], _of_events(name, filters))
    table, key, began = _SESSION_RELATIONS[name]
    if filters.is_every_message_a_step:
        table = _MESSAGE_STEP_RELATIONS.get(name, table)
    days = [] if began is None else _days(filters, began)
    if filters.without_automated and name in _AUTOMATED_FLAG_RELATIONS:
        days = [*days, "not is_automated"]
    is_by_id = filters.chooses_events or (began is None and filters.has_days)
    return _select(table, [*days, *([_among(key, SESSION_IDS)] if is_by_id else [])])


def _of_derived(name: str, filters: Filters) -> list[str]:
    """Return what the filters add to the conditions of a query file."""
    if name == "shown_session_groups":
        return _overlap(filters)
    is_of_one_source = name == "shown_feedback" and filters.feedback_source is not None
    return ["source = $feedback_source"] if is_of_one_source else []


def _of_events(name: str, filters: Filters) -> list[str]:
    """Return the conditions on events. Every mart has the event's time; name and values are in one mart each."""
    days = _days(filters, "occurred_at")
    if name == "shown_events" or filters.event is None:
        named = [*(["set_apart_reason is null"] if name == "shown_events" else []), *_name(filters)]
    else:
        named = [_among("event_id", _select("marts.fct_events", [*days, *_name(filters)], "event_id"))]
    valued = [
        _among("event_id", _select("marts.fct_event_values", [*days, *_value(filters, place)], "event_id"))
        for place, _ in enumerate(filters.by_field)
    ]
    people = [f"session_id not in (\n{indent(AUTOMATED_IDS, ' ' * 12)}\n        )"] if filters.without_automated else []
    return [*days, *people, *named, *valued]


def _chosen_events(filters: Filters) -> str:
    """Return the SQL that selects the ids of events; with values it reads only those, which have no event set apart."""
    if not filters.values:
        return _select(_EVENT_RELATIONS["shown_events"], _of_events("shown_events", filters), "event_id")
    own = [*_value(filters, 0), *_of_events("shown_values", replace(filters, values=()))]
    others = [
        _among("event_id", _select("marts.fct_event_values", _value(filters, place), "event_id"))
        for place in range(1, len(filters.by_field))
    ]
    return _select(_EVENT_RELATIONS["shown_values"], [*own, *others], "distinct event_id")


def _chosen_sessions(filters: Filters) -> str:
    """Return the SQL that selects sessions by days, segments, and an event of the name at any time.

    Events are looked up for the sessions that remain, which are few; the reverse would read most events.
    """
    segments = [
        _select("marts.fct_session_segments", [*_days(filters, "session_date"), *_value(filters, place)], "session_id")
        for place, _ in enumerate(filters.by_field)
    ]
    among = [_among("session_id", chosen) for chosen in segments]
    people = ["not is_automated"] if filters.without_automated else []
    sessions = _select("marts.fct_sessions", [*_days(filters, "started_at"), *people, *among], "session_id")
    if filters.event is None:
        return sessions
    return _select("marts.fct_events", [*_name(filters), _among("session_id", sessions)], "distinct session_id")


def _select(table: str, conditions: list[str], column: str = "*") -> str:
    """Select the project's rows of a table, or one column of them."""
    chosen = "".join(f"\n        and {condition}" for condition in conditions)
    return f"    select {column}\n    from {table}\n    where\n        project_id = $project_id{chosen}"  # noqa: S608  # ours


def _among(key: str, chosen: str) -> str:
    return f"{key} in (\n{indent(chosen, ' ' * 8)}\n        )"


def _days(filters: Filters, column: str) -> list[str]:
    bounds = {"from_time": f"{column} >= $from_time", "until_time": f"{column} < $until_time"}
    return [condition for key, condition in bounds.items() if key in filters.parameters]


def _overlap(filters: Filters) -> list[str]:
    """Return the conditions on sessions that may have an event in the days."""
    bounds = {"from_time": "ended_at >= $from_time", "until_time": "started_at < $until_time"}
    return [condition for key, condition in bounds.items() if key in filters.parameters]


def _name(filters: Filters) -> list[str]:
    return ["name = $event_name"] if filters.event is not None else []


def _value(filters: Filters, place: int) -> list[str]:
    """Compare a single value by equality, which the table scan can apply."""
    is_one = f"where_value_{place}" in filters.parameters
    value = f"enum_value = $where_value_{place}" if is_one else f"list_contains($where_values_{place}, enum_value)"
    return [f"field = $where_field_{place}", value]


def midnight(day: date) -> datetime:
    """Return the start of a day in UTC, without a time zone, as in the marts."""
    return datetime.combine(day, time(), tzinfo=UTC).replace(tzinfo=None)
