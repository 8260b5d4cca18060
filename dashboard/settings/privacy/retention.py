"""The Retention tab: for how many days events, and their texts, are kept."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import dash_mantine_components as dmc
import duckdb
from dash import html

from dashboard.actions import action_button, field_id
from dashboard.errors import NothingPublishedError
from dashboard.formatting import day, plural
from dashboard.formatting import moment as at
from dashboard.settings.privacy.retention_preview import preview
from dashboard.ui.card import card
from projects.errors import InvalidValueError
from projects.validation import check_kept_days

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.actions import ActionRequest
    from dashboard.settings.context import SettingsContext
    from projects.deletion.retention import Retentions
    from projects.records import Project, Retention
    from projects.repository import Projects

_SHORTER_WAITS = (
    "A longer time is in force at once; a shorter one after 24 hours, until which you can cancel it here. Backups and "
    "exports stay as they are."
)


class _Kept(NamedTuple):
    """What is kept for some time: `events` or `texts`, and what the page says of it."""

    what: str
    note: str
    set_action: str
    keep_action: str
    cancel_action: str

    def retentions(self, projects: Projects) -> Retentions:
        """Return the entry point of the projects database."""
        return projects.retention if self.what == "events" else projects.text_retention

    def of(self, project: Project) -> Retention:
        """Return the project's retention."""
        return project.retention if self.what == "events" else project.text_retention


_EVENTS: Final = _Kept(
    "events",
    "Older events are removed from every file of Turret, and nothing brings them back. All numbers are those of the "
    f"events that are kept. {_SHORTER_WAITS}",
    *("set-retention", "keep-events", "cancel-retention"),
)
_TEXTS: Final = _Kept(
    "texts",
    "Older texts of messages and comments are removed from every file of Turret, and nothing brings them back. Their "
    f"events, topics, journeys and all counts stay. {_SHORTER_WAITS}",
    *("set-text-retention", "keep-texts", "cancel-text-retention"),
)


def render(context: SettingsContext) -> Any:
    """Lay out the tab."""
    project = context.project
    if project is None:
        return card("There is no project yet", html.P("Make one under Projects.", className="quiet"))
    return html.Div([_card(context, project, kept) for kept in (_EVENTS, _TEXTS)], className="stack")


def _card(context: SettingsContext, project: Project, kept: _Kept) -> Any:
    retention, target = kept.of(project), project.project_id
    in_force = retention.days_at(datetime.now(UTC))
    is_limited = retention.days is not None or retention.next_days is not None
    days = dmc.TextInput(
        label=f"Keep {kept.what} for so many days",
        id=field_id(kept.set_action, "days", target),
        value="" if in_force is None else str(in_force),
        placeholder="For ever",
        size="xs",
        w=220,
    )
    buttons = [
        days,
        action_button("Set", kept.set_action, target, variant="filled"),
        action_button("Keep for ever", kept.keep_action, target, variant="subtle") if is_limited else None,
    ]
    line = html.Div(buttons, className="form-line")
    return card(_verdict(project, kept), _waiting(context, project, kept), line, note=kept.note)


def _set(kept: _Kept, request: ActionRequest) -> str:
    """Choose for how many days they are kept."""
    words = request.value("days")
    if not words.isascii() or not words.isdigit():
        raise InvalidValueError(f"{words!r} is no number of days; write a whole number such as 365.")
    days = check_kept_days(kept.what, int(words[:9]))
    changed = kept.retentions(request.projects).set(request.target, days)
    if kept.of(changed).next_days is None:
        return f"{_verdict(changed, kept)}."
    found = _preview(request, kept.what, days)
    return f"In 24 hours, {kept.what} of {changed.name} are kept for {plural(days, 'day')}. {found}"


def _keep(kept: _Kept, request: ActionRequest) -> str:
    """Keep them for ever."""
    return f"{_verdict(kept.retentions(request.projects).set(request.target, None), kept)}."


def _cancel(kept: _Kept, request: ActionRequest) -> str:
    """Withdraw a shorter retention that is not in force yet."""
    return f"{_verdict(kept.retentions(request.projects).cancel(request.target), kept)}."


ACTIONS: Final[dict[str, Callable[[ActionRequest], str]]] = {
    name: partial(do, kept)
    for kept in (_EVENTS, _TEXTS)
    for name, do in ((kept.set_action, _set), (kept.keep_action, _keep), (kept.cancel_action, _cancel))
}


def _verdict(project: Project, kept: _Kept) -> str:
    retention, now = kept.of(project), datetime.now(UTC)
    days, oldest = retention.days_at(now), retention.oldest_day_at(now)
    if days is None or oldest is None:
        return f"{kept.what.capitalize()} are kept {'for ever' if kept.what == 'events' else 'as long as their events'}"
    return f"{kept.what.capitalize()} are kept for {plural(days, 'day')}: today, those from {day(oldest)} on"


def _waiting(context: SettingsContext, project: Project, kept: _Kept) -> Any:
    """Say what waits, what it would remove, and what the last run removed."""
    retention, now = kept.of(project), datetime.now(UTC)
    lines: list[Any] = []
    if retention.next_days is not None and retention.next_at is not None and retention.next_at > now:
        sentence = (
            f"From {at(retention.next_at)} UTC on, {kept.what} are kept for {plural(retention.next_days, 'day')}."
        )
        if context.snapshot is not None:
            with context.snapshot.connection.cursor() as marts:
                found = preview(marts, project.project_id, kept.what, retention.next_days)
            sentence = f"{sentence} Of today's, {found}"
        cancel = action_button("Cancel", kept.cancel_action, project.project_id, variant="default")
        lines.append(html.Div([html.Span(sentence), cancel], className="form-line"))
    if retention.aged_before is not None and retention.aged_at is not None:
        what = "event" if kept.what == "events" else "text"
        removed = f"The run of {at(retention.aged_at)} UTC left no {what} from before {day(retention.aged_before)}."
        lines.append(html.P(removed, className="quiet"))
    return html.Div(lines) if lines else None


def _preview(request: ActionRequest, what: str, days: int) -> str:
    """Say what would be removed today; nothing before the first run."""
    project_id = request.projects.get(request.target).project_id
    try:
        with request.published.snapshot().connection.cursor() as marts:
            return f"Of today's, {preview(marts, project_id, what, days)}"
    except (NothingPublishedError, duckdb.CatalogException):
        return "Nothing is published yet, so what would be removed is not known."
