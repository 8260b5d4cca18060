"""Controls that change what a page shows: each option is a part of the address, set by the browser.

A control knows the part that stands for its current value, and the keys that it replaces; `turret.choose` in
`assets/turret.js` compares them and changes the address. The page follows the address, so a link shows the same to
everybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import ALL, ClientsideFunction, Dash, Input, Output, State, html

from dashboard.data.address import Address
from dashboard.formatting import shorten
from dashboard.ui.aria import labelled

if TYPE_CHECKING:
    from collections.abc import Iterable

CHOICE, DAYS, SWITCH, LINK = "choice", "choice-of-days", "choice-switch", "choice-of-link"
"""Kinds of controls: one or several parts of the address, two days, an optional part, or a whole address."""
_VALUES = {CHOICE: "value", DAYS: "value", SWITCH: "checked", LINK: "value"}


def register(app: Dash) -> None:
    """Register the callback of all controls; one that already shows the chosen value changes nothing."""
    controls = [({"type": kind, "keys": ALL}, value) for kind, value in _VALUES.items()]
    app.clientside_callback(  # type: ignore[no-untyped-call]  # Dash gives it no types
        ClientsideFunction("turret", "choose"),
        Output("address", "href", allow_duplicate=True),
        [Input(identity, value) for identity, value in controls],
        [State(identity, "data-shown") for identity, _ in controls],
        prevent_initial_call=True,
    )


def piece(key: str, value: object) -> str:
    """Return the part of an address that selects a value; an empty one, which removes the key, for None."""
    return urlencode({key: "" if value is None else value})


def control_of(keys: Iterable[str], shown: str, kind: str = CHOICE) -> dict[str, Any]:
    """Make the attributes that identify a control.

    Args:
        keys: the keys that a choice removes from the address before it adds its own part; one that ends with a dot
            stands for all keys with that prefix.
        shown: the part that stands for the control's current value; several are joined by `&`.
        kind: CHOICE, DAYS, SWITCH or LINK.
    """
    return {"id": {"type": kind, "keys": ",".join(keys)}, "data-shown": shown}


def segments(address: Address, key: str, label: str, words: dict[str, str], *resets: str, is_named: bool = True) -> Any:
    """Make a choice between a few values of a key; `words` are the labels by value.

    Its label is for screen readers where it is not shown. A choice removes the keys that it `resets`, such as the page.
    """
    shown = _piece_of(key, getattr(address, key))
    control = dmc.SegmentedControl(
        data=[{"value": _piece_of(key, value), "label": word} for value, word in words.items()],
        value=shown,
        size="xs",
        **control_of([key, *resets], shown),
        **labelled(label),
    )
    return html.Div([html.Span(label, className="choice-label") if is_named else None, control], className="choice")


def numbers(address: Address, key: str, label: str, allowed: tuple[int, ...], unit: str = "") -> Any:
    """Make a choice between a few numbers of a key."""
    return segments(address, key, label, {str(number): f"{number}{unit}" for number in allowed})


def select(label: str, words: dict[str, str], shown: str, *keys: str, **more: Any) -> Any:
    """Make a choice between many values.

    Args:
        label: the label in front of it.
        words: the labels by the part of the address that each option stands for.
        shown: the part of the chosen option; empty without any.
        keys: the keys that a choice removes from the address.
        more: further options of the control, such as `clearable` or `placeholder`.
    """
    options = {"allowDeselect": False, "searchable": len(words) > 8} | more  # noqa: PLR2004  # more do not fit
    control = dmc.Select(
        data=[{"value": each, "label": shorten(word, 60)} for each, word in words.items()],
        value=shown or None,
        size="xs",
        className="choice-select",
        nothingFoundMessage="No match",
        comboboxProps={"shadow": "md"},
        **control_of(keys, shown),
        **labelled(label),
        **options,
    )
    return html.Div([html.Span(label, className="choice-label"), control], className="choice")


def _piece_of(key: str, value: object) -> str:
    """Return the part of a value; the default's is empty, so that addresses stay short."""
    return piece(key, None if str(value) == str(getattr(Address, key)) else value)
