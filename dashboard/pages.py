"""The pages, by the first part of the address. A page is a function from a `View` to a layout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboard.formatting import shorten
from dashboard.journeys import page as journeys
from dashboard.numbers import page as numbers
from dashboard.overview import page as overview
from dashboard.search import page as search
from dashboard.segments import page as segments
from dashboard.sessions import page as sessions
from dashboard.topic import page as topic
from dashboard.topics import candidate
from dashboard.topics import page as topics
from dashboard.ui.notices import not_found

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.data.address import Address
    from dashboard.data.view import View


@dataclass(frozen=True)
class MenuEntry:
    """A menu entry: the first part of the page's path, and its name."""

    part: str
    name: str

    def is_current(self, parts: tuple[str, ...]) -> bool:
        """Return whether an address with these parts belongs to the entry."""
        first = parts[0] if parts else ""
        return UNDER.get(first, first) == self.part


MENU = (
    MenuEntry("", "Overview"),
    MenuEntry("topics", "Topics"),
    MenuEntry("journeys", "Journeys"),
    MenuEntry("segments", "Segments"),
    MenuEntry("numbers", "Numbers"),
    MenuEntry("sessions", "Sessions"),
    MenuEntry("search", "Search"),
    MenuEntry("settings", "Settings"),
)


KINDS = {"sessions": "Session", "users": "User"}
"""Things that have no name besides the app's id, by the first part of the path."""

UNDER = {"users": "sessions", "candidate": "topics"}
"""Pages without an entry of their own in the menu, and the entry that they belong to."""

LISTS: dict[str, Callable[[View], Any]] = {
    "": overview.render,
    "topics": topics.render,
    "candidate": candidate.render,
    "journeys": journeys.render,
    "segments": segments.render,
    "numbers": numbers.render,
    "sessions": sessions.render_list,
    "search": search.render,
}
"""Pages by the only part of their path."""

DETAILS: dict[str, Callable[[View, str], Any]] = {
    "topics": topic.render,
    "journeys": journeys.render_part,
    "sessions": sessions.render_session,
    "users": sessions.render_user,
}
"""Pages about one thing: the first part of the path names the kind, the second the thing."""


def shows_one_whole(address: Address) -> bool:
    """Return whether the page is about one session or user, which is shown regardless of the filters."""
    return len(address.parts) > 1 and address.parts[0] in {"sessions", "users"}


def name_of(view: View) -> str | None:
    """Name a page about one thing, besides its entry in the menu; the app's words, shortened."""
    first, *rest = view.address.parts or ("",)
    if len(rest) != 1:
        return None
    if first == "topics":
        return shorten(view.labels.get(rest[0], ""), 60) or None
    if first == "journeys":
        return journeys.PARTS[rest[0]][0] if rest[0] in journeys.PARTS else None
    return f"{KINDS[first]} {shorten(rest[0], 40)}" if first in KINDS else None


def render_page(view: View) -> Any:
    """Lay out the page that the view's address names."""
    first, *rest = view.address.parts or ("",)
    if not rest and first in LISTS:
        return LISTS[first](view)
    if len(rest) == 1 and first in DETAILS:
        return DETAILS[first](view, rest[0])
    return not_found(view.address, "This page")
