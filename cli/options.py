"""Arguments and options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

PROJECT_HELP = "The project's id or name."

ProjectArgument = Annotated[str, typer.Argument(metavar="PROJECT", help=PROJECT_HELP)]
ProjectOption = Annotated[str, typer.Option("--project", metavar="PROJECT", help=PROJECT_HELP)]
AnyProjectOption = Annotated[
    str | None, typer.Option("--project", metavar="PROJECT", help=f"{PROJECT_HELP} Default: all projects.")
]
AnyProjectsOption = Annotated[
    list[str] | None,
    typer.Option("--project", metavar="PROJECT", help=f"{PROJECT_HELP} Repeatable. Default: all projects."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
