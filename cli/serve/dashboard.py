"""`turret dashboard`: run only the dashboard, in the foreground."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.installation import load_settings
from cli.serve.first_link import first_link_lines


def dashboard(
    port: Annotated[
        int | None, typer.Option(help="Port; 0 takes any free one.  [default: TURRET_DASHBOARD_PORT]")
    ] = None,
    *,
    print_link: Annotated[bool, typer.Option(hidden=True)] = True,
) -> None:
    """Serve the dashboard until Ctrl-C or SIGTERM. The first start prints a link that sets the admin's password.

    Example: `turret dashboard --port 8050`
    """
    from dashboard.server import serve  # noqa: PLC0415  # Dash takes seconds to import

    settings = load_settings() if port is None else load_settings(dashboard_port=port)

    def announce(address: str) -> None:
        for line in [f"Dashboard: {address}", *(first_link_lines(settings, address) if print_link else [])]:
            typer.echo(line)

    serve(settings, announce)
