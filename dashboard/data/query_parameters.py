"""The parameters of queries that depend on the address."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dashboard.data.address import Address
    from dashboard.data.view import View

SESSIONS_PER_PAGE = 25
FIELDS_LOOKED_AT = 4
MAX_COMMENTS = 10
ALL_SEGMENTS: Mapping[str, str | None] = MappingProxyType({"segment_field": None, "segment_value": None})
"""The parameters with which the queries of alerts about feedback read that of all segments."""


def flow_choice(address: Address) -> dict[str, object]:
    """Return the parameters of `shown_flow`: where journeys start, how far they go, and which topics have a box."""
    return {
        "from_topic": address.from_topic,
        "to_topic": address.to_topic,
        "depth": address.depth,
        "breadth": address.breadth,
        "min_share": address.least / 100,
    }


def fields_looked_at(view: View) -> list[str]:
    """Return the enum fields with most values, among which the page of a topic looks for differences."""
    return [row["field"] for row in view.rows("enum_fields")][:FIELDS_LOOKED_AT]


def session_choice(view: View, user: str | None, *, is_whole: bool = False) -> dict[str, object]:
    """Return the parameters of `sessions.sql`: which sessions the address selects, and which page of them, or all."""
    address = view.address
    is_move = address.step is not None or (address.source is not None and address.target is not None)
    return flow_choice(address) | {
        "source": address.source if is_move else None,
        "target": address.target if is_move else None,
        "step": address.step,
        "topic": address.topic,
        "sign": address.sign,
        "feedback": address.feedback,
        "visited": address.visited,
        "variant": address.variant,
        "goal": address.goal,
        "is_reached": address.reached == "yes",
        "user": user,
        "page_size": 10_000_000 if is_whole else SESSIONS_PER_PAGE,
        "offset": 0 if is_whole else (address.page - 1) * SESSIONS_PER_PAGE,
    }
