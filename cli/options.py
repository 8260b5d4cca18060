"""Arguments and options that several commands have: the same words and the same help everywhere."""

from __future__ import annotations

from typing import Annotated

import typer

PROJECT_HELP = "The project's id or name."

ProjectArgument = Annotated[str, typer.Argument(metavar="PROJECT", help=PROJECT_HELP)]
ProjectOption = Annotated[str, typer.Option("--project", metavar="PROJECT", help=PROJECT_HELP)]
AnyProjectOption = Annotated[
    str | None, typer.Option("--project", metavar="PROJECT", help=f"{PROJECT_HELP} All projects if left out.")
]
AnyProjectsOption = Annotated[
    list[str] | None,
    typer.Option("--project", metavar="PROJECT", help=f"{PROJECT_HELP} May be repeated; all projects if left out."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
