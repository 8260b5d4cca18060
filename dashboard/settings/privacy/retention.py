"""The Retention tab: for how many days events are kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
import duckdb
from dash import html

from dashboard.actions import action_button, field_id
from dashboard.errors import NothingPublishedError
from dashboard.formatting import day, plural
from dashboard.formatting import moment as at
from dashboard.settings.privacy.retention_preview import preview_retention
from dashboard.ui.card import card
from projects.errors import InvalidValueError
from projects.validation import check_events_days

if TYPE_CHECKING:
    from dashboard.actions import ActionRequest
    from dashboard.settings.context import SettingsContext
    from projects.records import Project

NOTE = (
    "Older events are removed from every file of Turret, and nothing brings them back. All numbers are those of the "
    "events that are kept. A longer time is in force at once; a shorter one after 24 hours, until which you can cancel "
    "it here. Backups and exports stay as they are."
)


def render(context: SettingsContext) -> Any:
    """Lay out the tab."""
    project = context.project
    if project is None:
        return card("There is no project yet", html.P("Make one under Projects.", className="quiet"))
    kept, target = project.retention, project.project_id
    in_force = kept.days_at(datetime.now(UTC))
    days = dmc.TextInput(
        label="Keep events for so many days",
        id=field_id("set-retention", "days", target),
        value="" if in_force is None else str(in_force),
        placeholder="For ever",
        size="xs",
        w=220,
    )
    buttons = [
        days,
        action_button("Set", "set-retention", target, variant="filled"),
        action_button("Keep for ever", "keep-events", target, variant="subtle") if _is_limited(project) else None,
    ]
    return card(_verdict(project), _waiting(context, project), html.Div(buttons, className="form-line"), note=NOTE)


def set_retention(request: ActionRequest) -> str:
    """Choose for how many days events are kept."""
    words = request.value("days")
    if not words.isascii() or not words.isdigit():
        raise InvalidValueError(f"{words!r} is no number of days; write a whole number such as 365.")
    days = check_events_days(int(words[:9]))
    changed = request.projects.retention.set(request.target, days)
    if changed.retention.next_events_days is None:
        return f"{_verdict(changed)}."
    return f"In 24 hours, events of {changed.name} are kept for {plural(days, 'day')}. {_preview(request, days)}"


def keep_events(request: ActionRequest) -> str:
    """Keep events for ever."""
    return f"{_verdict(request.projects.retention.set(request.target, None))}."


def cancel_retention(request: ActionRequest) -> str:
    """Withdraw a shorter retention that is not in force yet."""
    return f"{_verdict(request.projects.retention.cancel(request.target))}."


def _is_limited(project: Project) -> bool:
    return project.retention.events_days is not None or project.retention.next_events_days is not None


def _verdict(project: Project) -> str:
    kept, now = project.retention, datetime.now(UTC)
    days, oldest = kept.days_at(now), kept.oldest_day_at(now)
    if days is None or oldest is None:
        return "Events are kept for ever"
    return f"Events are kept for {plural(days, 'day')}: today, those from {day(oldest)} on"


def _waiting(context: SettingsContext, project: Project) -> Any:
    """Say what waits, what it would remove, and what the last run removed."""
    kept, now = project.retention, datetime.now(UTC)
    lines: list[Any] = []
    if kept.next_events_days is not None and kept.next_at is not None and kept.next_at > now:
        sentence = f"From {at(kept.next_at)} UTC on, events are kept for {plural(kept.next_events_days, 'day')}."
        if context.snapshot is not None:
            with context.snapshot.connection.cursor() as marts:
                found = preview_retention(marts, project.project_id, kept.next_events_days)
            sentence = f"{sentence} Of today's, {found.in_words(kept.next_events_days)}"
        cancel = action_button("Cancel", "cancel-retention", project.project_id, variant="default")
        lines.append(html.Div([html.Span(sentence), cancel], className="form-line"))
    if kept.aged_before is not None and kept.aged_at is not None:
        removed = f"The run of {at(kept.aged_at)} UTC left no event from before {day(kept.aged_before)}."
        lines.append(html.P(removed, className="quiet"))
    return html.Div(lines) if lines else None


def _preview(request: ActionRequest, days: int) -> str:
    """Say what would be removed today; nothing before the first run."""
    project_id = request.projects.get(request.target).project_id
    try:
        with request.published.snapshot().connection.cursor() as marts:
            return f"Of today's, {preview_retention(marts, project_id, days).in_words(days)}"
    except (NothingPublishedError, duckdb.CatalogException):
        return "Nothing is published yet, so what would be removed is not known."
