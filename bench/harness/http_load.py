"""Load from wrk: many connections, one fixed body, no pipelining. wrk is C, and its CPU is not the server's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

_SCRIPT = Path(__file__).with_suffix(".lua")


class LoadError(RuntimeError):
    """The load could not be generated, or the server did not answer correctly."""


@dataclass(frozen=True)
class Request:
    """The request that is repeated. `random_at`: positions of 8 random bytes, if bodies must differ."""

    body: bytes
    path: str = "/track"
    key: str = "none"
    content_type: str = "application/json"
    random_at: tuple[int, ...] = ()


@dataclass(frozen=True)
class Load:
    """The result of a load run: answers of status 200, seconds, and milliseconds of latency."""

    n_requests: int
    seconds: float
    p50_ms: float
    p99_ms: float


def is_available() -> bool:
    """Return whether wrk is installed (`apt-get install wrk`)."""
    return shutil.which("wrk") is not None


def run_load(port: int, request: Request, *, connections: int, seconds: int) -> Load:
    """Send `request` over `connections` for `seconds` to 127.0.0.1.

    Raises:
        LoadError: wrk failed, or any answer was an error.
    """
    with NamedTemporaryFile() as body:
        body.write(request.body)
        body.flush()
        environment = {
            **os.environ,
            "LOAD_BODY": body.name,
            "LOAD_KEY": request.key,
            "LOAD_CONTENT_TYPE": request.content_type,
            "LOAD_RANDOM_AT": ",".join(map(str, request.random_at)),
        }
        url = f"http://127.0.0.1:{port}{request.path}"
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(_SCRIPT), url]
        run = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=seconds + 60, check=False
        )
    if run.returncode != 0:
        raise LoadError(f"wrk failed: {run.stderr or run.stdout}")
    measured = json.loads(run.stdout.splitlines()[-1])
    n_refused, n_broken = measured.pop("n_refused"), measured.pop("n_broken")
    if n_refused or n_broken or not measured["n_requests"]:
        raise LoadError(f"{url}: {n_refused} refused and {n_broken} broken of {measured['n_requests']} requests.")
    return Load(**measured)
