"""Choose the two cohorts that a page compares: two values of a field, or a period and the preceding one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dashboard.data.filters import midnight
from dashboard.data.period import CUSTOM
from dashboard.formatting import period
from dashboard.journeys.side_by_side import Group

if TYPE_CHECKING:
    from dashboard.data.address import Address
    from dashboard.data.filters import Filters
    from dashboard.data.view import View


@dataclass(frozen=True)
class Cohorts:
    """Two views of the same project with different sessions; `field` is None if the cohorts are periods.

    Attributes:
        both: a view of the sessions of both.
        sides: parameters of `shown_compared.sql` that tell them apart.
    """

    views: tuple[View, View]
    groups: tuple[Group, Group]
    summaries: tuple[dict[str, Any], dict[str, Any]]
    field: str | None
    both: View
    sides: dict[str, object]


def segment_values(view: View) -> dict[str, list[str]]:
    """Return the fields that can split sessions, with at least two values each, largest first.

    The page opens on the first field: `enum_fields.sql` puts the most informative fields first.
    """
    fields: dict[str, list[str]] = {row["field"]: [] for row in view.rows("enum_fields")}
    for row in view.rows("filter_values"):
        fields.setdefault(row["field"], []).append(row["enum_value"])
    return {field: values for field, values in fields.items() if len(values) > 1}


def chosen_sides(address: Address, values: list[str]) -> tuple[str, str]:
    """Return the two chosen values, else the first ones; always two different ones. `values` has at least two."""
    first = address.a if address.a in values else values[0] if address.b != values[0] else values[1]
    rest = [value for value in values if value != first]
    return first, address.b if address.b in rest else rest[0]


def find_cohorts(view: View) -> Cohorts | None:
    """Return the cohorts that the address compares; None if there is nothing to compare."""
    if view.previous is not None:
        both = view.with_filters(replace(view.filters, first=view.previous.filters.first))
        sides: dict[str, object] = {
            "by": None,
            "a": None,
            "b": None,
            "since": midnight(view.filters.first) if view.filters.first else None,
        }
        return _make_cohorts(view, [_days(view, view.filters), _days(view, view.previous.filters)], None, both, sides)
    fields = segment_values(view)
    if not fields:
        return None
    field = view.address.by if view.address.by in fields else next(iter(fields))
    values = chosen_sides(view.address, fields[field])
    both = view.with_filters(
        replace(view.filters, values=tuple(pair for pair in view.filters.values if pair[0] != field))
    )
    sides = {"by": field, "a": values[0], "b": values[1], "since": None}
    return _make_cohorts(view, [_value(view, field, value) for value in values], field, both, sides)


def _days(view: View, filters: Filters) -> tuple[str, Filters, Address]:
    first, last = filters.first, filters.last
    name = period(first, last) if first and last else "all days"
    return name, filters, view.address.but(period=CUSTOM, first=first, last=last, compare="none")


def _value(view: View, field: str, value: str) -> tuple[str, Filters, Address]:
    others = [pair for pair in view.filters.values if pair[0] != field]
    values = tuple(sorted([*others, (field, value)]))
    return value, replace(view.filters, values=values), view.address.but(values=values)


def _make_cohorts(
    view: View, named: list[tuple[str, Filters, Address]], field: str | None, both: View, sides: dict[str, object]
) -> Cohorts:
    one, other = (view.with_filters(filters) for _, filters, _ in named)
    summaries = (one.row("journey_summary"), other.row("journey_summary"))
    groups = [
        Group(name, summary["n_journeys"], address)
        for (name, _, address), summary in zip(named, summaries, strict=True)
    ]
    return Cohorts((one, other), (groups[0], groups[1]), summaries, field, both, sides)
