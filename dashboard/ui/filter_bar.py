"""The filter bar above every page of numbers: period, comparison, event name, values of enum fields.

Choices go into the address bar and from there into the page, so a link shows the same to everybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard.data.address import VALUE_PREFIX
from dashboard.data.period import ALL, CUSTOM, PERIOD_WORDS
from dashboard.formatting import count, day, period, short_period, shorten
from dashboard.ui.aria import labelled
from dashboard.ui.controls import DAYS, SWITCH, control_of, piece

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from dashboard.data.address import Address
    from dashboard.data.published import Row
    from dashboard.data.view import View

ANY_EVENT = piece("event", None)
DAYS_KEYS = ("period", "from", "to")
RATED_WORDS = {"": "All feedback", "ratings": "Only ratings", "outcomes": "Only outcomes"}


def filter_bar(view: View) -> Any:
    """Lay out the bar with the current filters."""
    controls = [
        _period(view),
        *_custom_days(view),
        *_compare(view),
        _event(view),
        _values(view),
        _rated(view),
        _clear(view.address),
    ]
    return html.Div(
        [*controls, _summary(view), _details(view)], className="filters", role="search", **labelled("Filters")
    )


def _period(view: View) -> Any:
    chosen = "" if view.address.period == ALL else view.address.period
    words = {"" if key == ALL else key: word for key, word in PERIOD_WORDS.items()}
    return _choice("Period", "period", words, chosen, *DAYS_KEYS[1:])


def _choice(name: str, key: str, words: Mapping[str, str], chosen: str, *keys: str) -> Any:
    """Lay out a choice of one of several words for a key of the address; an empty value stands for the default.

    Args:
        name: of the control.
        key: of the address.
        words: the words of each value.
        chosen: the current value.
        keys: further keys of the address that a choice replaces.
    """
    pieces = {value: piece(key, value or None) for value in words}
    return dmc.Select(
        data=[{"value": pieces[value], "label": label} for value, label in words.items()],
        value=pieces[chosen],
        allowDeselect=False,
        size="xs",
        w=165,
        comboboxProps={"shadow": "md"},
        **control_of((key, *keys), pieces[chosen]),
        **labelled(name),
    )


def _custom_days(view: View) -> list[Any]:
    if view.address.period != CUSTOM:
        return []
    first, last = (one.isoformat() if one else None for one in view.days)
    chosen = [one.isoformat() if one else None for one in (view.filters.first, view.filters.last)]
    picker = dmc.DatePickerInput(
        type="range",
        value=chosen,
        minDate=first,
        maxDate=last,
        valueFormat="D MMM YYYY",
        placeholder="Select start and end date",
        allowSingleDateInRange=True,
        size="xs",
        w=220,
        **control_of(DAYS_KEYS, _days_piece(view.filters.first, view.filters.last), DAYS),
        **labelled("Select start and end date"),
    )
    return [picker]


def _days_piece(first: date | None, last: date | None) -> str:
    """Return the part of the address that selects two days, as the browser makes it; empty while one is missing."""
    return urlencode({"period": CUSTOM, "from": first, "to": last}) if first and last else ""


def _event(view: View) -> Any:
    names = [row["name"] for row in view.rows("event_names")]
    chosen = view.address.event
    if len(names) < 2 and chosen is None:  # noqa: PLR2004  # one name is no choice
        return None
    if chosen is not None and chosen not in names:
        names.append(chosen)
    options = [{"value": ANY_EVENT, "label": "All events"}]
    options += [{"value": piece("event", name), "label": shorten(name, 60)} for name in names]
    return dmc.Select(
        data=options,
        value=piece("event", chosen),
        allowDeselect=False,
        searchable=len(options) > 8,  # noqa: PLR2004  # more do not fit without scrolling
        size="xs",
        w=170,
        comboboxProps={"shadow": "md"},
        **control_of(["event"], piece("event", chosen)),
        **labelled("Event name"),
    )


def _values(view: View) -> Any:
    chosen = [_piece_of(field, value) for field, value in view.address.values]
    groups = _value_groups(view.rows("filter_values"), view.address.values)
    if not groups:
        return None
    return dmc.MultiSelect(
        data=groups,
        value=chosen,
        placeholder="" if chosen else "Filter by a field",
        searchable=True,
        clearable=True,
        hidePickedOptions=True,
        openOnFocus=False,  # it would cover the page for keyboard users who tab past it
        renderOption={"function": "turretValue"},
        maxDropdownHeight=360,
        nothingFoundMessage="No match",
        size="xs",
        className="filter-values",
        comboboxProps={"shadow": "md"},
        **control_of([VALUE_PREFIX], "&".join(chosen)),
        **labelled("Values of fields"),
    )


def _rated(view: View) -> Any:
    """Offer ratings or outcomes alone, if the project has both."""
    sources = view.snapshot.row("feedback_sources", project_id=view.project_id)
    if not (sources["n_ratings"] and sources["n_outcomes"]) and view.address.rated == "all":
        return None
    chosen = "" if view.address.rated == "all" else view.address.rated
    return _choice("Feedback", "rated", RATED_WORDS, chosen)


def _value_groups(rows: list[Row], chosen: tuple[tuple[str, str], ...]) -> list[dict[str, Any]]:
    """Group the options by field; a selected value that no longer exists stays an option.

    A selected value is shown with its field (`label`); in the list the field is above it, so `word` is enough.
    """
    by_field: dict[str, list[str]] = {}
    for field, value in [*((row["field"], row["enum_value"]) for row in rows), *chosen]:
        values = by_field.setdefault(field, [])
        if value not in values:
            values.append(value)
    return [
        {
            "group": shorten(field, 40),
            "items": [
                {
                    "value": _piece_of(field, value),
                    "label": f"{shorten(field, 30)}: {shorten(value, 40)}",
                    "word": shorten(value, 40),
                }
                for value in values
            ],
        }
        for field, values in by_field.items()
    ]


def _compare(view: View) -> list[Any]:
    """Lay out the switch that compares with the preceding period, if there is one."""
    before = view.previous_filters
    if before is None or before.first is None or before.last is None:
        return []
    is_on = view.address.compare == "before"
    control = control_of(["compare"], piece("compare", "before") if is_on else "", SWITCH)
    return [
        dmc.Switch(checked=is_on, label=f"Compare with {short_period(before.first, before.last)}", size="xs", **control)
    ]


def _clear(address: Address) -> Any:
    everything = address.but(
        period=ALL, first=None, last=None, compare="none", event=None, values=(), rated="all", page=1
    )
    if everything == address:
        return None
    return dcc.Link("Clear", href=everything.href, className="text-link")


def _summary(view: View) -> Any:
    """Summarize the filters in words, if they exclude anything."""
    if not view.filters.chooses_anything:
        return None
    shown = view.n_events
    parts = [f"{count(shown)} events"]
    if view.filters.has_days and shown:
        parts.append(period(*view.day_range))
    return html.P(" · ".join(parts), className="filters-summary", role="status")


def _details(view: View) -> Any:
    """State from which day on sessions are published, if older ones are left out."""
    if view.details_from is None:
        return None
    words = (
        f"Counts start with the sessions of {day(view.details_from)}. Earlier ones are published as aggregates only."
    )
    return html.P(words, className="filters-details", role="note")


def _piece_of(field: str, value: str) -> str:
    return piece(VALUE_PREFIX + field, value)
