"""Topics with more friction, or more late and missing answers, than the others by more than chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.data.significance import clear_among, contrasts
from projects.validation import LATE_AFTER_S

if TYPE_CHECKING:
    from dashboard.data.significance import Contrast
    from dashboard.data.view import View

Cell = tuple[str, str]
"""`late` or `missing`, and a topic."""


def find_differences(view: View) -> tuple[dict[str, Contrast], dict[str, Contrast]]:
    """Compare each topic's share of sessions with friction with that of all other topics.

    Returns:
        The contrasts by topic, and the topics that differ significantly.
    """
    every = contrasts(view, "friction")
    found = {topic_id: contrast for (_, topic_id, sign), contrast in every.items() if sign == "friction"}
    return found, clear_among(found)


def late_after_s(view: View) -> int:
    """Return after how many seconds an answer of the project was late in the last run."""
    return next((row["late_after_s"] for row in view.rows("late_after")), LATE_AFTER_S)


def find_answers(view: View) -> tuple[dict[Cell, Contrast], dict[Cell, Contrast]]:
    """Compare each topic's share of sessions with a late answer, and with a missing one, with that of the others.

    Returns:
        The contrasts, and those that differ significantly.
    """
    found = {(family, topic_id): contrast for (family, topic_id, _), contrast in contrasts(view, "answer").items()}
    return found, clear_among(found)
