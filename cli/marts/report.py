"""`turret report`: one week of a project on one page."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from cli.errors import ProjectNeededError
from cli.installation import load_settings, open_projects
from cli.options import PROJECT_HELP
from cli.printing import say
from contracts.home import Home

if TYPE_CHECKING:
    from projects.records import Project


class Format(StrEnum):
    """The format of a report."""

    MARKDOWN = "md"
    HTML = "html"


def report(
    project: Annotated[
        str | None, typer.Option("--project", metavar="PROJECT", help=f"{PROJECT_HELP} Default: the only project.")
    ] = None,
    week: Annotated[
        str | None,
        typer.Option("--week", metavar="WEEK", help="A week of ISO 8601, such as 2026-W47. Default: the last one."),
    ] = None,
    format_: Annotated[
        Format, typer.Option("--format", help="Markdown, or one page of HTML with its picture, to print or send.")
    ] = Format.MARKDOWN,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="File to write. Default: standard output.")
    ] = None,
) -> None:
    """Report one week of a project: what grew, fell and is new, what needs attention, goals, and the data's quality.

    The numbers are those of the dashboard for these days. Topics of fewer than `TURRET_REPORT_MIN_PEOPLE` people are
    not named.

    Example: `turret report --project "Support bot" --format html --output week.html`
    """
    from contracts.trouble import find_trouble  # noqa: PLC0415 - `turret --help` need not load it
    from dashboard.data.published import Published  # noqa: PLC0415 - the same
    from dashboard.report.document import write_html, write_markdown  # noqa: PLC0415 - the same
    from dashboard.report.week import find_week, parse_week  # noqa: PLC0415 - the same

    settings = load_settings()
    home = Home(settings.home)
    monday = parse_week(week) if week else None
    with open_projects() as projects:
        found = projects.get(project) if project else _only(projects.list_projects())
        names = {one.project_id: one.name for one in projects.list_projects()}
    problems = [trouble.sentence for trouble in find_trouble(home, names, datetime.now(UTC))]
    facts = find_week(
        Published(home.published).snapshot(),
        found.project_id,
        found.name,
        monday=monday,
        min_people=settings.report_min_people,
        problems=problems,
    )
    text = (write_html if format_ is Format.HTML else write_markdown)(facts)
    if output is None:
        typer.echo(text, nl=False)
        return
    output.write_text(text, encoding="utf-8")
    say(f"Wrote the report about {facts.iso} to {output}.")


def _only(projects: list[Project]) -> Project:
    """Return the only project.

    Raises:
        ProjectNeededError: there are none, or several.
    """
    if len(projects) != 1:
        names = ", ".join(f"“{one.name}”" for one in projects) or "none"
        raise ProjectNeededError(f"Choose a project with --project; there are: {names}.")
    return projects[0]
