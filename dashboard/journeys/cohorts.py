"""Which two groups of sessions are compared: two values of a field, or the chosen days and those before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dashboard.data.filters import midnight
from dashboard.data.period import CUSTOM
from dashboard.formatting import period
from dashboard.journeys.side_by_side import Group

if TYPE_CHECKING:
    from dashboard.data.address import Address
    from dashboard.data.filters import Lens
    from dashboard.data.view import View


@dataclass(frozen=True)
class Looks:
    """Two looks at the same project that choose different sessions; `field` is None where they are periods.

    Attributes:
        both: a look at the sessions of both.
        sides: what `shown_compared.sql` binds to tell them apart.
    """

    views: tuple[View, View]
    groups: tuple[Group, Group]
    summaries: tuple[dict[str, Any], dict[str, Any]]
    field: str | None
    both: View
    sides: dict[str, object]


def segment_values(view: View) -> dict[str, list[str]]:
    """The fields that sessions can be compared by, each with two values at least, those of most sessions first.

    The page opens on the first field: `enum_fields.sql` puts the ones that tell most in front.
    """
    fields: dict[str, list[str]] = {row["field"]: [] for row in view.rows("enum_fields")}
    for row in view.rows("filter_values"):
        fields.setdefault(row["field"], []).append(row["enum_value"])
    return {field: values for field, values in fields.items() if len(values) > 1}


def chosen_sides(address: Address, values: list[str]) -> tuple[str, str]:
    """The two chosen values, else the first ones; never the same twice. `values` has two at least."""
    first = address.a if address.a in values else values[0] if address.b != values[0] else values[1]
    rest = [value for value in values if value != first]
    return first, address.b if address.b in rest else rest[0]


def find_looks(view: View) -> Looks | None:
    """What the address compares; None where there is nothing to compare."""
    if view.before is not None:
        both = view.through(replace(view.lens, first=view.before.lens.first))
        sides: dict[str, object] = {
            "by": None,
            "a": None,
            "b": None,
            "since": midnight(view.lens.first) if view.lens.first else None,
        }
        return _looks(view, [_days(view, view.lens), _days(view, view.before.lens)], None, both, sides)
    fields = segment_values(view)
    if not fields:
        return None
    field = view.address.by if view.address.by in fields else next(iter(fields))
    values = chosen_sides(view.address, fields[field])
    both = view.through(replace(view.lens, values=tuple(pair for pair in view.lens.values if pair[0] != field)))
    sides = {"by": field, "a": values[0], "b": values[1], "since": None}
    return _looks(view, [_value(view, field, value) for value in values], field, both, sides)


def _days(view: View, lens: Lens) -> tuple[str, Lens, Address]:
    first, last = lens.first, lens.last
    name = period(first, last) if first and last else "all days"
    return name, lens, view.address.but(period=CUSTOM, first=first, last=last, compare="none")


def _value(view: View, field: str, value: str) -> tuple[str, Lens, Address]:
    others = [pair for pair in view.lens.values if pair[0] != field]
    values = tuple(sorted([*others, (field, value)]))
    return value, replace(view.lens, values=values), view.address.but(values=values)


def _looks(
    view: View, named: list[tuple[str, Lens, Address]], field: str | None, both: View, sides: dict[str, object]
) -> Looks:
    one, other = (view.through(lens) for _, lens, _ in named)
    summaries = (one.row("journey_summary"), other.row("journey_summary"))
    groups = [
        Group(name, summary["n_journeys"], address)
        for (name, _, address), summary in zip(named, summaries, strict=True)
    ]
    return Looks((one, other), (groups[0], groups[1]), summaries, field, both, sides)
