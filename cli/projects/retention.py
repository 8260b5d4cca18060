"""`turret project retention`: for how many days a project keeps its events, and their texts."""

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
from projects.errors import NotFoundError

if TYPE_CHECKING:
    from datetime import date

    from projects.deletion.retention import Retentions
    from projects.records import Project, Retention
    from projects.repository import Projects

EventsOption = Annotated[
    int | None,
    typer.Option("--events-days", metavar="DAYS", help="Keep events for so many whole days.", show_default=False),
]
TextsOption = Annotated[
    int | None,
    typer.Option("--texts-days", metavar="DAYS", help="Keep texts for so many whole days.", show_default=False),
]


def retention(  # noqa: PLR0913  # how Typer declares options
    project: ProjectArgument,
    *,
    events_days: EventsOption = None,
    texts_days: TextsOption = None,
    forever: Annotated[bool, typer.Option("--forever", help="Keep events and their texts for ever.")] = False,
    cancel: Annotated[bool, typer.Option("--cancel", help="Withdraw shorter times that wait.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show or choose for how long a project keeps its events, and for how long what people wrote in them.

    Older events are removed from every file of Turret's home. Of events whose texts are too old, the texts are
    removed, and the events, their topics and all counts stay.

    A longer time is in force at once. A shorter one is in force after 24 hours, until which `--cancel` withdraws it;
    the next run after that removes what is older, and cannot be undone. It prints first what would go, and asks.

    Example: `turret project retention "Support bot" --events-days 365 --yes`

    Example: `turret project retention "Support bot" --texts-days 90 --yes`

    Example: `turret project retention "Support bot" --cancel`

    Example: `turret project retention "Support bot" --forever`

    Example: `turret project retention "Support bot" --json`
    """
    chosen = {"events": events_days, "texts": texts_days}
    days = {what: number for what, number in chosen.items() if number is not None}
    if bool(days) + forever + cancel > 1:
        raise typer.BadParameter("give --forever, --cancel, or one or both of --events-days and --texts-days")
    with open_projects() as projects:
        found = projects.get(project)
        if cancel:
            _cancel(projects, found)
        elif forever:
            for kept in _both(projects).values():
                kept.set(found.project_id, None)
        elif days:
            _choose(projects, found, days, asks=not yes and not as_json, says=not as_json)
        found = projects.get(found.project_id)
    if as_json:
        print_json(_row(found))
    else:
        _say(found, "events", found.retention)
        if found.text_retention.days_at(datetime.now(UTC)) is not None or found.text_retention.next_days is not None:
            _say(found, "texts", found.text_retention)


def _both(projects: Projects) -> dict[str, Retentions]:
    return {"events": projects.retention, "texts": projects.text_retention}


def _cancel(projects: Projects, project: Project) -> None:
    """Withdraw what waits.

    Raises:
        NotFoundError: nothing waits.
    """
    refused = 0
    for kept in _both(projects).values():
        try:
            kept.cancel(project.project_id)
        except NotFoundError:
            refused += 1
            if refused == len(_both(projects)):
                raise


def _choose(projects: Projects, project: Project, days: dict[str, int], *, asks: bool, says: bool) -> None:
    from projects.validation import check_kept_days  # noqa: PLC0415 - `turret --help` need not load it

    for what, number in days.items():
        check_kept_days(what, number)
        if says:
            say(_preview(project, what, number))
    kept = " and ".join(f"{what} for {counted(number, 'day')}" for what, number in days.items())
    if asks:
        typer.confirm(f"Keep {kept} in {project.name}?", abort=True)
    for what, number in days.items():
        _both(projects)[what].set(project.project_id, number)


def _preview(project: Project, what: str, days: int) -> str:
    import duckdb  # noqa: PLC0415 - `turret --help` need not load it

    from cli.marts.published import open_published  # noqa: PLC0415 - the same
    from dashboard.settings.privacy.retention_preview import preview  # noqa: PLC0415 - the same

    with suppress(NothingPublishedError, duckdb.CatalogException), open_published(Home(load_settings().home)) as marts:
        return f"Of {project.name}, {preview(marts, project.project_id, what, days)}"
    return "Nothing is published yet, so what would be removed is not known."


def _row(project: Project) -> dict[str, object]:
    events, texts = _fields(project.retention), _fields(project.text_retention)
    return {
        "project_id": project.project_id,
        "events_days": events["days"],
        "oldest_day": events["oldest_day"],
        "next_events_days": events["next_days"],
        "next_at": events["next_at"],
        "removed_before": events["removed_before"],
        "removed_at": events["removed_at"],
        "events_removed": events["removed"],
        "texts_days": texts["days"],
        "oldest_text_day": texts["oldest_day"],
        "next_texts_days": texts["next_days"],
        "next_texts_at": texts["next_at"],
        "texts_removed_before": texts["removed_before"],
        "texts_removed_at": texts["removed_at"],
        "events_without_texts": texts["removed"],
    }


def _fields(kept: Retention) -> dict[str, object]:
    now = datetime.now(UTC)
    return {
        "days": kept.days_at(now),
        "oldest_day": _iso(kept.oldest_day_at(now)),
        "next_days": kept.next_days,
        "next_at": kept.next_at.isoformat(timespec="seconds") if kept.next_at else None,
        "removed_before": _iso(kept.aged_before),
        "removed_at": kept.aged_at.isoformat(timespec="seconds") if kept.aged_at else None,
        "removed": kept.n_aged,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _say(project: Project, what: str, kept: Retention) -> None:
    now = datetime.now(UTC)
    days, oldest = kept.days_at(now), kept.oldest_day_at(now)
    if oldest is None:
        say(f"{project.name} keeps its {what} for ever.")
    else:
        say(f"{project.name} keeps its {what} for {counted(days or 0, 'day')}: those of today from {oldest} on.")
    if kept.next_days is not None and kept.next_at is not None and kept.next_at > now:
        say(
            f"From {kept.next_at:%Y-%m-%d %H:%M} UTC on it keeps them for {counted(kept.next_days, 'day')}. "
            f"Until then, `turret project retention {project.project_id} --cancel` withdraws that."
        )
    if kept.aged_before is not None and kept.aged_at is not None:
        removed = counted(kept.n_aged or 0, "event")
        of = removed if what == "events" else f"the texts of {removed}"
        say(f"The run of {kept.aged_at:%Y-%m-%d %H:%M} UTC left none from before {kept.aged_before}; it removed {of}.")
