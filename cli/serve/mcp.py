"""`turret mcp`: serve read-only tools for AI assistants, over standard input and output or over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.errors import ProjectNeededError
from cli.installation import load_settings, open_projects
from cli.options import PROJECT_HELP

if TYPE_CHECKING:
    from projects import Projects


def mcp(
    project: Annotated[
        str | None,
        typer.Option(metavar="PROJECT", help=f"{PROJECT_HELP} Required if there are several; not allowed with --http."),
    ] = None,
    *,
    no_texts: Annotated[
        bool, typer.Option("--no-texts", help="Hide everything that users wrote: no messages, no metadata, no SQL.")
    ] = False,
    http: Annotated[
        bool, typer.Option("--http", help="Serve over HTTP; the client's key of the scope read selects the project.")
    ] = False,
    port: Annotated[int, typer.Option(help="Port for --http, on TURRET_DASHBOARD_HOST; 0 takes any free one.")] = 8060,
) -> None:
    """Let an AI assistant read a project over the Model Context Protocol, with a few read-only tools.

    Without --http it uses standard input and output, for an assistant that starts it.

    Example: `turret mcp --project "Support bot" --no-texts`
    """
    if http and project is not None:
        raise typer.BadParameter("give either --project or --http, where the key selects the project")
    from contracts.home import Home  # noqa: PLC0415 - `turret --help` need not load them
    from dashboard.data.published import Published  # noqa: PLC0415 - the same
    from dashboard.mcp.server import create_server  # noqa: PLC0415 - the same

    settings = load_settings()
    with open_projects() as projects:
        published = Published(Home(settings.home).published)
        if http:
            from dashboard.mcp.serving import serve_http  # noqa: PLC0415 - the same

            serve_http(
                create_server(published, projects, with_texts=not no_texts), projects, settings, port, typer.echo
            )
            return
        own = _project_id(projects, project)
        create_server(published, projects, project_id=own, with_texts=not no_texts).run()


def _project_id(projects: Projects, project: str | None) -> str:
    if project is not None:
        return projects.get(project).project_id
    found = projects.list_projects()
    if len(found) != 1:
        names = ", ".join(repr(one.name) for one in found[:20]) or "none"
        raise ProjectNeededError(f"Choose a project with --project; there are {names}.")
    return found[0].project_id
