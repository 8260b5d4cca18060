"""What can be chosen on the pages about journeys, and how a choice gets into the address bar.

A choice that is another than the one in the address goes there; the page follows the address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, html, no_update

from dashboard.address import Address
from dashboard.parts.aria import labelled
from dashboard.wording import shorten

if TYPE_CHECKING:
    from collections.abc import Callable

DEPTH = "journey-depth"
BREADTH = "journey-breadth"
LEAST = "journey-least"
FROM_TOPIC = "journey-from-topic"
TO_TOPIC = "journey-to-topic"
PATHS = "journey-paths"
MOVES = "journey-moves"
TOP = "journey-top"
GOAL = "journey-goal"
COMPARED = "journey-compared"
SIDE_A = "journey-a"
SIDE_B = "journey-b"
DAYS_BEFORE = "*"
"""Stands for the days before in what can be compared; fields have a mark in front of their names."""
_NAMED = "="


def named(text: str) -> str:
    """Mark a name of other people's, so that it can never be one of our own words."""
    return _NAMED + text


def _unmarked(text: str | None) -> str | None:
    return text.removeprefix(_NAMED) if text and text.startswith(_NAMED) else None


def _compared(address: Address, chosen: str | None) -> Address:
    """Compare with the days before, or two values of a field; the two values of another field do not stay."""
    if chosen == DAYS_BEFORE:
        return address.but(compare="before")
    field = _unmarked(chosen)
    sides = {} if field == address.by else {"a": None, "b": None}
    return address.but(compare="none", by=field, **sides)


def _from_topic(address: Address, chosen: str | None) -> Address:
    return address.but(from_topic=_unmarked(chosen), to_topic=None if chosen else address.to_topic)


def _to_topic(address: Address, chosen: str | None) -> Address:
    return address.but(to_topic=_unmarked(chosen), from_topic=None if chosen else address.from_topic)


CHOICES: dict[str, Callable[[Address, str | None], Address]] = {
    DEPTH: lambda address, chosen: address.but(depth=int(chosen or address.depth)),
    BREADTH: lambda address, chosen: address.but(breadth=int(chosen or address.breadth)),
    LEAST: lambda address, chosen: address.but(least=int(chosen or 0)),
    FROM_TOPIC: _from_topic,
    TO_TOPIC: _to_topic,
    PATHS: lambda address, chosen: address.but(paths=chosen),
    MOVES: lambda address, chosen: address.but(moves=chosen),
    TOP: lambda address, chosen: address.but(top=int(chosen or address.top)),
    GOAL: lambda address, chosen: address.but(goal=_unmarked(chosen)),
    COMPARED: _compared,
    SIDE_A: lambda address, chosen: address.but(a=_unmarked(chosen)),
    SIDE_B: lambda address, chosen: address.but(b=_unmarked(chosen)),
}
"""The controls, and what a choice makes of an address."""


def register(app: Dash) -> None:
    """Let every control change the address; one that only shows what is chosen already changes nothing."""
    for identity, choose in CHOICES.items():
        app.callback(
            Output("address", "search", allow_duplicate=True),
            Input(identity, "value"),
            State("address", "pathname"),
            State("address", "search"),
            prevent_initial_call=True,
        )(_callback(choose))


def _callback(choose: Callable[[Address, str | None], Address]) -> Callable[[str | None, str, str], Any]:
    def callback(chosen: str | None, pathname: str, search: str) -> Any:
        now = Address.parse(pathname, search)
        then = Address.parse(pathname, choose(now, chosen).search)  # what somebody forged counts as not chosen
        return no_update if then == now else then.search

    return callback


def segments(identity: str, label: str, words: dict[str, str], value: object, *, is_named: bool = True) -> Any:
    """Make a choice between a few; `words` by value. Its name is read out even where it is not shown."""
    control = dmc.SegmentedControl(
        id=identity,
        data=[{"value": key, "label": word} for key, word in words.items()],
        value=str(value),
        size="xs",
        **labelled(label),
    )
    return html.Div([html.Span(label, className="choice-label") if is_named else None, control], className="choice")


def numbers(identity: str, label: str, allowed: tuple[int, ...], value: int, unit: str = "") -> Any:
    """Make a choice between a few numbers."""
    return segments(identity, label, {str(number): f"{number}{unit}" for number in allowed}, value)


def select(identity: str, label: str, words: dict[str, str], value: str | None, **more: Any) -> Any:
    """Make a choice between many; `words` by value. More options: `clearable`, `placeholder`."""
    options = {"allowDeselect": False, "searchable": len(words) > 8} | more  # noqa: PLR2004  # more do not fit
    control = dmc.Select(
        id=identity,
        data=[{"value": key, "label": shorten(word, 60)} for key, word in words.items()],
        value=value,
        size="xs",
        className="choice-select",
        nothingFoundMessage="No such name",
        comboboxProps={"shadow": "md"},
        **labelled(label),
        **options,
    )
    return html.Div([html.Span(label, className="choice-label"), control], className="choice")
