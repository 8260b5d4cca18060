"""The Team tab: who may sign in, and with which role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard.actions import action_button, confirm_button, field_id
from dashboard.formatting import moment, plural, shorten
from dashboard.ui.aria import labelled
from dashboard.ui.card import card
from dashboard.ui.tables.table import Column, table

if TYPE_CHECKING:
    from dashboard.actions import ActionRequest
    from dashboard.settings.context import SettingsContext
    from projects.access.people import PasswordLink, Person

ROLES = [
    {"value": "numbers", "label": "Numbers only"},
    {"value": "viewer", "label": "Viewer"},
    {"value": "admin", "label": "Admin"},
]
AS = {"admin": "an admin", "viewer": "a viewer", "numbers": "of the role numbers only"}


def render(context: SettingsContext) -> Any:
    """Lay out the tab."""
    people = context.projects.people.list()
    columns = [Column("Name"), Column("Role"), Column("Last seen (UTC)", "quiet nowrap"), Column()]
    name = dmc.TextInput(label="Sign-in name", id=field_id("add-person", "name"), size="xs", w=240)
    role = dmc.Select(
        label="Role",
        id=field_id("add-person", "role"),
        data=ROLES,
        value="viewer",
        allowDeselect=False,
        size="xs",
        w=140,
    )
    return card(
        f"{plural(len(people), 'person', 'people')} may sign in" if people else "Nobody can sign in yet",
        table(columns, [_cells(person) for person in people]) if people else None,
        html.Div([name, role, action_button("Add", "add-person", variant="filled")], className="form-line"),
        note="Viewers see everything but the settings, and cannot change anything. Numbers only is for people who must "
        "not read texts: they see no texts, no ids, no single sessions, and no numbers of a few people. Each new "
        "person gets a link to choose a password, valid once and for a day.",
    )


def add_person(request: ActionRequest) -> Any:
    """Add a person and show their link."""
    return _link_shown(request.projects.people.add(request.value("name"), request.value("role")), request)


def new_link(request: ActionRequest) -> Any:
    """Create a new link for a person."""
    return _link_shown(request.projects.people.new_link(request.target), request)


def set_role(request: ActionRequest) -> str:
    """Change a person's role."""
    person = request.projects.people.set_role(request.target, request.value("role"))
    return f"{person.name} is now {AS[person.role]}."


def remove(request: ActionRequest) -> str:
    """Remove a person."""
    request.projects.people.remove(request.target)
    return "They can no longer sign in."


def _link_shown(made: PasswordLink, request: ActionRequest) -> Any:
    words: list[Any] = [
        "Send this link to ",
        html.Bdi(html.Strong(shorten(made.person.name, 60))),
        f". They can use it once to choose a password, until {moment(made.expires_at)} UTC.",
    ]
    return html.Div(
        [
            html.P(words),
            html.Div(
                [
                    html.Code(f"{request.origin}/password?link={made.secret}", id="new-link", className="secret"),
                    dcc.Clipboard(target_id="new-link", title="Copy the link", className="copy"),
                ],
                className="secret-line",
            ),
        ]
    )


def _cells(person: Person) -> list[Any]:
    role = dmc.Select(
        id=field_id("set-role", "role", person.person_id),
        data=ROLES,
        value=person.role,
        allowDeselect=False,
        size="xs",
        w=140,
        **labelled(f"Role of {shorten(person.name, 40)}"),
    )
    seen = moment(person.last_seen_at) if person.last_seen_at else "never"
    if not person.has_password and not person.last_seen_at:
        seen = "no password yet"
    buttons = [
        action_button("Change role", "set-role", person.person_id),
        action_button("New link", "new-link", person.person_id),
        confirm_button("Remove", "They are signed out everywhere within seconds.", "remove-person", person.person_id),
    ]
    return [html.Bdi(shorten(person.name, 60)), role, seen, html.Div(buttons, className="buttons")]
