"""The dashboard as one ASGI application: Dash on FastAPI, with all scripts and styles from installed packages."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from dash import Dash
from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse

from contracts.home import HOME_HEADER, Home
from dashboard import actions, deferred_cards, router
from dashboard.api.app import create_api
from dashboard.callbacks.request_check import CallbackCheck
from dashboard.data import downloads
from dashboard.error_log import ErrorLog, NotedDeparture
from dashboard.errors import OpenToOthersError
from dashboard.kept_projects import KeptPublished
from dashboard.search import page as search
from dashboard.sessions import page as sessions
from dashboard.settings import pages as settings_pages
from dashboard.shell import INDEX, SCHEME_SCRIPT, shell
from dashboard.sign_in.cookie import SignInCookie, read_key
from dashboard.sign_in.middleware import SignInMiddleware
from dashboard.sign_in.proxy import ProxySignIn
from dashboard.sign_in.security_headers import SecurityHeaders, hash_of
from dashboard.topic import editing as topic_editing
from dashboard.topics import candidate, definitions, states
from dashboard.topics import page as topics
from dashboard.ui import controls
from dashboard.warm_up import WarmUp
from projects import open_projects

if TYPE_CHECKING:
    from contracts.settings import Settings

HEALTH_PATH = "/health/live"


def create_dashboard(settings: Settings) -> FastAPI:
    """Create the application. Dash keeps one application per process, so call this once.

    Raises:
        OpenToOthersError: `settings.dashboard_host` is not loopback, and sign-in is off; or a proxy's header would let
            anybody in.
        DatabaseError: the projects database cannot be opened.
    """
    if not settings.dashboard_sign_in:
        _refuse_other_machines(settings.dashboard_host)
    proxy = ProxySignIn.of(settings)
    projects = open_projects(settings)
    server = FastAPI(title="Turret dashboard", docs_url=None, redoc_url=None, openapi_url=None)
    server.add_middleware(ErrorLog)
    server.add_middleware(TrustedHostMiddleware, allowed_hosts=settings.dashboard_own_names)
    published = KeptPublished(Home(settings.home).published, settings.report_min_people, projects)
    downloads.register(server, published)
    server.mount("/api/v1", create_api(published, projects))
    _add_health(server, Home(settings.home).mark)
    app = Dash(
        "dashboard",
        server=server,  # type: ignore[arg-type]  # takes FastAPI too, as its docstring says
        title="Turret",
        update_title="",
        index_string=INDEX,
        serve_locally=True,
        add_log_handler=False,
        suppress_callback_exceptions=True,
        include_pages_meta=False,
    )
    app.layout = lambda: shell(settings.dashboard_refresh_s)
    pages = router.Router(published, projects, settings)
    router.register(app, published, pages)
    server.state.warm_up = WarmUp(published, pages, settings.dashboard_refresh_s)
    controls.register(app)
    all_actions = {**settings_pages.ACTIONS, **topic_editing.ACTIONS, **definitions.ACTIONS, **states.ACTIONS}
    all_actions |= {**sessions.ACTIONS, **candidate.ACTIONS}
    actions.register(app, projects, published, settings, all_actions)
    topics.register(app)
    search.register(app, published)
    deferred_cards.register(app, published)
    # Dash collects the assets at its first request, but FastAPI's middleware takes only "/" and "/_dash-…" for one: a
    # server asked for another page first would send that page without styles and scripts.
    app._setup_server()  # type: ignore[no-untyped-call]  # noqa: SLF001
    server.add_middleware(CallbackCheck, dash=app)
    cookie = _cookie(settings) if settings.dashboard_sign_in else None
    server.add_middleware(SignInMiddleware, people=projects.people, cookie=cookie, proxy=proxy)
    server.add_middleware(NotedDeparture)
    server.add_middleware(SecurityHeaders, script_hashes=[hash_of(SCHEME_SCRIPT), *app.csp_hashes()])
    return server


def _add_health(server: FastAPI, home_mark: str) -> None:
    @server.get(HEALTH_PATH)
    async def live() -> PlainTextResponse:
        return PlainTextResponse("OK", headers={HOME_HEADER: home_mark})


def _cookie(settings: Settings) -> SignInCookie:
    return SignInCookie(read_key(Home(settings.home).dashboard_key), settings.dashboard_session_hours)


def _refuse_other_machines(host: str) -> None:
    try:
        is_loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        message = (
            f"TURRET_DASHBOARD_HOST is {host!r}; without sign-in (TURRET_DASHBOARD_SIGN_IN) allowed is a loopback "
            "address such as 127.0.0.1, because everybody who can reach the dashboard would be let in."
        )
        raise OpenToOthersError(message)
