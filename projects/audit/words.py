"""Say the details of entries of the audit log in words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_COLUMNS: Final = {
    "event_limit": "limit of events",
    "journey_field": "field of journeys",
    "are_placeholder_ids_missing": "placeholder ids are missing ids",
    "late_after_s": "seconds after which answers are late",
    "are_refits_automatic": "automatic refits",
    "masking": "masked",
    "events_days": "days for which events are kept",
    "next_events_days": "waiting: days for which events are kept",
    "texts_days": "days for which texts are kept",
    "next_texts_days": "waiting: days for which texts are kept",
    "expires_at": "expires at",
    "channel_id": "channel",
    "has_texts": "with texts",
    "topic_id": "topic",
    "target_topic_id": "other topic",
    "undoes": "undoes edit",
}
"""Columns whose names are not their words."""


def details_in_words(details: Mapping[str, Any]) -> str:
    """Return details in one line, such as `plan trial → pro; automatic refits no → yes`."""
    return "; ".join(
        f"{_COLUMNS.get(name, name.replace('_', ' '))} {_change(name, value)}".strip()
        for name, value in details.items()
    )


def _change(name: str, value: Any) -> str:
    values = value if isinstance(value, list) else [value]
    return " → ".join(_value(name, each) for each in values)


def _value(name: str, value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name == "masking":
        rule = json.loads(value)
        return ", ".join([*rule["kinds"], *rule["own"]]) or "nothing"
    return str(value)
