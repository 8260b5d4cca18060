"""Runs the collector's application on uvicorn: `serve(settings, announce)`. Logs are JSON on standard error."""

from __future__ import annotations

import gc
import json
import logging
import socket
import ssl
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import orjson
from uvicorn import Config, Server
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.supervisors import Multiprocess

from collector.app import create_app
from collector.errors import ServerStartError
from collector.http.exchange import error_body
from contracts.landing_store import open_landing_store

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp

    from contracts.settings import Settings

BROKEN_HTTP = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b"
)
BACKLOG = 2048
DRAIN_S = 30
PING_S = 1.0
HUNG_S = 60
"""Seconds without an answer after which a worker is killed and replaced. On a busy machine, a worker may need more than
uvicorn's 5 s to start, and so would each that replaces it."""
GC_THRESHOLD = 20_000
KEEP_ALIVE_S = 75
"""Longer than the 60 s after which common proxies close an idle connection, so that they close it first."""

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


def serve(settings: Settings, announce: Callable[[str], None], app: Callable[..., ASGIApp] = create_app) -> None:
    """Serve until SIGTERM or Ctrl-C; then finish active requests, seal, and return.

    Args:
        settings: Host, port (0 takes any free one) and number of workers among them.
        announce: Called with the address once clients may connect.
        app: Builds the application of a worker; only bench/ passes another one.

    Raises:
        ServerStartError: the address is in use or not this machine's, or the worker could not start.
        LandingStoreError: `TURRET_LANDING_URL` cannot be used.
    """
    _check_certificate(settings)
    if settings.landing_url:
        open_landing_store(settings.landing_url)
    with (
        _listen(settings.collector_host, settings.collector_port) as listener,
        TemporaryDirectory(prefix="turret-metrics-") as folder,
    ):
        make = partial(_make_app, partial(app, settings, metrics_folder=Path(folder)))
        config = _configure(settings, make)
        address = _address(listener, "https" if settings.collector_tls_certificate else "http")
        if settings.collector_workers > 1:
            ManyWorkers(config, [listener], partial(announce, address)).run()
            return
        server = OneWorker(config, partial(announce, address))
        server.run([listener])
        if not server.started:
            raise ServerStartError("The collector could not start; the log above says why.")


class CollectorProtocol(HttpToolsProtocol):
    """Uvicorn's HTTP protocol, which refuses bytes that are not HTTP in the usual JSON form."""

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be parsed, and close the connection."""
        body = orjson.dumps(error_body("INVALID_REQUEST", msg))
        self.transport.write(BROKEN_HTTP % (len(body), body))
        self.transport.close()


class OneWorker(Server):
    """Uvicorn's server, which announces when it accepts requests."""

    def __init__(self, config: Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then announce it."""
        await super().startup(sockets)
        if self.started:
            self._announce()


class ManyWorkers(Multiprocess):
    """Uvicorn's supervisor of several processes, which announces when all of them accept requests."""

    def __init__(self, config: Config, sockets: list[socket.socket], announce: Callable[[], None]) -> None:
        super().__init__(config, sockets)
        self._announce = announce
        self._is_announced = False

    def keep_subprocess_alive(self) -> None:
        """Check the workers, twice a second."""
        super().keep_subprocess_alive()
        if not self._is_announced and all(process.is_ready(PING_S) for process in self.processes):
            self._is_announced = True
            self._announce()


def _configure(settings: Settings, app: Callable[[], ASGIApp]) -> Config:
    return Config(
        app,
        factory=True,
        host=settings.collector_host,
        port=settings.collector_port,
        workers=settings.collector_workers,
        timeout_worker_healthcheck=HUNG_S,
        http=CollectorProtocol,
        ws="none",
        lifespan="on",
        log_config=log_config(settings.log_level),
        access_log=False,
        server_header=False,
        proxy_headers=False,  # http/authentication.py reads the header itself
        ssl_certfile=settings.collector_tls_certificate or None,
        ssl_keyfile=settings.collector_tls_key or None,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=DRAIN_S,
    )


def _make_app(make: Callable[[], ASGIApp]) -> ASGIApp:
    """Build the application in its worker, and exclude it from garbage collection.

    Events contain no reference cycles, so they are freed when they are answered. Until then there are thousands of
    them, and with Python's default threshold, garbage collection was a fifth of a batch's cost.
    """
    app = make()
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, *gc.get_threshold()[1:])
    return app


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise ServerStartError(f"The collector cannot listen on {host}:{port}: {error.strerror or error}.") from error


def _check_certificate(settings: Settings) -> None:
    if bool(settings.collector_tls_certificate) is not bool(settings.collector_tls_key):
        raise ServerStartError(
            "TURRET_COLLECTOR_TLS_CERTIFICATE and TURRET_COLLECTOR_TLS_KEY go together; one of them is empty."
        )
    if not settings.collector_tls_certificate:
        return
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(settings.collector_tls_certificate, settings.collector_tls_key)
    except OSError as error:  # ssl.SSLError is one
        raise ServerStartError(
            f"The certificate {settings.collector_tls_certificate!r} cannot be used with its key: "
            f"{error.strerror or error}."
        ) from error


def _address(listener: socket.socket, scheme: str) -> str:
    host, port = listener.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


class JsonFormatter(logging.Formatter):
    """One JSON object per record: at, level, logger, message, pid, and the keys of `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its newline."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "pid": record.process,
        }
        line.update({key: value for key, value in vars(record).items() if key not in _STANDARD})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


def log_config(level: str) -> dict[str, Any]:
    """Return the configuration (of `logging.config`) for a worker. Uvicorn's own lines follow it too."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "collector.server.JsonFormatter"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
        "root": {"level": level, "handlers": ["stderr"]},
    }
