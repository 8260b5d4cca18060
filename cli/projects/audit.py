"""`turret audit`: print or export the audit log."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cli.installation import open_projects
from cli.options import JsonOption
from cli.printing import print_json, print_table, say

if TYPE_CHECKING:
    from projects.records import AuditEntry


def audit(
    project: Annotated[str | None, typer.Option(help="Only changes of this project, by its id or name.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only entries from this day (UTC) on.")
    ] = None,
    as_json: JsonOption = False,  # noqa: FBT002  # a flag
) -> None:
    """Print who signed in to the dashboard, and who changed settings, keys, topics and people: the newest first.

    Entries are only added: the projects database refuses to change or remove any. They contain no secrets, no texts,
    and no ids of the app's users.

    Example: `turret audit --since 2026-11-01 --json`
    """
    with open_projects() as projects:
        entries = projects.audit_log.list(project, None if since is None else since.replace(tzinfo=UTC))
    if as_json:
        print_json([{**_times(entry), "details": entry.details} for entry in entries])
    elif entries:
        print_table([{**_times(entry), "details": entry.summary} for entry in entries])
    else:
        say("The audit log has no such entries.")


def _times(entry: AuditEntry) -> dict[str, str | int | None]:
    return {
        "entry": entry.entry_id,
        "made_at": entry.made_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "project_id": entry.project_id,
    }
