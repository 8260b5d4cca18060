"""Topics with more friction than the others by more than chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.data.significance import clear_among, contrasts

if TYPE_CHECKING:
    from dashboard.data.significance import Contrast
    from dashboard.data.view import View


def find_differences(view: View) -> tuple[dict[str, Contrast], dict[str, Contrast]]:
    """Compare each topic's share of sessions with friction with that of all other topics.

    Returns:
        The contrasts by topic, and the topics that differ significantly.
    """
    every = contrasts(view, "friction")
    found = {topic_id: contrast for (_, topic_id, sign), contrast in every.items() if sign == "friction"}
    return found, clear_among(found)
