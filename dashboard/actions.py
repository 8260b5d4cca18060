"""Handle every change that people make in the dashboard, through one callback.

A button names an action, and the fields beside it hold its values. An action is a function from an `ActionRequest` to
a message. Only admins may act. Each action looks the project up itself, so a forged request cannot reach a project
that its sender may not change. After an action the page is laid out again, so it shows the new state.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import dash_mantine_components as dmc
import duckdb
from dash import ALL, Dash, Input, Output, State, ctx, html, no_update

from contracts.errors import TurretError
from contracts.home import Home
from dashboard.data.address import Address
from dashboard.errors import NothingPublishedError, UnreadableFileError
from dashboard.sign_in import require_admin
from dashboard.ui.sentences import with_code
from projects.name_suggestions import KnownNames

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from contracts.settings import Settings
    from dashboard.data.published import Published
    from dashboard.sign_in import Visitor
    from projects import Projects


_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ActionRequest:
    """A request to change something.

    Attributes:
        projects: the projects database.
        published: the published marts.
        address: the page that the request comes from; its project is only what the browser says.
        target: what the button acts on, such as the id of a key.
        values: the values of the fields that belong to the action, by name.
        visitor: the admin who acts.
        origin: the dashboard's origin as the browser sees it, such as https://turret.example.com.
        collector: the collector's address, from the settings.
        home: the installation's home.
        settings: the installation's settings.
    """

    projects: Projects
    published: Published
    address: Address
    target: str
    values: Mapping[str, str]
    visitor: Visitor
    origin: str
    collector: str
    home: Home
    settings: Settings

    def value(self, name: str) -> str:
        """Return the value of a field; empty where there is none."""
        return self.values.get(name, "").strip()

    def known_names(self, project_id: str, values_of: str | None = None) -> KnownNames | None:
        """Read the names in a project's published events; None if none is published.

        Args:
            project_id: the project.
            values_of: enum field whose values to read.

        Raises:
            NotFoundError: there is no such project.
            UnreadableFileError: the published file lacks a table.
        """
        project = self.projects.get(project_id)
        overrides = self.projects.list_overrides(project.project_id)
        try:
            with self.published.snapshot().connection.cursor() as marts:
                return KnownNames.read(marts, project, overrides, values_of)
        except NothingPublishedError:
            return None
        except duckdb.CatalogException as error:
            message = "The published file was written by another version of Turret; run `turret run` once."
            raise UnreadableFileError(message) from error


@dataclass(frozen=True)
class ActionResult:
    """The message of an action that also sends the browser to another page."""

    words: Any
    href: str


def action_button(words: str, action: str, target: str = "", **options: Any) -> Any:
    """Make the button of an action."""
    look = {"size": "xs", "variant": "default"} | options
    return dmc.Button(words, id={"type": "do", "action": action, "target": target}, n_clicks=0, **look)


def confirm_button(words: str, sentence: str, action: str, target: str = "") -> Any:
    """Make a button that asks for confirmation.

    The dialog is in a portal, so no table clips it. Its id holds the target, so it starts closed for the row that takes
    the place of a deleted one.
    """
    yes = action_button(f"Yes, {words.lower()}", action, target, color="red.9", variant="filled", className="yes")
    asking = dmc.Button(
        words, variant="subtle", color="gray", size="xs", classNames={"label": "danger"}, **{"aria-haspopup": "dialog"}
    )
    return dmc.Popover(
        [
            dmc.PopoverTarget(asking),
            dmc.PopoverDropdown([html.P(sentence, className="popover-words"), yes]),
        ],
        id={"type": "ask", "action": action, "target": target},
        position="bottom-end",
        width=290,
        shadow="md",
        withinPortal=True,
        withRoles=False,  # the attributes would end up on a wrapper without a role, which screen readers may skip
        trapFocus=True,
        returnFocus=True,
        radius="md",
    )


def field_id(action: str, name: str, target: str = "") -> dict[str, str]:
    """Return the component id of a field whose value an action receives as `name`."""
    return {"type": "with", "action": action, "target": target, "name": name}


def register(
    app: Dash,
    projects: Projects,
    published: Published,
    settings: Settings,
    actions: Mapping[str, Callable[[ActionRequest], Any]],
) -> None:
    """Register the callback of all buttons."""

    @app.callback(
        Output("said", "children"),
        Output("newer", "data", allow_duplicate=True),
        Output("address", "href", allow_duplicate=True),
        Input({"type": "do", "action": ALL, "target": ALL}, "n_clicks"),
        State({"type": "with", "action": ALL, "target": ALL, "name": ALL}, "value"),
        State({"type": "with", "action": ALL, "target": ALL, "name": ALL}, "id"),
        State("address", "pathname"),
        State("address", "search"),
        State("address", "href"),
        prevent_initial_call=True,
    )
    async def request(  # one pattern for each state
        _clicks: list[int], values: list[Any], ids: list[Any], pathname: str, search: str, href: str
    ) -> Any:
        pressed = ctx.triggered_id
        is_button = isinstance(pressed, dict) and {"action", "target"} <= pressed.keys()
        if not is_button or not any(click["value"] for click in ctx.triggered):
            return no_update, no_update, no_update  # buttons that were just laid out, none of them pressed
        action, target = str(pressed["action"]), str(pressed["target"])
        given = _values(values, ids, action, target)
        address = Address.parse(pathname, search)

        def run() -> Any:
            visitor = require_admin()
            if action not in actions:
                message = f"There is nothing called {action!r} to do."
                raise UnknownActionError(message)
            home = Home(settings.home)
            places = (_origin(href), collector_address(settings), home, settings)
            wish = ActionRequest(projects, published, address, target, given, visitor, *places)
            return actions[action](wish)

        try:
            said = await asyncio.to_thread(run)
        except TurretError as error:
            return status_message(str(error), is_problem=True), no_update, no_update
        except Exception:  # noqa: BLE001  # logged whole, and the page must say something
            _log.exception("%s could not be done.", action)
            words = "Something unexpected happened; the dashboard's log says what."
            return status_message(words, is_problem=True), no_update, no_update
        if isinstance(said, ActionResult):
            return status_message(said.words), no_update, said.href
        return status_message(said), secrets.token_hex(8), no_update


class UnknownActionError(TurretError):
    """A request names an action that does not exist."""


def status_message(words: Any, *, is_problem: bool = False) -> Any:
    """Show the outcome of an action above the page."""
    shown = with_code(words) if isinstance(words, str) else words
    return dmc.Alert(shown, color="red" if is_problem else "teal", withCloseButton=True, radius="md", mt="md")


def collector_address(settings: Settings) -> str:
    """Return the collector's address from the settings; an address that listens everywhere becomes loopback."""
    host = settings.collector_host if settings.collector_host not in {"0.0.0.0", "::"} else "127.0.0.1"  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.collector_port}"


def _origin(href: str | None) -> str:
    parts = urlsplit(href or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in {"http", "https"} else ""


def _values(values: list[Any], ids: list[Any], action: str, target: str) -> dict[str, str]:
    """Collect the values of the fields that belong to the pressed button, a list as lines.

    Actions refuse those that are too long.
    """
    return {
        str(identity["name"]): "\n".join(map(str, value)) if isinstance(value, list) else str(value)
        for identity, value in zip(ids, values, strict=True)
        if isinstance(identity, dict)
        and (identity.get("action"), identity.get("target")) == (action, target)
        and value is not None
    }
