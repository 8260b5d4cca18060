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
    from collections.abc import Sequence

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


def register(app: Dash) -> None:
    """Let every control change the address; a control that only shows what is chosen already changes nothing."""

    @app.callback(
        Output("address", "href", allow_duplicate=True),
        Input(PERIOD, "value"),
        State("address", "pathname"),
        State("address", "search"),
        prevent_initial_call=True,
    )
    def choose_period(chosen: str | None, pathname: str, search: str) -> Any:
        address = Address.parse(pathname, search)
        return _go(address, address.but(period=chosen or ALL, first=None, last=None))

    @app.callback(
        Output("address", "href", allow_duplicate=True),
        Input(DAYS, "value"),
        State("address", "pathname"),
        State("address", "search"),
        prevent_initial_call=True,
    )
    def choose_days(chosen: Sequence[str | None] | None, pathname: str, search: str) -> Any:
        first, last = (parse_day(day) for day in [*(chosen or []), None, None][:2])
        address = Address.parse(pathname, search)
        if first is None or last is None:  # the second day is not picked yet
            return no_update
        return _go(address, address.but(period=CUSTOM, first=first, last=last))

    @app.callback(
        Output("address", "href", allow_duplicate=True),
        Input(COMPARE, "checked"),
        State("address", "pathname"),
        State("address", "search"),
        prevent_initial_call=True,
    )
    def choose_comparison(is_chosen: bool | None, pathname: str, search: str) -> Any:  # noqa: FBT001  # Dash's way
        address = Address.parse(pathname, search)
        return _go(address, address.but(compare="before" if is_chosen else "none"))

    @app.callback(
        Output("address", "href", allow_duplicate=True),
        Input(EVENT, "value"),
        State("address", "pathname"),
        State("address", "search"),
        prevent_initial_call=True,
    )
    def choose_event(chosen: str | None, pathname: str, search: str) -> Any:
        address = Address.parse(pathname, search)
        name = chosen.removeprefix(_NAMED) if chosen and chosen.startswith(_NAMED) else None
        return _go(address, address.but(event=name))

    @app.callback(
        Output("address", "href", allow_duplicate=True),
        Input(VALUES, "value"),
        State("address", "pathname"),
        State("address", "search"),
        prevent_initial_call=True,
    )
    def choose_values(chosen: list[str] | None, pathname: str, search: str) -> Any:
        address = Address.parse(pathname, search)
        pairs = sorted(_decode(text) for text in (chosen or [])[:MAX_CHOSEN_VALUES])
        return _go(address, address.but(values=tuple(pairs)))


def _go(now: Address, then: Address) -> Any:
    """Go to an address, page one of it, unless that is where we are."""
    return no_update if then == now else then.but(page=1).href


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
    shown = view.row("events_chosen")["n_events"]
    parts = [f"{count(shown)} events"]
    if view.lens.has_days and shown:
        parts.append(period(*view.day_range))
    return html.P(" · ".join(parts), className="filters-summary", role="status")


def _encode(field: str, value: str) -> str:
    return json.dumps([field, value])


def _decode(text: str) -> tuple[str, str]:
    field, value = json.loads(text)
    return str(field), str(value)
