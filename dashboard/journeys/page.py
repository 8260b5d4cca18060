"""Journeys: how users move between topics, where they stop, what they reach, and how cohorts differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import dcc, html

from dashboard.formatting import NOTHING, change, count, plural, points, ratio, share
from dashboard.journeys.cohorts import find_cohorts
from dashboard.journeys.compare import CompareCards, nothing_to_compare
from dashboard.journeys.drop_off import drop_off_card
from dashboard.journeys.flow.card import flow_card
from dashboard.journeys.friction.card import friction_cards
from dashboard.journeys.goals import GoalCards, no_goal
from dashboard.journeys.matrix import matrix_card
from dashboard.journeys.paths import paths_card
from dashboard.journeys.retention.card import retention_cards
from dashboard.journeys.side_by_side import journeys_behind
from dashboard.journeys.transitions import between_sessions_card, transitions_card
from dashboard.ui.card import headline, headlines
from dashboard.ui.notices import no_text, no_topics, not_found
from dashboard.ui.tabs import choice_tabs

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.data.published import Row
    from dashboard.data.view import View

    Cards = Callable[[View, Row, dict[str, str]], list[Any]]

FIRST = "flow"
ALONE = ("moves", "goals", "retention")
"""Tabs that do not compare with the preceding period."""
ALWAYS_WANTS = ("friction", "retention")
"""Tabs on which a step always is what people want: an answer in other words is no second request."""


def render(view: View) -> Any:
    """Lay out the first tab: the flow and the paths."""
    return render_part(view, FIRST)


def render_part(view: View, part: str) -> Any:
    """Lay out one of the other tabs."""
    if part not in PARTS:
        return not_found(view.address, "This page")
    title = html.H1("Journeys", className="page-title")
    if view.field is None:
        return [title, no_text(view)]
    summary = view.row("journey_summary")
    if not summary["n_journeys"]:
        return [title, no_topics(view)]
    steps = None if part in ALWAYS_WANTS else _what_is_a_step(view)
    above = [title, _tabs(view, part), steps, _not_compared(view, part)]
    return [*above, *PARTS[part][1](view, summary, view.labels)]


def _tabs(view: View, current: str) -> Any:
    addresses = {
        name: view.address.to("journeys", *([] if part == FIRST else [part])) for part, (name, _) in PARTS.items()
    }
    return choice_tabs("About journeys", addresses, PARTS[current][0])


def _what_is_a_step(view: View) -> Any:
    """Offer every message as a step, if some messages are not steps."""
    if not view.row("continuing")["n_messages"]:
        return None
    names = {"Steps: what people want": "wants", "Steps: every message": "all"}
    addresses = {words: view.address.but(steps=kind) for words, kind in names.items()}
    current = next(words for words, kind in names.items() if kind == view.address.steps)
    return choice_tabs("Definition of a step", addresses, current)


def _not_compared(view: View, part: str) -> Any:
    """Say that these cards show only the chosen days, where a comparison was asked for."""
    if view.previous is None or part not in ALONE:
        return None
    there = dcc.Link("Compare", href=view.address.to("journeys", "compare").href, className="text-link")
    return html.P(
        ["This tab shows the selected days only; ", there, " shows them next to the previous period."],
        className="aside",
    )


def _flow(view: View, summary: Row, labels: dict[str, str]) -> list[Any]:
    return [_headlines(view, summary), flow_card(view, labels), paths_card(view, summary, labels)]


def _moves(view: View, _summary: Row, labels: dict[str, str]) -> list[Any]:
    return [matrix_card(view, labels), transitions_card(view, labels), between_sessions_card(view, labels)]


def _drop_off(view: View, _summary: Row, labels: dict[str, str]) -> list[Any]:
    return [drop_off_card(view, labels)]


def _friction(view: View, _summary: Row, labels: dict[str, str]) -> list[Any]:
    return friction_cards(view, labels)


def _retention(view: View, _summary: Row, labels: dict[str, str]) -> list[Any]:
    return retention_cards(view, labels)


def _goals(view: View, _summary: Row, labels: dict[str, str]) -> list[Any]:
    cards = GoalCards.of(view, labels)
    return cards.render() if cards else [no_goal(view)]


def _compare(view: View, _summary: Row, labels: dict[str, str]) -> list[Any]:
    cohorts = find_cohorts(view)
    return CompareCards(view, labels, cohorts).render() if cohorts else [nothing_to_compare(view)]


PARTS: dict[str, tuple[str, Cards]] = {
    FIRST: ("Flow", _flow),
    "moves": ("Moves", _moves),
    "drop-off": ("Drop-off", _drop_off),
    "friction": ("Friction", _friction),
    "retention": ("Retention", _retention),
    "goals": ("Goals", _goals),
    "compare": ("Compare", _compare),
}
"""The tabs by the second part of the path: the name, and the cards."""


def _headlines(view: View, summary: Row) -> Any:
    journeys = summary["n_journeys"]
    previous = view.previous.row("journey_summary") if view.previous is not None else None
    is_part = view.address.from_topic or view.address.to_topic  # the flow below has fewer
    notes = _notes(summary) if previous is None else _changes(summary, previous)
    return headlines(
        headline("All journeys" if is_part else "Journeys", _journeys_link(view, journeys), notes[0]),
        headline("Steps", ratio(summary["mean_steps"]), notes[1]),
        headline("Single step", share(summary["n_single"] / journeys), notes[2]),
        headline("Came back", share(summary["n_with_return"] / journeys), notes[3]),
    )


def _journeys_link(view: View, journeys: int) -> Any:
    """Link to all journeys: those that leave START."""
    return dcc.Link(count(journeys), href=journeys_behind(view.address), className="plain-link")


def _notes(summary: Row) -> tuple[str, ...]:
    return (
        f"{plural(summary['n_without'], 'session')} had no topic",
        "on average",
        plural(summary["n_single"], "journey"),
        "to an earlier topic",
    )


def _changes(summary: Row, previous: Row) -> tuple[str, ...]:
    """Describe how the numbers changed since the preceding period."""
    n_before = previous["n_journeys"]
    if not n_before:
        return ("none in the previous period", *[NOTHING] * 3)
    return (
        f"{change(summary['n_journeys'], n_before)} (before: {count(n_before)})",
        f"{change(summary['mean_steps'], previous['mean_steps'])} (before: {ratio(previous['mean_steps'])})",
        *(
            f"{points(summary[key] / summary['n_journeys'], previous[key] / n_before)} "
            f"(before: {share(previous[key] / n_before)})"
            for key in ("n_single", "n_with_return")
        ),
    )
