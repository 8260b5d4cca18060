"""`turret project mask …`: what of a project's texts is masked before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.installation import open_projects
from cli.options import JsonOption, ProjectArgument
from cli.printing import Row, print_rows, say

if TYPE_CHECKING:
    from projects.records import Project

app = typer.Typer(help="Mask personal data and secrets before anything is written.", no_args_is_help=True)

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="Name of the pattern, which takes the place of what matches.")
]


@app.command("set")
def set_kinds(
    project: ProjectArgument,
    kinds: Annotated[
        list[str] | None, typer.Argument(metavar="KIND…", help="card, email, iban, ip, phone, secret; all if left out.")
    ] = None,
) -> None:
    """Choose the kinds of data that are masked in new events. Running collectors apply it within seconds.

    Events that are on disk already stay as they are.

    Example: `turret project mask set "Support bot"`

    Example: `turret project mask set "Support bot" email phone`
    """
    from contracts.masking.kinds import KINDS  # noqa: PLC0415 - `turret --help` need not load it

    with open_projects() as projects:
        changed = projects.set_masked_kinds(project, kinds or KINDS)
    _say(changed)


@app.command("off")
def off(project: ProjectArgument) -> None:
    """Mask no kind of data any more; patterns of your own stay until they are removed.

    Example: `turret project mask off "Support bot"`
    """
    with open_projects() as projects:
        changed = projects.set_masked_kinds(project, ())
    _say(changed)


@app.command("add")
def add_pattern(
    project: ProjectArgument,
    name: NameArgument,
    pattern: Annotated[
        str, typer.Argument(metavar="PATTERN", help="A regular expression of RE2, up to 200 characters.")
    ],
) -> None:
    r"""Mask what matches a pattern of your own, or change the pattern of this name.

    Example: `turret project mask add "Support bot" contract "\bC-[0-9]{6}\b"`
    """
    with open_projects() as projects:
        changed = projects.set_mask_pattern(project, name, pattern)
    _say(changed)


@app.command("remove")
def remove_pattern(project: ProjectArgument, name: NameArgument) -> None:
    """Remove a pattern of your own.

    Example: `turret project mask remove "Support bot" contract`
    """
    with open_projects() as projects:
        changed = projects.remove_mask_pattern(project, name)
    _say(changed)


@app.command("show")
def show(project: ProjectArgument, as_json: JsonOption = False) -> None:  # noqa: FBT002  # a flag
    """List what is masked: the kinds, and the patterns of your own.

    Example: `turret project mask show "Support bot" --json`
    """
    with open_projects() as projects:
        rule = projects.get(project).masking
    patterns = {own.name: own.pattern for own in rule.own}
    rows: list[Row] = [{"name": name, "pattern": patterns.get(name)} for name in rule.names]
    print_rows(rows, f"Project {project} masks nothing.", as_json=as_json)


@app.command("try")
def try_text(
    project: ProjectArgument, text: Annotated[str, typer.Argument(metavar="TEXT", help="Any text; it is not kept.")]
) -> None:
    """Print a text as it would be written.

    Example: `turret project mask try "Support bot" "write to ada@example.com"`
    """
    from contracts.masking.masker import Masker  # noqa: PLC0415 - `turret --help` need not load it

    with open_projects() as projects:
        rule = projects.get(project).masking
    say(Masker(rule).text(text))


def _say(project: Project) -> None:
    names = project.masking.names
    if names:
        say(f"New events of {project.name} are written with these masked: {', '.join(names)}.")
    else:
        say(f"New events of {project.name} are written as they are sent; nothing is masked.")
