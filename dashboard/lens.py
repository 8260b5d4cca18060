"""What of a project is looked at: days, an event's name, values of enum fields. Queries read it as `shown_…` tables.

A query in `queries/` reads `shown_messages` instead of `marts.fct_messages` where people's choice counts. Before it
runs, each `shown_…` it names is put in front of it as a common table expression. The SQL is text of ours alone; what
people chose is bound. So what runs is what the page can show as "the SQL behind".

How a choice is meant: the days, the name and the values choose *events*, and with them messages. Of sessions it
chooses those that began in the days, hold an event of that name, and whose first value of the field is the chosen
one, as in `fct_session_segments`; what hangs on sessions (paths, steps, moves, goals) follows them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

FIRST_DAY = date(1, 1, 1)
_RELATION = re.compile(r"\bshown_[a-z_]+\b")
_BOUND = re.compile(r"(?<![:\w])\$([a-z_0-9]+)")
_QUERY_HEAD = re.compile(r"\A(?:--[^\n]*\n)*")

_OF_EVENTS = {"shown_messages": "marts.fct_messages", "shown_values": "marts.fct_event_values"}
_OF_SESSIONS = {
    "shown_paths": ("marts.fct_session_paths", "session_id"),
    "shown_steps": ("marts.fct_session_steps", "session_id"),
    "shown_transitions": ("marts.fct_transitions", "session_id"),
    "shown_segments": ("marts.fct_session_segments", "session_id"),
    "shown_goal_sessions": ("marts.fct_goal_sessions", "session_id"),
    "shown_user_transitions": ("marts.fct_user_transitions", "to_session_id"),
}
RELATIONS = ("shown_events", *_OF_EVENTS, "shown_sessions", *_OF_SESSIONS)
WRITTEN = ("shown_flow",)
"""Made from other `shown_…` tables by a file of `queries/`, because several queries read them."""


@dataclass(frozen=True)
class Lens:
    """A choice of days, event name and values; everything where nothing was chosen.

    Attributes:
        first: first day (UTC), or None from the beginning.
        last: last day, which counts too, or None to the end.
        event: name of the events, or None for all.
        values: pairs of an enum field and a value; of several values of one field any will do.
    """

    first: date | None = None
    last: date | None = None
    event: str | None = None
    values: tuple[tuple[str, str], ...] = ()

    @property
    def has_days(self) -> bool:
        """Whether days were chosen."""
        return self.first is not None or self.last is not None

    @property
    def chooses_events(self) -> bool:
        """Whether an event's name or value was chosen, not only days."""
        return self.event is not None or bool(self.values)

    @property
    def chooses_anything(self) -> bool:
        """Whether anything is left out."""
        return self.has_days or self.chooses_events

    @property
    def before(self) -> Lens | None:
        """The same choice for as many days just before; None where no first and last day were chosen."""
        if self.first is None or self.last is None:
            return None
        n_days = (self.last - self.first).days + 1
        if (self.first - FIRST_DAY).days < n_days:
            return None
        return replace(self, first=self.first - timedelta(days=n_days), last=self.first - timedelta(days=1))

    @property
    def by_field(self) -> list[tuple[str, list[str]]]:
        """The chosen values, field by field."""
        fields: dict[str, list[str]] = {}
        for field, value in self.values:
            fields.setdefault(field, []).append(value)
        return list(fields.items())

    @property
    def parameters(self) -> dict[str, Any]:
        """What the `shown_…` tables bind, all of them; `bound_by` says which a query needs."""
        chosen: dict[str, Any] = {}
        if self.first is not None:
            chosen["from_time"] = _midnight(self.first)
        if self.last is not None and self.last < date.max:
            chosen["until_time"] = _midnight(self.last + timedelta(days=1))
        if self.event is not None:
            chosen["event_name"] = self.event
        for place, (field, values) in enumerate(self.by_field):
            chosen |= {f"where_field_{place}": field, f"where_values_{place}": values}
        return chosen


