"""The Retention tab: for how many days events, and their texts, are kept."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import dash_mantine_components as dmc
import duckdb
from dash import dcc, html

from dashboard.actions import ActionResult, action_button, field_id
from dashboard.formatting import day, plural
from dashboard.formatting import moment as at
from dashboard.settings.privacy.retention_preview import preview
from dashboard.ui.card import card
from projects.errors import InvalidValueError
from projects.validation import check_kept_days

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.actions import ActionRequest
    from dashboard.data.published import Snapshot
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
    shorten_action: str
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
    *("set-retention", "shorten-retention", "keep-events", "cancel-retention"),
)
_TEXTS: Final = _Kept(
    "texts",
    "Older texts of messages and comments are removed from every file of Turret, and nothing brings them back. Their "
    f"events, topics, journeys and all counts stay. {_SHORTER_WAITS}",
    *("set-text-retention", "shorten-text-retention", "keep-texts", "cancel-text-retention"),
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
    asked = _question(context, project, kept)
    return card(_verdict(project, kept), _waiting(context, project, kept), asked, line, note=kept.note)


def _question(context: SettingsContext, project: Project, kept: _Kept) -> Any:
    """Ask whether to keep them for the shorter time that the address proposes, with what that would remove."""
    what, _, words = (context.address.keep or "").partition(".")
    try:
        days = _days_in(words, kept.what) if what == kept.what else None
    except InvalidValueError:
        return None
    if days is None or not _is_shorter(project, kept, days):
        return None
    found = _preview(context.snapshot, project.project_id, kept.what, days)
    target = f"{project.project_id}/{days}"
    return html.Div(
        [
            html.Span(f"Keep {kept.what} for {plural(days, 'day')} only? {found}"),
            action_button("Yes, in 24 hours", kept.shorten_action, target, variant="filled", color="red.9"),
            dcc.Link("No", href=context.address.but(keep=None).href, className="text-link"),
        ],
        className="form-line",
    )


def _set(kept: _Kept, request: ActionRequest) -> str | ActionResult:
    """Keep them for longer, or propose to keep them for a shorter time, which `_shorten` confirms."""
    days = _days_in(request.value("days"), kept.what)
    project = request.projects.get(request.target)
    if _is_shorter(project, kept, days):
        href = request.address.but(keep=f"{kept.what}.{days}").href
        return ActionResult("Nothing has changed yet: look at what would be removed, and confirm.", href)
    return f"{_verdict(kept.retentions(request.projects).set(request.target, days), kept)}."


def _shorten(kept: _Kept, request: ActionRequest) -> ActionResult:
    """Keep them for a shorter time."""
    target, _, words = request.target.rpartition("/")
    days = _days_in(words, kept.what)
    changed = kept.retentions(request.projects).set(target, days)
    said = f"In 24 hours, {kept.what} of {changed.name} are kept for {plural(days, 'day')}."
    is_waiting = kept.of(changed).next_days is not None
    return ActionResult(said if is_waiting else f"{_verdict(changed, kept)}.", request.address.but(keep=None).href)


def _days_in(words: str, what: str) -> int:
    if not words.isascii() or not words.isdigit():
        raise InvalidValueError(f"{words!r} is no number of days; write a whole number such as 365.")
    return check_kept_days(what, int(words.lstrip("0")[:9] or 0))


def _is_shorter(project: Project, kept: _Kept, days: int) -> bool:
    in_force = kept.of(project).days_at(datetime.now(UTC))
    return in_force is None or days < in_force


def _keep(kept: _Kept, request: ActionRequest) -> str:
    """Keep them for ever."""
    return f"{_verdict(kept.retentions(request.projects).set(request.target, None), kept)}."


def _cancel(kept: _Kept, request: ActionRequest) -> str:
    """Withdraw a shorter retention that is not in force yet."""
    return f"{_verdict(kept.retentions(request.projects).cancel(request.target), kept)}."


ACTIONS: Final[dict[str, Callable[[ActionRequest], str | ActionResult]]] = {
    name: partial(do, kept)
    for kept in (_EVENTS, _TEXTS)
    for name, do in (
        (kept.set_action, _set),
        (kept.shorten_action, _shorten),
        (kept.keep_action, _keep),
        (kept.cancel_action, _cancel),
    )
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
        sentence = f"{sentence} {_preview(context.snapshot, project.project_id, kept.what, retention.next_days)}"
        cancel = action_button("Cancel", kept.cancel_action, project.project_id, variant="default")
        lines.append(html.Div([html.Span(sentence), cancel], className="form-line"))
    if retention.aged_before is not None and retention.aged_at is not None:
        what = "event" if kept.what == "events" else "text"
        removed = f"The run of {at(retention.aged_at)} UTC left no {what} from before {day(retention.aged_before)}."
        lines.append(html.P(removed, className="quiet"))
    return html.Div(lines) if lines else None


def _preview(snapshot: Snapshot | None, project_id: str, what: str, days: int) -> str:
    """Say what would be removed today; nothing before the first run."""
    if snapshot is None:
        return "Nothing is published yet, so what would be removed is not known."
    try:
        with snapshot.connection.cursor() as marts:
            return f"Of today's, {preview(marts, project_id, what, days)}"
    except duckdb.CatalogException:
        return "The published file was written by another version of Turret, so what would be removed is not known."
