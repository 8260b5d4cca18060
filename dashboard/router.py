"""Make a page from an address and the published version, and register the callbacks that do so."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update

from contracts.errors import TurretError
from contracts.home import Home
from contracts.run_progress import read_progress
from dashboard import shell
from dashboard.aggregates import page as aggregates
from dashboard.data.address import Address
from dashboard.data.view import View, numbers_only_view
from dashboard.errors import NothingPublishedError
from dashboard.first_events import page as first_events
from dashboard.first_events.arrival import look_for_events
from dashboard.overview.trouble import trouble_card
from dashboard.pages import MENU, name_of, render_page, shows_one_whole
from dashboard.settings import pages as settings_pages
from dashboard.settings.context import SettingsContext
from dashboard.sign_in import current_visitor
from dashboard.ui import notices
from dashboard.ui.filter_bar import filter_bar

if TYPE_CHECKING:
    from contracts.settings import Settings
    from dashboard.data.published import Published, Snapshot
    from projects import Projects
    from projects.records import Project

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Screen:
    """Everything that one address shows."""

    page: Any
    address: Address
    filters: Any = field(default=None, kw_only=True)
    projects: dict[str, str]
    project_id: str | None = None
    fresh_until: datetime | None = None
    version: str | None = None
    name: str | None = None

    @property
    def title(self) -> str:
        """The title of the browser's tab."""
        names = [entry.name for entry in MENU if entry.is_current(self.address.parts)]
        return " · ".join([*([self.name] if self.name else []), *names, "Turret"])


class Router:
    """Makes screens; `published` and `projects` may both change while pages are open."""

    def __init__(self, published: Published, projects: Projects, settings: Settings) -> None:
        self._published = published
        self._projects = projects
        self._settings = settings

    def screen(self, pathname: str, search: str) -> Screen:
        """Make the screen of an address; an error becomes a page that says what went wrong."""
        address = Address.parse(pathname, search)
        try:
            return self._with_trouble(self._screen(address))
        except TurretError as error:
            logger.warning("No page for %s: %s", address.path, error)
            return Screen(notices.failure(str(error)), address, {}, address.project)
        except Exception:
            logger.exception("No page for %s", address.path)
            return Screen(
                notices.failure("Something unexpected happened; the dashboard's log says what."),
                address,
                {},
                address.project,
            )

    def _with_trouble(self, screen: Screen) -> Screen:
        """Add the problems of all projects to the Overview of an admin."""
        if screen.address.parts or not current_visitor().is_admin:
            return screen
        names = {project.project_id: project.name for project in self._projects.list_projects()}
        trouble = trouble_card(self._settings, names)
        if trouble is None:
            return screen
        title, *rest = screen.page if isinstance(screen.page, list) else [screen.page]
        return replace(screen, page=[title, trouble, *rest])

    def context(self, address: Address) -> SettingsContext:
        """Collect what the settings pages of an address need."""
        snapshot = self._snapshot()
        candidates = [address.project, *self._with_events(snapshot)]
        found = (self._project(project_id) for project_id in candidates if project_id)
        project = next(filter(None, found), None) or self._project(None)
        return SettingsContext(address, self._projects, self._settings, snapshot, project)

    def first_events(self, address: Address) -> Any:
        """Lay out the progress of a project without numbers; None for an unknown project."""
        project = self._project(address.project)
        if project is None or current_visitor().sees_numbers_only:
            return None
        return first_events.progress(look_for_events(self._projects, self._settings, project), datetime.now(UTC))

    def under_way(self) -> Any:
        """Name the stage of the current run; nothing without one."""
        return shell.under_way(read_progress(Home(self._settings.home)), datetime.now(UTC))

    def _snapshot(self) -> Snapshot | None:
        """Return the published marts; None before the first run."""
        try:
            return self._published.snapshot()
        except NothingPublishedError:
            return None

    def _project(self, project_id: str | None) -> Project | None:
        """Return a project by its id; without one the oldest, which is the default of an address."""
        projects = self._projects.list_projects()
        found = [project for project in projects if project_id in {None, project.project_id}]
        return found[0] if found else None

    def _settings_screen(self, address: Address) -> Screen:
        context = self.context(address)
        names = self._names(self._with_events(context.snapshot))
        project_id = context.project.project_id if context.project else None
        version = context.snapshot.version if context.snapshot else None
        page, name = settings_pages.render(context), settings_pages.name_of(address)
        return Screen(page, address, names, project_id, version=version, name=name)

    def _numbers_only_screen(self, address: Address) -> Screen:
        """Make the screen of a visitor who sees numbers only, from other pages than everybody else's."""
        snapshot = self._snapshot()
        with_events = self._with_events(snapshot)
        names = self._names(with_events)
        project_id = address.project or next(iter(with_events), None)
        if snapshot is None or project_id not in with_events:
            page = aggregates.no_numbers() if project_id in names or not names else notices.unknown_project()
            return Screen(page, address, names, project_id, version=snapshot.version if snapshot else None)
        view = numbers_only_view(address.but(project=project_id), snapshot, project_id)
        fresh = view.row("freshness")["fresh_until"]
        page = aggregates.render(view)
        return Screen(page, view.address, names, project_id, fresh, snapshot.version)

    def _screen(self, address: Address) -> Screen:
        if current_visitor().sees_numbers_only:
            return self._numbers_only_screen(address)
        if address.parts[:1] == (settings_pages.PART,):
            return self._settings_screen(address)
        snapshot = self._snapshot()
        with_events = self._with_events(snapshot)
        names = self._names(with_events)
        project_id = address.project or next(iter(with_events), None)
        if snapshot is None or project_id not in with_events:
            return self._screen_without_numbers(address, names, snapshot.version if snapshot else None)
        return self._project_screen(address.but(project=project_id), snapshot, names)

    @staticmethod
    def _with_events(snapshot: Snapshot | None) -> list[str]:
        """Return the ids of the projects with numbers, the largest first; it is the default of an address."""
        return [row["project_id"] for row in snapshot.rows("projects")] if snapshot else []

    def _screen_without_numbers(self, address: Address, names: dict[str, str], version: str | None) -> Screen:
        project = self._project(address.project)
        if project is None:
            page = notices.unknown_project() if address.project else first_events.no_project()
            return Screen(page, address, names, address.project, version=version)
        address = address.but(project=project.project_id)
        if address.parts:
            page = notices.no_numbers(address, project.name)
        else:
            arrival = look_for_events(self._projects, self._settings, project)
            page = first_events.render(project, arrival, datetime.now(UTC))
        return Screen(page, address, names, project.project_id, version=version)

    def _project_screen(self, address: Address, snapshot: Snapshot, names: dict[str, str]) -> Screen:
        project_id = str(address.project)
        # A project that only the marts have, as after restoring an older projects database, can be read, not changed.
        is_known = self._projects.find(project_id) is not None
        view = View(address, snapshot, project_id, projects=self._projects if is_known else None)
        fresh = view.row("freshness")["fresh_until"]
        is_whole = shows_one_whole(address)
        is_empty = not is_whole and view.filters.chooses_anything and not view.n_events
        page = notices.nothing_chosen(address) if is_empty else render_page(view)
        bar = None if is_whole and address.parts[0] == "sessions" else filter_bar(view)
        return Screen(page, address, names, project_id, fresh, snapshot.version, name_of(view), filters=bar)

    def _names(self, with_events: list[str]) -> dict[str, str]:
        """Return the projects to choose from: those with numbers, largest first, then the others by name."""
        known = {project.project_id: project.name for project in self._projects.list_projects()}
        return {key: known.get(key, key) for key in with_events} | known


