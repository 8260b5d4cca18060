"""The bar of filters above every page of numbers: days, comparison, event name, values of enum fields.

What is chosen goes into the address bar and from there into the page, so that a link shows the same to everybody.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update

from dashboard.address import MAX_CHOSEN_VALUES, Address
from dashboard.parts.aria import labelled
from dashboard.period import ALL, CUSTOM, PERIOD_WORDS, parse_day
from dashboard.wording import count, period, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dashboard.published import Row
    from dashboard.view import View

PERIOD, DAYS, COMPARE, EVENT, VALUES = "filter-period", "filter-days", "filter-compare", "filter-event", "filter-values"
ANY_EVENT = "*"
"""Stands for all events in the choice; a name of one's own may be this too, hence the mark before real names."""
_NAMED = "="


def filter_bar(view: View) -> Any:
    """Make the bar for what is chosen now."""
    controls = [_period(view), *_custom_days(view), _event(view), _values(view), *_compare(view), _clear(view.address)]
    return html.Div([*controls, _summary(view)], className="filters", role="search", **labelled("Filters"))


def _choose_period(address: Address, chosen: str | None) -> Address:
    return address.but(period=chosen or ALL, first=None, last=None)


def _choose_days(address: Address, chosen: Sequence[str | None] | None) -> Address:
    first, last = (parse_day(day) for day in [*(chosen or []), None, None][:2])
    if first is None or last is None:  # the second day is not picked yet
        return address
    return address.but(period=CUSTOM, first=first, last=last)


def _choose_comparison(address: Address, chosen: object) -> Address:
    return address.but(compare="before" if chosen else "none")


def _choose_event(address: Address, chosen: str | None) -> Address:
    return address.but(event=chosen.removeprefix(_NAMED) if chosen and chosen.startswith(_NAMED) else None)


def _choose_values(address: Address, chosen: list[str] | None) -> Address:
    return address.but(values=tuple(sorted(_decode(text) for text in (chosen or [])[:MAX_CHOSEN_VALUES])))


CHOICES: dict[tuple[str, str], Callable[[Address, Any], Address]] = {
    (PERIOD, "value"): _choose_period,
    (DAYS, "value"): _choose_days,
    (COMPARE, "checked"): _choose_comparison,
    (EVENT, "value"): _choose_event,
    (VALUES, "value"): _choose_values,
}
"""The controls with what they say, and what a choice makes of an address."""


def register(app: Dash) -> None:
    """Let every control change the address; a control that only shows what is chosen already changes nothing."""
    for (identity, property_), choose in CHOICES.items():
        app.callback(
            Output("address", "href", allow_duplicate=True),
            Input(identity, property_),
            State("address", "pathname"),
            State("address", "search"),
            prevent_initial_call=True,
        )(_callback(choose))


def _callback(choose: Callable[[Address, Any], Address]) -> Callable[[Any, str, str], Any]:
    """Go to the chosen address, page one of it, unless that is where we are."""

    def callback(chosen: Any, pathname: str, search: str) -> Any:
        now = Address.parse(pathname, search)
        then = choose(now, chosen)
        return no_update if then == now else then.but(page=1).href

    return callback


def _period(view: View) -> Any:
    return dmc.Select(
        id=PERIOD,
        data=[{"value": key, "label": word} for key, word in PERIOD_WORDS.items()],
        value=view.address.period,
        allowDeselect=False,
        size="xs",
        w=150,
        comboboxProps={"shadow": "md"},
        **labelled("Period"),
    )


def _custom_days(view: View) -> list[Any]:
    if view.address.period != CUSTOM:
        return []
    first, last = (day.isoformat() if day else None for day in view.days)
    chosen = [day.isoformat() if day else None for day in (view.lens.first, view.lens.last)]
    picker = dmc.DatePickerInput(
        id=DAYS,
        type="range",
        value=chosen,
        minDate=first,
        maxDate=last,
        valueFormat="D MMM YYYY",
        placeholder="First and last day",
        allowSingleDateInRange=True,
        size="xs",
        w=220,
        **labelled("First and last day"),
    )
    return [picker]


def _event(view: View) -> Any:
    names = [row["name"] for row in view.rows("event_names")]
    chosen = view.address.event
    if len(names) < 2 and chosen is None:  # noqa: PLR2004  # one name is no choice
        return None
    if chosen is not None and chosen not in names:
        names.append(chosen)
    options = [{"value": ANY_EVENT, "label": "All events"}]
    options += [{"value": _NAMED + name, "label": shorten(name, 60)} for name in names]
    return dmc.Select(
        id=EVENT,
        data=options,
        value=ANY_EVENT if chosen is None else _NAMED + chosen,
        allowDeselect=False,
        searchable=len(options) > 8,  # noqa: PLR2004  # more do not fit without scrolling
        size="xs",
        w=170,
        comboboxProps={"shadow": "md"},
        **labelled("Event name"),
    )


def _values(view: View) -> Any:
    chosen = [_encode(field, value) for field, value in view.address.values]
    groups = _value_groups(view.rows("filter_values"), view.address.values)
    if not groups:
        return None
    return dmc.MultiSelect(
        id=VALUES,
        data=groups,
        value=chosen,
        placeholder="" if chosen else "Filter by a field",
        searchable=True,
        clearable=True,
        hidePickedOptions=True,
        maxDropdownHeight=360,
        nothingFoundMessage="No such value",
        size="xs",
        className="filter-values",
        comboboxProps={"shadow": "md"},
        **labelled("Values of fields"),
    )


def _value_groups(rows: list[Row], chosen: tuple[tuple[str, str], ...]) -> list[dict[str, Any]]:
    """Options by field; a chosen value that is no longer among them stays in the choice."""
    by_field: dict[str, list[str]] = {}
    for field, value in [*((row["field"], row["enum_value"]) for row in rows), *chosen]:
        values = by_field.setdefault(field, [])
        if value not in values:
            values.append(value)
    return [
        {
            "group": shorten(field, 40),
            "items": [
                {"value": _encode(field, value), "label": f"{shorten(field, 30)}: {shorten(value, 40)}"}
                for value in values
            ],
        }
        for field, values in by_field.items()
    ]


def _compare(view: View) -> list[Any]:
    """The switch to compare with the days before, where there are days to compare with."""
    if view.lens.before is None:
        return []
    switch = dmc.Switch(
        id=COMPARE, checked=view.address.compare == "before", label="Compare with the days before", size="xs"
    )
    return [switch]


def _clear(address: Address) -> Any:
    everything = address.but(period=ALL, first=None, last=None, compare="none", event=None, values=(), page=1)
    if everything == address:
        return None
    return dcc.Link("Clear", href=everything.href, className="text-link")


def _summary(view: View) -> Any:
    """Say in words what is looked at, where something is left out."""
    if not view.lens.chooses_anything:
        return None
    shown = view.n_events
    parts = [f"{count(shown)} events"]
    if view.lens.has_days and shown:
        parts.append(period(*view.day_range))
    return html.P(" · ".join(parts), className="filters-summary", role="status")


def _encode(field: str, value: str) -> str:
    return json.dumps([field, value])


def _decode(text: str) -> tuple[str, str]:
    field, value = json.loads(text)
    return str(field), str(value)
