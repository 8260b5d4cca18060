"""Serve the tools over HTTP in the foreground."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import uvicorn

from dashboard.mcp.server import PATH, http_app
from dashboard.server import listen

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp.server import MCPServer

    from contracts.settings import Settings
    from projects import Projects


def serve_http(
    server: MCPServer[Any], projects: Projects, settings: Settings, port: int, announce: Callable[[str], None]
) -> None:
    """Serve on `settings.dashboard_host` until SIGINT or SIGTERM; `announce` gets the address once it listens.

    Raises:
        PortTakenError: another program listens on the port.
    """
    host = settings.dashboard_host
    app = http_app(server, projects, settings.dashboard_own_names)
    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
    with listen("The MCP server", host, port) as listener:
        announce(f"MCP: http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}{PATH}")
        uvicorn.Server(config).run(sockets=[listener])
