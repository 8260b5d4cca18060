"""`turret collector`: run only the collector, in the foreground."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.installation import load_settings


def collector(
    host: Annotated[str | None, typer.Option(help="Address to listen on.  [default: TURRET_COLLECTOR_HOST]")] = None,
    port: Annotated[
        int | None, typer.Option(help="Port; 0 takes any free one.  [default: TURRET_COLLECTOR_PORT]")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes.  [default: TURRET_COLLECTOR_WORKERS]")] = None,
) -> None:
    """Accept events over HTTP until Ctrl-C or SIGTERM. All accepted events are sealed before it ends.

    Example: `turret collector --port 8000 --workers 2`
    """
    from collector.server import serve  # noqa: PLC0415  # the web server would slow down every `turret --help`
    from projects.database import open_projects  # noqa: PLC0415  # the same

    given = {"collector_host": host, "collector_port": port, "collector_workers": workers}
    settings = load_settings(**{name: value for name, value in given.items() if value is not None})
    with open_projects(settings):  # an error is one sentence here, and would be a worker's traceback later
        pass
    serve(settings, lambda address: typer.echo(f"Collector accepts events at {address}/track (docs: {address}/docs)"))
