"""Find out which parts of Turret answer at their addresses, and which ports are free."""

from __future__ import annotations

import socket
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from contracts.home import HOME_HEADER

if TYPE_CHECKING:
    from pathlib import Path

    from contracts.settings import Settings

PATIENCE_S = 2.0

COLLECTOR_PATH = "/health/ready"
DASHBOARD_PATH = "/health/live"
DAGSTER_PATH = "/server_info"


def address(host: str, port: int) -> str:
    """Return the URL of a local server; a server that listens everywhere is reached on loopback."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


def addresses(settings: Settings) -> dict[str, str]:
    """Return the address of each part with a port, by its name."""
    return {
        "collector": address(settings.collector_host, settings.collector_port),
        "dashboard": address(settings.dashboard_host, settings.dashboard_port),
        "dagster": address(settings.dagster_host, settings.dagster_port),
    }


def probe_url(name: str, base: str) -> str:
    """Return the address that tells whether the part at `base` works."""
    return base + {"collector": COLLECTOR_PATH, "dashboard": DASHBOARD_PATH, "dagster": DAGSTER_PATH}[name]


def answers(url: str) -> bool:
    """Return whether the URL answers with 2xx or 3xx within two seconds; use no proxy."""
    return home_answering(url) is not None


def home_answering(url: str) -> str | None:
    """Return the mark of the home that a part serves, empty if it sends none; None if it does not answer."""
    place = urlsplit(url)
    with closing(HTTPConnection(place.hostname or "", place.port, timeout=PATIENCE_S)) as connection:
        try:
            connection.request("GET", place.path)
            answer = connection.getresponse()
        except (OSError, HTTPException):
            return None
        return answer.headers.get(HOME_HEADER, "") if answer.status < HTTPStatus.BAD_REQUEST else None


def listens(path: Path) -> bool:
    """Return whether a program listens on a Unix socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trial:
        trial.settimeout(PATIENCE_S)
        try:
            trial.connect(str(path))
        except OSError:
            return False
    return True


def is_free(host: str, port: int) -> bool:
    """Return whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str) -> int:
    """Return a port that was free a moment ago."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.bind((host, 0))
        return int(trial.getsockname()[1])
