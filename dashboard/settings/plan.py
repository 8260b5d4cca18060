"""The Plan and usage tab: how much of the plan is left, and when it will be used up at the current rate."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, get_args

import dash_mantine_components as dmc
from dash import html

from dashboard.actions import action_button, field_id
from dashboard.formatting import NOTHING, count, day, plural, share
from dashboard.ui.aria import labelled
from dashboard.ui.card import card, headline, headlines
from projects.errors import InvalidValueError
from projects.records import Plan

if TYPE_CHECKING:
    from dashboard.actions import ActionRequest
    from dashboard.settings.context import SettingsContext
    from projects.records import Usage

MIN_FORECAST_S = 3_600.0
"""Minimum seconds of usage for a forecast: the first minute says nothing about a month."""


def render(context: SettingsContext) -> Any:
    """Lay out the tab."""
    if context.project is None:
        return card("There is no project yet", html.P("Make one under Projects.", className="quiet"))
    usage = context.projects.ledger.usage(context.project.project_id, datetime.now(UTC))
    expected = forecast(usage, datetime.now(UTC))
    return [
        headlines(
            headline("Plan", usage.allowance.plan.capitalize(), "of this project"),
            headline("Events accepted", count(usage.used), f"since {day(usage.allowance.starts_at)}"),
            headline("Left", _left(usage), _until(usage)),
            headline(
                "Forecast",
                NOTHING if expected is None else count(expected),
                f"events by {day(usage.allowance.ends_at)}, at this rate",
            ),
        ),
        card(_verdict(usage, expected), _terms(usage), _bar(usage), _change(context, usage)),
    ]


def forecast(usage: Usage, now: datetime) -> int | None:
    """Forecast the events at the end of the plan's period from the rate so far; None where it is too early."""
    start, end = usage.allowance.starts_at, usage.allowance.ends_at
    passed = (now - start).total_seconds()
    if passed < MIN_FORECAST_S or now >= end:
        return None
    return round(usage.used * (end - start).total_seconds() / passed)


def set_plan(request: ActionRequest) -> str:
    """Change the plan of a project."""
    limit = request.value("limit").replace(",", "")
    if limit and not (limit.isascii() and limit.isdigit() and len(limit) < 20):  # noqa: PLR2004  # digits of 64 bits
        raise InvalidValueError(f"The limit {limit!r} is not valid; enter a whole number of events, or leave it empty.")
    changed = request.projects.set_plan(request.target, request.value("plan"), int(limit) if limit else None)
    return f"{changed.name} is now on the plan {changed.plan}. Running collectors apply it within seconds."


def _left(usage: Usage) -> str:
    return "no limit" if usage.remaining is None else count(usage.remaining)


def _until(usage: Usage) -> str:
    """State until when the remaining events count; without a limit there is no end."""
    return "of events" if usage.remaining is None else f"until {day(usage.allowance.ends_at)}"


def _verdict(usage: Usage, expected: int | None) -> str:
    limit = usage.allowance.limit
    if usage.allowance.is_over:
        return (
            f"The trial ended on {day(usage.allowance.ends_at)}: new events are refused until you choose another plan"
        )
    if limit is None:
        return f"{plural(usage.used, 'event')} so far, without a limit"
    if usage.used >= limit:
        return f"All {plural(limit, 'event')} of the plan are used: new events are refused"
    words = f"{share(usage.used / limit)} of {plural(limit, 'event')} used"
    if expected is not None and expected > limit:
        return f"{words}; at this rate, the rest will not last"
    return words


def _terms(usage: Usage) -> Any:
    """State what the plan allows and, for a trial, when it ends."""
    words = usage.allowance.in_words()
    return html.P(f"{words[0].upper()}{words[1:]}.", className="quiet")


def _bar(usage: Usage) -> Any:
    limit = usage.allowance.limit
    if limit is None:
        return None
    part = 100 * min(1, usage.used / limit) if limit else 100
    colour = "red" if part >= 100 else "yellow" if part >= 80 else "blue"  # noqa: PLR2004  # percent
    return dmc.Progress(value=part, color=colour, size="lg", radius="sm", **labelled("Share of the plan that is used"))


def _change(context: SettingsContext, usage: Usage) -> Any:
    project = usage.project
    plan = dmc.Select(
        label="Plan",
        id=field_id("set-plan", "plan", project.project_id),
        data=list(get_args(Plan)),
        value=project.plan,
        allowDeselect=False,
        size="xs",
        w=160,
    )
    limit = dmc.TextInput(
        label="Custom event limit (empty: the plan's)",
        id=field_id("set-plan", "limit", project.project_id),
        value="" if project.event_limit is None else str(project.event_limit),
        size="xs",
        w=260,
    )
    del context
    return html.Div([plan, limit, action_button("Change plan", "set-plan", project.project_id)], className="form-line")
