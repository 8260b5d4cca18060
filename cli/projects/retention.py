"""`turret project retention`: for how many days a project keeps its events."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cli.errors import NothingPublishedError
from cli.installation import load_settings, open_projects
from cli.options import JsonOption, ProjectArgument
from cli.printing import counted, print_json, say
from contracts.home import Home

if TYPE_CHECKING:
    from datetime import date

    from dashboard.settings.privacy.retention_preview import RetentionPreview
    from projects.records import Project

DaysOption = Annotated[
    int | None,
    typer.Option("--events-days", metavar="DAYS", help="Keep events for so many whole days.", show_default=False),
]


def retention(  # noqa: PLR0913  # how Typer declares options
    project: ProjectArgument,
    *,
    events_days: DaysOption = None,
    forever: Annotated[bool, typer.Option("--forever", help="Keep events for ever.")] = False,
    cancel: Annotated[bool, typer.Option("--cancel", help="Withdraw a shorter time that waits.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show or choose for how long a project keeps its events. Older ones are removed from every file of Turret's home.

    A longer time is in force at once. A shorter one is in force after 24 hours, until which `--cancel` withdraws it;
    the next run after that removes what is older, and cannot be undone. It prints first what would go, and asks.

    Example: `turret project retention "Support bot" --events-days 365 --yes`

    Example: `turret project retention "Support bot" --cancel`

    Example: `turret project retention "Support bot" --forever`

    Example: `turret project retention "Support bot" --json`
    """
    if (events_days is not None) + forever + cancel > 1:
        raise typer.BadParameter("give one of --events-days, --forever and --cancel")
    with open_projects() as projects:
        found = projects.get(project)
        if cancel:
            found = projects.retention.cancel(found.project_id)
        elif forever:
            found = projects.retention.set(found.project_id, None)
        elif events_days is not None:
            from projects.validation import check_events_days  # noqa: PLC0415 - `turret --help` need not load it

            check_events_days(events_days)
            if not as_json:
                say(_describe(found, events_days, _preview(found.project_id, events_days)))
            if not yes and not as_json:
                typer.confirm(f"Keep events of {found.name} for {counted(events_days, 'day')}?", abort=True)
            found = projects.retention.set(found.project_id, events_days)
    if as_json:
        print_json(_row(found))
    else:
        _say(found)


def _preview(project_id: str, events_days: int) -> RetentionPreview | None:
    import duckdb  # noqa: PLC0415 - `turret --help` need not load it

    from cli.marts.published import open_published  # noqa: PLC0415 - the same
    from dashboard.settings.privacy.retention_preview import preview_retention  # noqa: PLC0415 - the same

    with suppress(NothingPublishedError, duckdb.CatalogException), open_published(Home(load_settings().home)) as marts:
        return preview_retention(marts, project_id, events_days)
    return None


def _describe(project: Project, events_days: int, preview: RetentionPreview | None) -> str:
    if preview is None:
        return "Nothing is published yet, so what would be removed is not known."
    return f"Of {project.name}, {preview.in_words(events_days)}"


def _row(project: Project) -> dict[str, object]:
    kept = project.retention
    return {
        "project_id": project.project_id,
        "events_days": kept.days_at(datetime.now(UTC)),
        "oldest_day": _iso(kept.oldest_day_at(datetime.now(UTC))),
        "next_events_days": kept.next_events_days,
        "next_at": kept.next_at.isoformat(timespec="seconds") if kept.next_at else None,
        "removed_before": _iso(kept.aged_before),
        "removed_at": kept.aged_at.isoformat(timespec="seconds") if kept.aged_at else None,
        "events_removed": kept.n_aged_events,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _say(project: Project) -> None:
    kept, now = project.retention, datetime.now(UTC)
    days, oldest = kept.days_at(now), kept.oldest_day_at(now)
    if oldest is None:
        say(f"{project.name} keeps its events for ever.")
    else:
        say(f"{project.name} keeps its events for {counted(days or 0, 'day')}: those of today from {oldest} on.")
    if kept.next_events_days is not None and kept.next_at is not None and kept.next_at > now:
        say(
            f"From {kept.next_at:%Y-%m-%d %H:%M} UTC on it keeps them for {counted(kept.next_events_days, 'day')}. "
            f"Until then, `turret project retention {project.project_id} --cancel` withdraws that."
        )
    if kept.aged_before is not None and kept.aged_at is not None:
        say(
            f"The run of {kept.aged_at:%Y-%m-%d %H:%M} UTC left none from before {kept.aged_before}; it removed "
            f"{counted(kept.n_aged_events or 0, 'event')}."
        )
