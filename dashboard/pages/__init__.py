"""The pages, by the first part of the address. A page is a function from a `View` to what stands on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboard.pages import journeys, numbers, overview, segments, sessions, topic, topics
from dashboard.parts.notices import not_found

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.view import View


@dataclass(frozen=True)
class MenuEntry:
    """A page that the menu leads to: the first part of its path, and its name."""

    part: str
    name: str

    def is_current(self, parts: tuple[str, ...]) -> bool:
        """Whether an address with these parts lies under the entry."""
        return (parts[0] if parts else "") == self.part


MENU = (
    MenuEntry("", "Overview"),
    MenuEntry("topics", "Topics"),
    MenuEntry("journeys", "Journeys"),
    MenuEntry("segments", "Segments"),
    MenuEntry("numbers", "Numbers"),
    MenuEntry("sessions", "Sessions"),
    MenuEntry("settings", "Settings"),
)


LISTS: dict[str, Callable[[View], Any]] = {
    "": overview.render,
    "topics": topics.render,
    "journeys": journeys.render,
    "segments": segments.render,
    "numbers": numbers.render,
    "sessions": sessions.render_list,
}
"""Pages by the first and only part of the path."""

DETAILS: dict[str, Callable[[View, str], Any]] = {
    "topics": topic.render,
    "journeys": journeys.render_part,
    "sessions": sessions.render_session,
    "users": sessions.render_user,
}
"""Pages about one thing: the first part of the path says of which kind, the second which."""


def render_page(view: View) -> Any:
    """Lay out the page that the view's address names."""
    first, *rest = view.address.parts or ("",)
    if not rest and first in LISTS:
        return LISTS[first](view)
    if len(rest) == 1 and first in DETAILS:
        return DETAILS[first](view, rest[0])
    return not_found(view.address, "This page")
