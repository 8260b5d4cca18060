"""The Audit log tab: who signed in and who changed what, in the whole installation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import html

from dashboard.formatting import moment, shorten
from dashboard.ui.card import card
from dashboard.ui.tables.table import Column, table

if TYPE_CHECKING:
    from dashboard.settings.context import SettingsContext
    from projects.records import AuditEntry

SHOWN = 200
"""The newest entries; `turret audit` has all."""


def render(context: SettingsContext) -> Any:
    """Lay out the tab."""
    entries = context.projects.audit_log.list(limit=SHOWN)
    names = {project.project_id: project.name for project in context.projects.list_projects()}
    columns = [Column("When (UTC)", "quiet nowrap"), *map(Column, ("Who", "What", "Which", "Project", "Details"))]
    return card(
        "The newest changes and sign-ins" if entries else "Nothing was changed yet",
        table(columns, [_cells(entry, names) for entry in entries]) if entries else None,
        note=[
            f"The newest {SHOWN} entries of all projects. ",
            html.Code("turret audit"),
            " has all of them, and ",
            html.Code("turret audit --json"),
            " exports them. Entries are only added: the database refuses to change or remove any.",
        ],
    )


def _cells(entry: AuditEntry, names: dict[str, str]) -> list[Any]:
    project = names.get(entry.project_id, entry.project_id) if entry.project_id else ""
    return [
        moment(entry.made_at),
        html.Bdi(shorten(entry.actor, 60)),
        entry.action,
        html.Bdi(shorten(entry.subject, 60)),
        html.Bdi(shorten(project, 60)),
        html.Span(shorten(entry.summary, 160), className="quiet"),
    ]
