"""A real nginx in front of other servers, with a configuration from the docs."""

from __future__ import annotations

import shutil
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.factories.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DEBIAN = "/usr/sbin/nginx"
"""Where Debian puts it, outside the PATH of most users."""


def find_nginx() -> str | None:
    """The program; None where there is none on this machine."""
    return shutil.which("nginx") or (DEBIAN if Path(DEBIAN).exists() else None)


@contextmanager
def run_nginx(server: str, addresses: Mapping[str, str], folder: Path, *, proxy_bind: str) -> Iterator[int]:
    """Run nginx on a free port of this machine; give the port, and stop it in the end.

    Args:
        server: a `server` block for HTTPS, which is served over HTTP here.
        addresses: what to put in the place of addresses in it.
        folder: for its files.
        proxy_bind: the address that it connects from.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    lines = [line for line in server.splitlines() if not line.strip().startswith("ssl_")]
    config = "\n".join(lines).replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
    for old, new in addresses.items():
        assert old in config
        config = config.replace(old, new)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;\nevents {{}}\n"
        f"http {{\naccess_log off;\nproxy_bind {proxy_bind};\n{temporary}{config}\n}}\n"
    )
    command = [str(find_nginx()), "-c", folder / "nginx.conf", "-p", folder, "-e", folder / "error.log"]
    process = subprocess.Popen(command)
    try:
        wait_until(lambda: _answers(port))
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
