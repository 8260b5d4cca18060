"""The pages, by the first part of the address. A page is a function from a `View` to what stands on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboard.pages import journeys, overview, topic, topics
from dashboard.parts.notices import not_found

if TYPE_CHECKING:
    from dashboard.view import View


@dataclass(frozen=True)
class MenuEntry:
    """A page that the menu leads to: the first part of its path, and its name."""

    part: str
    name: str

    def is_current(self, parts: tuple[str, ...]) -> bool:
        """Whether an address with these parts lies under the entry."""
        return (parts[0] if parts else "") == self.part


MENU = (MenuEntry("", "Overview"), MenuEntry("topics", "Topics"), MenuEntry("journeys", "Journeys"))


def render_page(view: View) -> Any:
    """Lay out the page that the view's address names."""
    match view.address.parts:
        case ():
            return overview.render(view)
        case ("topics",):
            return topics.render(view)
        case ("topics", topic_id):
            return topic.render(view, topic_id)
        case ("journeys",):
            return journeys.render(view)
        case _:
            return not_found(view.address, "This page")
