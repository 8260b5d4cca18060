"""The API keys tab: create, show once and revoke keys, with the call that an app makes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard.actions import action_button, confirm_button, field_id
from dashboard.formatting import moment, plural, shorten
from dashboard.settings.snippets import snippets
from dashboard.ui.card import card
from dashboard.ui.tables.table import NUMBER, Column, table
from projects.errors import InvalidValueError

if TYPE_CHECKING:
    from dashboard.actions import ActionRequest
    from dashboard.settings.context import SettingsContext
    from projects.records import ApiKey, KeyScope, Project


SCOPE_WORDS: dict[KeyScope, str] = {"ingest": "sending events", "read": "reading", "erase": "erasing users"}
"""The purpose of the keys of each scope."""


def render(context: SettingsContext) -> Any:
    """Lay out the tab."""
    if context.project is None:
        return card("There is no project yet", html.P("Make one under Projects.", className="quiet"))
    keys = context.projects.list_keys(context.project.project_id)
    now = datetime.now(UTC)
    n_working = sum(key.works(now) and key.scope == "ingest" for key in keys)
    times = [Column(head, "quiet nowrap") for head in ("Created (UTC)", "Last used (UTC)", "Expires (UTC)")]
    columns = [Column("Name"), Column("Key"), Column("For"), *times, Column(style=NUMBER)]
    return card(
        _title(n_working, context.project.name),
        table(columns, [_cells(key, now) for key in keys]) if keys else html.P("No keys yet.", className="quiet"),
        _create_form(context.project.project_id),
        note="A key is shown only once, when you create it. A revoked key stops working within seconds.",
    )


def _create_form(project_id: str) -> Any:
    name, scope, days = (field_id("create-key", part, project_id) for part in ("name", "scope", "days"))
    choices = [{"value": value, "label": words} for value, words in SCOPE_WORDS.items()]
    return html.Div(
        [
            dmc.TextInput(label="Name of a new key", id=name, placeholder="Mobile app", size="xs", w=220),
            dmc.Select(label="Purpose", id=scope, data=choices, value="ingest", size="xs", w=180),
            dmc.TextInput(label="Days until it expires", id=days, placeholder="never", size="xs", w=140),
            action_button("Create key", "create-key", project_id, variant="filled"),
        ],
        className="form-line",
    )


def _title(n_working: int, project: str) -> list[Any]:
    name = html.Bdi(shorten(project, 60))
    if not n_working:
        return [html.Span(["No key can send events to ", name], className="danger")]
    return [f"{plural(n_working, 'key')} can send events to ", name]


def create_key(request: ActionRequest) -> Any:
    """Create a key, named or not, and show it this once."""
    project = request.projects.get(request.target)
    key = request.projects.create_key(
        project.project_id,
        request.value("name") or None,
        request.value("scope") or "ingest",
        _days(request.value("days")),
    )
    if key.scope == "read":
        return read_key_shown(project, key.secret, request.origin)
    if key.scope == "erase":
        return erase_key_shown(project, key.secret, request.collector)
    return key_shown(project, key.secret, request.collector)


def _days(typed: str) -> int | None:
    """Return the typed number of days; None for an empty field.

    Raises:
        InvalidValueError: it is not a whole number.
    """
    if typed and not typed.isdecimal():
        raise InvalidValueError(f"The number of days is {typed!r}; allowed is a whole number, or nothing for never.")
    return int(typed) if typed else None


def revoke_key(request: ActionRequest) -> Any:
    """Revoke a key."""
    project_id, _, key_id = request.target.partition("/")
    key = request.projects.revoke_key(project_id, key_id)
    return f"The key {key.prefix}… is revoked."


def key_shown(project: Project, secret: str, collector: str) -> Any:
    """Show a new key with the calls that use it."""
    return html.Div(
        [*_secret_shown(project, secret), html.P("Send events from your app:"), snippets(secret, collector)]
    )


def read_key_shown(project: Project, secret: str, origin: str) -> Any:
    """Show a new read key with a call of the read API."""
    call = f'curl {origin}/api/v1/topics -H "X-API-Key: {secret}"'
    return html.Div(
        [
            *_secret_shown(project, secret),
            html.P("Read data with it:"),
            html.Pre(html.Code(call), className="snippet", tabIndex="0"),
        ]
    )


def erase_key_shown(project: Project, secret: str, collector: str) -> Any:
    """Show a new key for erasing with its call."""
    call = f'curl -X DELETE {collector}/users/user-42 -H "X-API-Key: {secret}"'
    return html.Div(
        [
            *_secret_shown(project, secret),
            html.P("Erase a user with it:"),
            html.Pre(html.Code(call), className="snippet", tabIndex="0"),
        ]
    )


def _secret_shown(project: Project, secret: str) -> list[Any]:
    return [
        html.P(["New key for ", html.Bdi(html.Strong(project.name)), ". Copy it now: it will not be shown again."]),
        html.Div(
            [
                html.Code(secret, id="new-key", className="secret"),
                dcc.Clipboard(target_id="new-key", title="Copy the key", className="copy"),
            ],
            className="secret-line",
        ),
        dmc.Space(h=8),
    ]


def _cells(key: ApiKey, now: datetime) -> list[Any]:
    state: Any
    if key.revoked_at is not None:
        state = html.Span(f"revoked {moment(key.revoked_at)}", className="quiet")
    elif key.expires_at is not None and not key.works(now):
        state = html.Span(f"expired {moment(key.expires_at)}", className="quiet")
    else:
        sentence = "Everything that uses this key will get a 401. This cannot be undone."
        state = confirm_button("Revoke", sentence, "revoke-key", f"{key.project_id}/{key.key_id}")
    used = moment(key.last_used_at) if key.last_used_at else "never"
    name = html.Bdi(shorten(key.name, 60)) if key.name else html.Span("no name", className="quiet")
    expires = moment(key.expires_at) if key.expires_at else "never"
    return [name, html.Code(f"{key.prefix}…"), SCOPE_WORDS[key.scope], moment(key.created_at), used, expires, state]
