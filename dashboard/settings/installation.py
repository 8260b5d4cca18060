"""Projects of the installation; a new one comes with a key and the call to make."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dash import dcc, html

from dashboard.actions import Answer
from dashboard.address import Address
from dashboard.pages.first_events import create_form
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
    return card(
        plural(len(projects), "project") if projects else "No project yet",
        html.Div(table, className="table-scroll") if projects else None,
        create_form(),
        note="A project has its own keys, quota, fields and topics; nothing of one shows in another.",
    )


def create_project(act: Act) -> Answer:
    """Make a project with a key, show it, and go where its events are awaited."""
    project = act.projects.create_project(act.value("name"))
    shown = key_shown(project, act.projects.create_key(project.project_id).secret, act.collector)
    return Answer(shown, Address(project=project.project_id).href)


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
