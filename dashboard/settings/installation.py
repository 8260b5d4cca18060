"""Projects of the installation; a new one comes with a key and the call to make."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard.actions import ActionResult, action_button, field_id
from dashboard.data.address import Address
from dashboard.first_events.page import create_form
from dashboard.formatting import count, moment, plural, shorten
from dashboard.settings.keys import key_shown
from dashboard.ui.card import card
from dashboard.ui.tables.table import NUMBER, Column, table
from projects.errors import InvalidValueError

if TYPE_CHECKING:
    from dashboard.actions import ActionRequest
    from dashboard.settings.context import SettingsContext
    from projects.records import Project


def render(context: SettingsContext) -> Any:
    """Lay out the tab."""
    projects = context.projects.list_projects()
    columns = [
        Column("Project"),
        Column("Id"),
        Column("Plan", "quiet"),
        Column("Made (UTC)", "quiet nowrap"),
        Column("Events taken", NUMBER),
        Column(),
    ]
    made = card(
        plural(len(projects), "project") if projects else "No project yet",
        table(columns, [_cells(context, project) for project in projects]) if projects else None,
        create_form(),
        note="A project has its own keys, quota, fields and topics; nothing of one shows in another.",
    )
    return [made, _pipeline_card()]


def create_project(request: ActionRequest) -> ActionResult:
    """Make a project with a key, show it, and go where its events are awaited."""
    project = request.projects.create_project(request.value("name"))
    shown = key_shown(project, request.projects.create_key(project.project_id).secret, request.collector)
    return ActionResult(shown, Address(project=project.project_id).href)


def run_now(request: ActionRequest) -> str:
    """Ask for a run of the pipeline, whether or not anything is new."""
    request.home.run_request.touch()
    return "A run is asked for. It begins within seconds where “turret up” is running, after the one under way."


def _pipeline_card() -> Any:
    return card(
        "Pipeline",
        action_button("Run now", "run-now"),
        note="New events and choices start a run by themselves. The bar above says which stage it is in.",
    )


def rename_project(request: ActionRequest) -> str:
    """Rename a project."""
    project = request.projects.rename_project(request.target, request.value("name"))
    return f"The project is called {project.name!r} now."


def delete_project(request: ActionRequest) -> str:
    """Delete a project whose name was typed.

    Raises:
        InvalidValueError: what was typed is not its name.
    """
    project = request.projects.get(request.target)
    typed = request.value("name")
    if typed != project.name:
        msg = f"The project is called {project.name!r}, and {typed!r} was typed; it was not deleted."
        raise InvalidValueError(msg)
    request.projects.delete_project(project.project_id)
    return (
        f"The project {project.name!r} is deleted, its keys are refused; its events leave the marts with the next run."
    )


def _cells(context: SettingsContext, project: Project) -> list[Any]:
    usage = context.projects.ledger.usage(project.project_id, datetime.now(UTC))
    here = context.address.but(project=project.project_id).href
    return [
        dcc.Link(html.Bdi(shorten(project.name, 60)), href=here, className="text-link"),
        html.Code(project.project_id),
        project.plan,
        moment(project.created_at),
        count(usage.used),
        html.Div([_rename_form(project), _delete_form(project)], className="buttons"),
    ]


def _rename_form(project: Project) -> Any:
    field = field_id("rename-project", "name", project.project_id)
    return _opened_form(
        "Rename",
        "rename-project",
        project.project_id,
        [
            html.P("Its id, keys and events stay as they are.", className="popover-words"),
            dmc.TextInput(label="New name", id=field, value=project.name, size="xs"),
            dmc.Space(h=8),
            action_button("Save the name", "rename-project", project.project_id, variant="filled"),
        ],
    )


def _delete_form(project: Project) -> Any:
    field = field_id("delete-project", "name", project.project_id)
    sentence = (
        "Its keys are refused from then on. Its events leave the marts with the next run, and stay on disk. "
        "There is no way back."
    )
    return _opened_form(
        "Delete",
        "delete-project",
        project.project_id,
        [
            html.P(sentence, className="popover-words"),
            dmc.TextInput(label="Type the project's name to confirm", id=field, size="xs"),
            dmc.Space(h=8),
            action_button("Delete this project", "delete-project", project.project_id, color="red.9", variant="filled"),
        ],
    )


def _opened_form(words: str, action: str, target: str, fields: list[Any]) -> Any:
    opening = dmc.Button(words, variant="subtle", color="gray", size="xs")
    return dmc.Popover(
        [dmc.PopoverTarget(opening), dmc.PopoverDropdown(fields)],
        id={"type": "ask", "action": action, "target": target},
        position="bottom-end",
        width=290,
        shadow="md",
        withRoles=False,  # as for the question before an action
        withinPortal=True,
        trapFocus=True,
        returnFocus=True,
        radius="md",
    )
