"""The metadata of a session's events: the short fields on sight, the rest on demand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dash import html

from dashboard.formatting import plural, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_CHIPS = 6


@dataclass(frozen=True)
class EventFields:
    """The metadata of a session's events, and which fields are short enough to show on sight.

    Attributes:
        events: metadata by event id; nested objects have dotted names.
        quick: names of the enum and number fields, in the order in which they are shown.
        field: the text field, whose text is shown anyway.
    """

    events: Mapping[str, Mapping[str, object]]
    quick: tuple[str, ...]
    field: str | None

    @classmethod
    def of(cls, metadata: Mapping[str, str | None], quick: tuple[str, ...], field: str | None) -> EventFields:
        """Parse the metadata, JSON by event id."""
        read = {event_id: _flat(json.loads(text) if text else {}) for event_id, text in metadata.items()}
        return cls(read, quick, field)

    @property
    def common(self) -> dict[str, object]:
        """The quick fields that several events have, all with the same value."""
        found: dict[str, object] = {}
        for name in self.quick:
            values = [fields[name] for fields in self.events.values() if name in fields]
            if len(values) > 1 and all(value == values[0] for value in values):
                found[name] = values[0]
        return found

    def common_chips(self) -> Any:
        """Lay out the values that hold for the whole session; nothing without any."""
        return html.P(_chips(self.common), className="field-chips") if self.common else None

    def chips(self, event_id: str) -> list[Any]:
        """Lay out the values by which this event differs from the others of its session."""
        fields, common = self.events[event_id], self.common
        return _chips({name: fields[name] for name in self.quick if name in fields and name not in common})

    def rest(self, event_id: str) -> Any:
        """Lay out all fields of the event as the app sent them; nothing without any besides the text."""
        lines = [
            html.Div([html.Dt(html.Bdi(shorten(name, 60))), html.Dd(html.Bdi(_word(value, 500), dir="auto"))],
                     className="fact")
            for name, value in self.events[event_id].items()
            if name != self.field
        ]  # fmt: skip
        if not lines:
            return None
        summary = html.Summary(plural(len(lines), "field"), className="text-link")
        return html.Details([summary, html.Dl(lines, className="facts")])


def _chips(fields: Mapping[str, object]) -> list[Any]:
    return [
        html.Span(
            [html.Bdi(shorten(name, 30), className="quiet"), " ", html.Bdi(_word(value, 40), dir="auto")],
            className="field-chip",
        )
        for name, value in list(fields.items())[:MAX_CHIPS]
    ]


def _flat(fields: Mapping[str, object], before: str = "") -> dict[str, object]:
    """Name fields as the marts do: a field of an object has the object's name and a dot as its prefix."""
    found: dict[str, object] = {}
    for name, value in fields.items():
        if isinstance(value, dict) and value:
            found |= _flat(value, f"{before}{name}.")
        else:
            found[before + name] = value
    return found


def _word(value: object, most: int) -> str:
    return shorten(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), most)
