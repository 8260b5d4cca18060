"""Projects of the installation; a new one comes with a key, the call to make, and the wait for the first event."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard.actions import do_button, field_id
from dashboard.parts.card import card
from dashboard.settings.keys import key_shown
from dashboard.wording import count, moment, plural, shorten

if TYPE_CHECKING:
    from dashboard.actions import Act
    from dashboard.settings.desk import Desk
    from projects.records import Project


def render(desk: Desk) -> Any:
    """Lay out the tab."""
    projects = desk.projects.list_projects()
    heads = ("Project", "Id", "Plan", "Made (UTC)", "Events taken")
    table = html.Table(
        [
            html.Thead(
                html.Tr(
                    [html.Th(head, scope="col", className="number" if head == heads[-1] else None) for head in heads]
                )
            ),
            html.Tbody([_line(desk, project) for project in projects]),
        ],
        className="table",
    )
    name = dmc.TextInput(label="Name of a new project", id=field_id("create-project", "name"), size="xs", w=240)
    button = do_button("Create project", "create-project", variant="filled")
    return [
        card(
            plural(len(projects), "project") if projects else "No project yet",
            html.Div(table, className="table-scroll") if projects else None,
            html.Div([name, button], className="form-line"),
            note="A project has its own keys, quota, fields and topics; nothing of one shows in another.",
        ),
        html.Div(first_event(desk), id="first-event"),
    ]


def create_project(act: Act) -> Any:
    """Make a project with a key, and show it."""
    project = act.projects.create_project(act.value("name"), plan="enterprise")
    return key_shown(project, act.projects.create_key(project.project_id).secret, act.collector)


def first_event(desk: Desk) -> Any:
    """Say how far a project is on its way to the first topics; nothing once it is there."""
    if desk.project is None:
        return None
    name, project_id = shorten(desk.project.name, 60), desk.project.project_id
    is_published = desk.snapshot is not None and any(
        row["project_id"] == project_id for row in desk.snapshot.rows("projects")
    )
    if is_published:
        return None
    used = desk.projects.ledger.usage(project_id, datetime.now(UTC)).used
    if not used:
        return card(
            ["Waiting for the first event of ", html.Bdi(name)],
            html.P("Send one with a key of this project; this line changes within seconds of its arrival."),
            dmc.Loader(type="dots", size="sm"),
        )
    return card(
        ["The first events of ", html.Bdi(name), " are here"],
        html.P(
            f"{plural(used, 'event')} arrived. The pipeline looks every few minutes (or at once, with `turret run`); "
            "topics show after the first run that finds a few dozen different texts."
        ),
    )


def _line(desk: Desk, project: Project) -> html.Tr:
    usage = desk.projects.ledger.usage(project.project_id, datetime.now(UTC))
    here = desk.address.but(project=project.project_id).href
    return html.Tr(
        [
            html.Td(dcc.Link(html.Bdi(shorten(project.name, 60)), href=here, className="text-link")),
            html.Td(html.Code(project.project_id)),
            html.Td(project.plan, className="quiet"),
            html.Td(moment(project.created_at), className="quiet nowrap"),
            html.Td(count(usage.used), className="number"),
        ]
    )
