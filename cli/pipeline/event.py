"""`turret event …`: delete events from all numbers, and restore them."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

import typer

from cli.errors import NothingPublishedError
from cli.installation import load_settings, open_projects
from cli.options import JsonOption, ProjectOption
from cli.printing import print_rows, say
from contracts.events import FEEDBACK_ID_START
from contracts.home import Home
from contracts.tables import FCT_EVENTS, FCT_FEEDBACK

app = typer.Typer(help="Delete events by their ids, and restore them.", no_args_is_help=True)

PUBLISHED = f"select event_id from {FCT_EVENTS.name} where project_id = ? and list_contains(?, event_id)"  # noqa: S608 - a name of contracts
PUBLISHED_FEEDBACK = (
    f"select ? || feedback_id from {FCT_FEEDBACK.name} where project_id = ? and list_contains(?, ? || feedback_id)"  # noqa: S608 - a name of contracts
)

EventArguments = Annotated[list[str], typer.Argument(metavar="EVENT_ID", help="Ids of events.")]


@app.command("delete")
def delete(event_ids: EventArguments, project: ProjectOption) -> None:
    """Delete events from all marts and pages, from the next run on.

    The deletion lasts: an event with the same id does not count in later runs and imports either. The landed file keeps
    the line, so `turret event restore` can bring it back. To correct an event, delete it and send it again with another
    id. The id of feedback is its feedback_id after `turret.feedback:`.

    Example: `turret event delete evt_0123456789abcdef --project "Support bot"`
    """
    with open_projects() as projects:
        before = {event.event_id for event in projects.deleted_events.list(project)}
        n_deleted = projects.deleted_events.add(project, event_ids)
        project_id = projects.get(project).project_id
    n_known = len(set(event_ids)) - n_deleted
    already = f" ({n_known:,} already deleted)" if n_known else ""
    say(f"Deleted from the next run on: {n_deleted:,}{already}.")
    if unknown := sorted(set(event_ids) - before - _published(project_id, event_ids)):
        say(f"No published event has the id {', '.join(unknown)}; if it arrives, it will not count.")


def _published(project_id: str, event_ids: list[str]) -> set[str]:
    """Return the ids that published events and feedback have."""
    import duckdb  # noqa: PLC0415 - `turret --help` need not load it

    from cli.marts.published import open_published  # noqa: PLC0415 - the same

    # A file that an older version published has no feedback.
    with suppress(NothingPublishedError, duckdb.CatalogException), open_published(Home(load_settings().home)) as marts:
        rows = marts.execute(PUBLISHED, [project_id, event_ids]).fetchall()
        if any(event_id.startswith(FEEDBACK_ID_START) for event_id in event_ids):
            values = [FEEDBACK_ID_START, project_id, event_ids, FEEDBACK_ID_START]
            rows += marts.execute(PUBLISHED_FEEDBACK, values).fetchall()
        return {event_id for (event_id,) in rows}
    return set()


@app.command("restore")
def restore(event_ids: EventArguments, project: ProjectOption) -> None:
    """Restore deleted events, from the next run on.

    Example: `turret event restore evt_0123456789abcdef --project "Support bot"`
    """
    with open_projects() as projects:
        projects.deleted_events.remove(project, event_ids)
    say(f"Restored from the next run on: {len(set(event_ids)):,}.")


@app.command("list")
def list_events(
    project: ProjectOption,
    as_json: JsonOption = False,  # noqa: FBT002  # how Typer declares a flag
) -> None:
    """List the deleted events.

    Example: `turret event list --project "Support bot"`
    """
    with open_projects() as projects:
        deleted = projects.deleted_events.list(project)
    rows = [
        {"event_id": event.event_id, "deleted_at": event.deleted_at.strftime("%Y-%m-%dT%H:%M:%SZ")} for event in deleted
    ]
    print_rows(rows, f"Project {project} has no deleted events.", as_json=as_json)
