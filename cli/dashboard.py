"""`turret dashboard`: the pages alone, in the foreground."""

from __future__ import annotations

from typing import Annotated

import typer

from contracts.settings import load_settings


def dashboard(
    port: Annotated[
        int | None, typer.Option(help="Port; 0 takes any free one.  [default: TURRET_DASHBOARD_PORT]")
    ] = None,
) -> None:
    """Serve the dashboard until Ctrl-C or SIGTERM; only this machine can reach it.

    Example: `turret dashboard --port 8050`
    """
    from dashboard.server import serve  # noqa: PLC0415  # Dash takes seconds to import

    settings = load_settings() if port is None else load_settings(dashboard_port=port)
    serve(settings, lambda address: typer.echo(f"Dashboard: {address}"))
