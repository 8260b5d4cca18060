"""Runs the collector's application on uvicorn: `serve(settings, announce)`."""

from __future__ import annotations

import socket
from functools import partial
from typing import TYPE_CHECKING

from uvicorn import Config, Server
from uvicorn.supervisors import Multiprocess

from collector.app import create_app
from collector.errors import ServerStartError
from collector.logs import log_config

if TYPE_CHECKING:
    from collections.abc import Callable

    from contracts.settings import Settings

BACKLOG = 2048
DRAIN_S = 30
KEEP_ALIVE_S = 75
"""Longer than the 60 s after which common proxies drop an idle connection, so that they do it and not we."""


def serve(settings: Settings, announce: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl-C; then finish the requests under way, seal, and return.

    Args:
        settings: Host, port (0 takes any free one) and number of workers among them.
        announce: Called with the address once clients may connect.

    Raises:
        ServerStartError: the address is taken or not ours, or the worker could not start.
    """
    with _listen(settings.collector_host, settings.collector_port) as listener:
        config = _configure(settings)
        announce(_address(listener))
        if settings.collector_workers > 1:
            Multiprocess(config, [listener]).run()
            return
        server = Server(config)
        server.run([listener])
        if not server.started:
            raise ServerStartError("The collector could not start; the log above says why.")


def _configure(settings: Settings) -> Config:
    return Config(
        partial(create_app, settings),
        factory=True,
        host=settings.collector_host,
        port=settings.collector_port,
        workers=settings.collector_workers,
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=log_config(settings.log_level),
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=DRAIN_S,
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise ServerStartError(f"The collector cannot listen on {host}:{port}: {error.strerror or error}.") from error


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
