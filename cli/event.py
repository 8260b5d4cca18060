"""`turret event …`: take events out of every number, and put them back."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.installation import open_projects
from cli.options import JsonOption, ProjectOption
from cli.printing import print_json, print_table, say

app = typer.Typer(help="Delete events by their ids, and restore them.", no_args_is_help=True)

EventArguments = Annotated[list[str], typer.Argument(metavar="EVENT_ID...", help="Ids of events.")]


@app.command("delete")
def delete(event_ids: EventArguments, project: ProjectOption) -> None:
    """Take events out of all marts and pages, from the next run on.

    It holds through later runs and imports: an event of the same id counts no more. The landed file keeps the line, so
    that `turret event restore` can bring it back. To correct an event delete it, and send it again under another id.

    Example: `turret event delete evt_0123456789abcdef --project "Support bot"`
    """
    with open_projects() as projects:
        n_deleted = projects.deleted_events.add(project, event_ids)
    n_known = len(set(event_ids)) - n_deleted
    already = f" ({n_known:,} deleted already)" if n_known else ""
    say(f"Deleted from the next run on: {n_deleted:,}{already}.")


@app.command("restore")
def restore(event_ids: EventArguments, project: ProjectOption) -> None:
    """Let deleted events count again, from the next run on.

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
    """Show the events that you deleted.

    Example: `turret event list --project "Support bot"`
    """
    with open_projects() as projects:
        deleted = projects.deleted_events.list(project)
    rows = [
        {"event_id": event.event_id, "deleted_at": event.deleted_at.strftime("%Y-%m-%dT%H:%M:%SZ")} for event in deleted
    ]
    if as_json:
        print_json(rows)
    elif not rows:
        say(f"No event of project {project} is deleted.")
    else:
        print_table(rows)
