"""The dashboard as one ASGI application: Dash on FastAPI, every script and style from installed packages."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from dash import Dash
from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware

from contracts.home import Home
from dashboard import router
from dashboard.errors import OpenToOthersError
from dashboard.pages import journeys, topics
from dashboard.parts import filter_bar
from dashboard.published import Published
from dashboard.shell import INDEX, shell
from projects import open_projects

if TYPE_CHECKING:
    from contracts.settings import Settings

OWN_NAMES = ["localhost", "127.0.0.1", "[::1]", "::1"]
"""Names a browser on this machine may use. Another site's name that was made to point here gets no answer."""


def create_dashboard(settings: Settings) -> FastAPI:
    """Make the application. Dash keeps one application per process: make one, and serve that.

    Raises:
        OpenToOthersError: `settings.dashboard_host` is not loopback; nobody has to sign in yet.
        DatabaseError: the projects database cannot be opened.
    """
    _refuse_other_machines(settings.dashboard_host)
    server = FastAPI(title="Turret dashboard", docs_url=None, redoc_url=None, openapi_url=None)
    server.add_middleware(TrustedHostMiddleware, allowed_hosts=OWN_NAMES)
    published = Published(Home(settings.home).published)
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
        health_endpoint="health/live",
    )
    app.layout = lambda: shell(settings.dashboard_refresh_s)
    router.register(app, published, router.Router(published, open_projects(settings)))
    filter_bar.register(app)
    topics.register(app)
    journeys.register(app)
    # Dash collects the assets at its first request, but FastAPI's middleware takes only "/" and "/_dash-…" for one: a
    # server asked for another page first would send that page without styles and scripts.
    app._setup_server()  # type: ignore[no-untyped-call]  # noqa: SLF001
    return server


def _refuse_other_machines(host: str) -> None:
    try:
        is_loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        message = (
            f"TURRET_DASHBOARD_HOST is {host!r}; allowed is a loopback address such as 127.0.0.1, because the "
            "dashboard has no sign-in yet and would show everything to everybody who can reach it."
        )
        raise OpenToOthersError(message)