def register(app: Dash, published: Published, router: Router) -> None:
    """Register the callbacks of the frame: the address makes the page, a timer updates it."""
    _register_page(app, router)
    _register_heartbeat(app, published, router)
    app.clientside_callback(  # type: ignore[no-untyped-call]  # Dash gives it no types
        ClientsideFunction("turret", "pageShown"), Input("shown", "data")
    )
    app.clientside_callback(  # type: ignore[no-untyped-call]  # the same
        ClientsideFunction("turret", "forgetSaid"),
        Output("said", "children", allow_duplicate=True),
        Input("address", "pathname"),
        Input("address", "search"),
        prevent_initial_call=True,
    )
    app.clientside_callback(  # type: ignore[no-untyped-call]  # the same
        ClientsideFunction("turret", "showSaid"), Input("said", "children"), prevent_initial_call=True
    )


def _register_page(app: Dash, router: Router) -> None:
    @app.callback(
        Output("page", "children"),
        Output("menu", "children"),
        Output("project-slot", "children"),
        Output("freshness", "children"),
        Output("under-way", "children"),
        Output("filters-slot", "children"),
        Output("visitor-slot", "children"),
        Output("shown", "data"),
        Input("address", "pathname"),
        Input("address", "search"),
        Input("newer", "data"),
    )
    async def show(pathname: str, search: str, _newer: str | None) -> tuple[Any, ...]:
        screen = await asyncio.to_thread(router.screen, pathname, search)
        return (
            screen.page,
            shell.menu(screen.address, aggregates.PAGES if current_visitor().sees_numbers_only else None),
            shell.project_switch(_project_hrefs(screen), screen.projects, screen.project_id),
            shell.freshness(screen.fresh_until),
            await asyncio.to_thread(router.under_way),
            screen.filters,
            shell.visitor_menu(current_visitor()),
            {"version": screen.version, "project": screen.project_id, "title": screen.title},
        )


def _register_heartbeat(app: Dash, published: Published, router: Router) -> None:
    @app.callback(
        Output("newer", "data"),
        Output("under-way", "children", allow_duplicate=True),
        Input("heartbeat", "n_intervals"),
        State("shown", "data"),
        prevent_initial_call=True,
    )
    async def look_for_newer(_beats: int, shown: dict[str, Any] | None) -> Any:
        if shown is None:  # the first page is still loading
            return no_update, no_update
        newest, stage = await asyncio.gather(asyncio.to_thread(published.version), asyncio.to_thread(router.under_way))
        return no_update if newest == shown.get("version") else newest, stage

    @app.callback(
        Output(first_events.LIVE, "children"),
        Output("newer", "data", allow_duplicate=True),
        Input(first_events.BEAT, "n_intervals"),
        State("shown", "data"),
        prevent_initial_call=True,
    )
    async def look_for_first_events(_beats: int, shown: dict[str, Any] | None) -> Any:
        if shown is None:
            return no_update, no_update
        newest = await asyncio.to_thread(published.version)
        if newest != shown.get("version"):  # the run has ended, so its numbers are ready to load
            return no_update, newest
        found = await asyncio.to_thread(router.first_events, Address(project=shown.get("project")))
        return no_update if found is None else found, no_update


def _project_hrefs(screen: Screen) -> dict[str, str]:
    """Return the address of the same page for each project; for a page about one thing, the page of all of them."""
    parts = screen.address.parts
    kept = parts if parts[:1] == (settings_pages.PART,) else parts[:1]
    return {project_id: Address(project=project_id).to(*kept).href for project_id in screen.projects}