def compile_query(sql: str, lens: Lens) -> str:
    """Put the `shown_…` tables that a query reads in front of it."""
    relations = _needed(_RELATION.findall(sql), lens)
    if not relations:
        return sql
    tables = ",\n\n".join(f"{name} as (\n{_relation(name, lens)}\n)" for name in relations)
    head = _QUERY_HEAD.match(sql)
    start = head.end() if head else 0
    body = sql[start:]
    own = body.removeprefix("with ")
    return f"{sql[:start]}with {tables}{',' if own != body else ''}\n\n{own}"


def bound_by(sql: str) -> set[str]:
    """Name the values that a query binds."""
    return set(_BOUND.findall(sql))


def _needed(named: Iterable[str], lens: Lens) -> list[str]:
    """The tables a query names and those they are made of, each after what it is made of."""
    needed: dict[str, None] = {}

    def add(name: str) -> None:
        for other in _RELATION.findall(_relation(name, lens)):
            add(other)
        needed.setdefault(name)

    for name in named:
        add(name)
    return list(needed)


@lru_cache(maxsize=256)
def _relation(name: str, lens: Lens) -> str:
    if name == "shown_events":
        return _select("marts.fct_events", [*_days(lens, "occurred_at"), *_name(lens), *_event_values(lens)])
    if name == "shown_sessions":
        return _select("marts.fct_sessions", [*_days(lens, "started_at"), *_session_events(lens), *_segments(lens)])
    if name in WRITTEN:
        return files("dashboard").joinpath("queries", f"{name}.sql").read_text(encoding="utf-8").rstrip()
    if name in _OF_EVENTS:
        if lens.chooses_events:
            return _select(_OF_EVENTS[name], ["event_id in (select event_id from shown_events)"])
        return _select(_OF_EVENTS[name], _days(lens, "occurred_at"))
    table, key = _OF_SESSIONS[name]
    chosen = [f"{key} in (select session_id from shown_sessions)"] if lens.chooses_anything else []  # noqa: S608  # ours
    return _select(table, chosen)


def _select(table: str, conditions: list[str]) -> str:
    chosen = "".join(f"\n        and {condition}" for condition in conditions)
    return f"    select *\n    from {table}\n    where\n        project_id = $project_id{chosen}"  # noqa: S608  # ours


def _days(lens: Lens, column: str) -> list[str]:
    bounds = {"from_time": f"{column} >= $from_time", "until_time": f"{column} < $until_time"}
    return [condition for key, condition in bounds.items() if key in lens.parameters]


def _name(lens: Lens) -> list[str]:
    return ["name = $event_name"] if lens.event is not None else []


def _event_values(lens: Lens) -> list[str]:
    return [
        f"event_id in (\n{_matching('event_id', 'marts.fct_event_values', place)}\n        )"
        for place, _ in enumerate(lens.by_field)
    ]


def _session_events(lens: Lens) -> list[str]:
    if lens.event is None:
        return []
    named = "select session_id from marts.fct_events where project_id = $project_id and name = $event_name"
    return [f"session_id in (\n            {named}\n        )"]


def _segments(lens: Lens) -> list[str]:
    return [
        f"session_id in (\n{_matching('session_id', 'marts.fct_session_segments', place)}\n        )"
        for place, _ in enumerate(lens.by_field)
    ]


def _matching(key: str, table: str, place: int) -> str:
    conditions = (
        f"                project_id = $project_id\n                and field = $where_field_{place}\n"
        f"                and list_contains($where_values_{place}, enum_value)"
    )
    return f"            select {key}\n            from {table}\n            where\n{conditions}"  # noqa: S608  # ours


def _midnight(day: date) -> datetime:
    """The start of a day in UTC, without a zone as the marts keep it."""
    return datetime.combine(day, time(), tzinfo=UTC).replace(tzinfo=None)
