"""The Projects tab: projects of the installation; a new one comes with a key and the call to make."""

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
        Column("Created (UTC)", "quiet nowrap"),
        Column("Events accepted", NUMBER),
        Column(),
    ]
    made = card(
        plural(len(projects), "project") if projects else "No project yet",
        table(columns, [_cells(context, project) for project in projects]) if projects else None,
        create_form(),
        note="Each project has its own keys, quota, fields and topics. Projects share no data.",
    )
    return [made, _pipeline_card()]


def create_project(request: ActionRequest) -> ActionResult:
    """Create a project with a key, show the key, and go to where its events are awaited."""
    project = request.projects.create_project(request.value("name"))
    shown = key_shown(project, request.projects.create_key(project.project_id).secret, request.collector)
    return ActionResult(shown, Address(project=project.project_id).href)


def run_now(request: ActionRequest) -> str:
    """Request a run of the pipeline, whether or not there is anything new."""
    request.home.run_request.touch()
    return "Run requested. If “turret up” is running, it starts within seconds, or after the current run."


def _pipeline_card() -> Any:
    return card(
        "Pipeline",
        action_button("Run now", "run-now"),
        note="New events and settings start a run by themselves. The bar above shows its current stage.",
    )


def rename_project(request: ActionRequest) -> str:
    """Rename a project."""
    project = request.projects.rename_project(request.target, request.value("name"))
    return f"The project is now called {project.name!r}."


def delete_project(request: ActionRequest) -> str:
    """Delete a project after its name was typed as confirmation.

    Raises:
        InvalidValueError: the text typed is not its name.
    """
    project = request.projects.get(request.target)
    typed = request.value("name")
    if typed != project.name:
        msg = f"The project was not deleted: it is called {project.name!r}, but you typed {typed!r}."
        raise InvalidValueError(msg)
    request.projects.delete_project(project.project_id)
    return (
        f"The project {project.name!r} is deleted and its keys are revoked. The next run removes its events "
        f"from the marts."
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
            html.P("Its id, keys and events stay the same.", className="popover-words"),
            dmc.TextInput(label="New name", id=field, value=project.name, size="xs"),
            dmc.Space(h=8),
            action_button("Save name", "rename-project", project.project_id, variant="filled"),
        ],
    )


def _delete_form(project: Project) -> Any:
    field = field_id("delete-project", "name", project.project_id)
    sentence = (
        "Its keys stop working at once. The next run removes its events from the marts; the landed files stay "
        "on disk. This cannot be undone."
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
