"""Serve the dashboard in the foreground."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from contracts.settings import networks_of
from dashboard.errors import PortTakenError
from dashboard.sign_in.proxy import NotedPeer

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp

    from contracts.settings import Settings


def serve(settings: Settings, announce: Callable[[str], None]) -> None:
    """Serve on `settings.dashboard_host` and port until SIGINT or SIGTERM; `announce` gets the address once it listens.

    Raises:
        OpenToOthersError: the address is not loopback, and sign-in is off; or a proxy's header would let anybody in.
        PortTakenError: another program listens on the port.
    """
    from dashboard.app import create_dashboard  # noqa: PLC0415 - seconds for Dash, which whoever only listens need not pay

    application = create_dashboard(settings)
    config = uvicorn.Config(
        behind_proxies(application, settings.trusted_proxies),
        log_level=settings.log_level.lower() if settings.log_level != "INFO" else "warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the middleware above does what uvicorn's own would
    )
    with listen("The dashboard", settings.dashboard_host, settings.dashboard_port) as listener:
        announce(f"http://{settings.dashboard_host}:{listener.getsockname()[1]}")
        with application.state.warm_up.running():
            uvicorn.Server(config).run(sockets=[listener])


def behind_proxies(application: ASGIApp, trusted: str) -> ASGIApp:
    """Wrap an application so that it sees the scheme and client that trusted proxies state, and who connected."""
    networks = "*" if trusted.strip() == "*" else [str(network) for network in networks_of(trusted)]
    return NotedPeer(ProxyHeadersMiddleware(application, networks))  # type: ignore[arg-type]  # has own types


def listen(what: str, host: str, port: int) -> socket.socket:
    """Listen on an address; `what` names the caller in an error.

    Raises:
        PortTakenError: another program listens on the port.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        message = f"{what} cannot listen on {host}:{port} ({error.strerror}); choose another port with --port."
        raise PortTakenError(message) from error
    return listener
