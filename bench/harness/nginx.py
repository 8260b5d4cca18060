"""nginx that answers 200 to everything: the floor of what HTTP costs on this machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from harness.server_process import ServerProcess, free_port

if TYPE_CHECKING:
    from pathlib import Path

_CONFIG = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/nginx-body;
  proxy_temp_path {folder}/nginx-proxy;
  fastcgi_temp_path {folder}/nginx-fastcgi;
  uwsgi_temp_path {folder}/nginx-uwsgi;
  scgi_temp_path {folder}/nginx-scgi;
  keepalive_requests 1000000000;
  server {{
    listen 127.0.0.1:{port};
    location / {{ default_type application/json; return 200 '{{"success":true}}'; }}
  }}
}}
"""


def start_nginx(folder: Path) -> ServerProcess:
    """Start nginx with one worker; all it writes goes to `folder`."""
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(_CONFIG.format(folder=folder, port=port))
    folder.chmod(0o755)  # nginx's worker runs as another user when it is started by root
    return ServerProcess.start(["nginx", "-c", str(config)], port, os.environ, folder / "nginx.out")
