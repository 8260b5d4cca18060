"""`turret person erase …`: erase what a user of the app, a session or an event left behind."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from cli.errors import ErasureError, NothingPublishedError
from cli.installation import load_settings, open_projects
from cli.options import JsonOption, ProjectOption
from cli.printing import Row, counted, print_json, print_rows, say
from contracts.home import Home

if TYPE_CHECKING:
    from dashboard.sessions.erasure import ErasurePreview
    from projects.records import Erasure, ErasureKind

UserArgument = Annotated[
    str | None, typer.Argument(metavar="[USER]", help="The user_id of a user of the app.", show_default=False)
]
SessionOption = Annotated[str | None, typer.Option("--session", metavar="ID", help="Erase a session instead.")]
EventOption = Annotated[str | None, typer.Option("--event", metavar="ID", help="Erase a single event instead.")]
LaterOption = Annotated[
    str,
    typer.Option(
        "--later",
        metavar="drop|keep",
        help="What happens to events with this id that arrive later: erase or keep them.",
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def erase(  # noqa: PLR0913, PLR0917  # how Typer declares options
    project: ProjectOption,
    user: UserArgument = None,
    session: SessionOption = None,
    event: EventOption = None,
    later: LaterOption = "drop",
    yes: YesOption = False,  # noqa: FBT002  # a flag
    as_json: JsonOption = False,  # noqa: FBT002  # a flag
) -> None:
    """Erase all that a user of the app said, or a session, or an event. The next run does it; it cannot be undone.

    It prints first what would be erased, and asks. A run removes it from every file of Turret's home: landed files,
    the warehouse, vectors, names of topics, and all published versions. Numbers are computed again without it.

    Example: `turret person erase user-42 --project "Support bot" --yes`
    """
    from projects.audit.actor import current_actor  # noqa: PLC0415 - `turret --help` need not load it
    from projects.validation import check_erased_id, check_later_events  # noqa: PLC0415 - the same

    kind, target = _chosen(user, session, event)
    with open_projects() as projects:
        found = projects.get(project)
        check_erased_id(target)
        check_later_events(later)
        preview = _preview(found.project_id, kind, target)
        if not as_json:
            say(_describe(kind, preview))
        if not yes and not as_json:
            typer.confirm(f"Erase it from project {found.name}?", abort=True)
        erasure = projects.erasures.add(found.project_id, kind, target, current_actor(), later)
    if as_json:
        print_json(_row(erasure))
        return
    say(f"Requested as {erasure.erasure_id}; the next run erases it. `turret person erasures` shows when it is done.")


def list_erasures(
    project: ProjectOption,
    as_json: JsonOption = False,  # noqa: FBT002  # a flag
) -> None:
    """List the erasures of a project, with what each removed. Ids are not kept once they are erased.

    Example: `turret person erasures --project "Support bot"`
    """
    with open_projects() as projects:
        rows = [_row(erasure) for erasure in projects.erasures.list(project)]
    print_rows(rows, f"Project {project} has no erasures.", as_json=as_json)


def cancel_erasure(
    erasure_id: Annotated[str, typer.Argument(metavar="ERASURE_ID", help="Id of the erasure.")], project: ProjectOption
) -> None:
    """Withdraw an erasure that no run has begun.

    Example: `turret person cancel-erasure ers_0123456789abcdef --project "Support bot"`
    """
    with open_projects() as projects:
        projects.erasures.cancel(project, erasure_id)
    say(f"The erasure {erasure_id} is withdrawn.")


def _chosen(user: str | None, session: str | None, event: str | None) -> tuple[ErasureKind, str]:
    given: list[tuple[ErasureKind, str | None]] = [("user", user), ("session", session), ("event", event)]
    chosen = [(kind, target) for kind, target in given if target is not None]
    if len(chosen) != 1:
        raise ErasureError(f"{len(chosen)} things to erase were named; name one: USER, --session ID or --event ID.")
    return chosen[0]


def _preview(project_id: str, kind: ErasureKind, target: str) -> ErasurePreview | None:
    import duckdb  # noqa: PLC0415 - `turret --help` need not load it

    from cli.marts.published import open_published  # noqa: PLC0415 - the same
    from dashboard.sessions.erasure import preview_erasure  # noqa: PLC0415 - the same

    with suppress(NothingPublishedError, duckdb.CatalogException), open_published(Home(load_settings().home)) as marts:
        return preview_erasure(marts, project_id, kind, target)
    return None


def _describe(kind: ErasureKind, preview: ErasurePreview | None) -> str:
    if preview is None:
        return "Nothing is published yet; what has landed of it is erased."
    before = f", and all from before {preview.details_from}, which is not published" if preview.details_from else ""
    if not preview.n_events and not preview.n_feedback:
        return f"The published marts have nothing of this {kind}; what has landed of it since is erased{before}."
    when = f", from {preview.first_at:%Y-%m-%d} to {preview.last_at:%Y-%m-%d}" if preview.first_at else ""
    return (
        f"This {kind} has {counted(preview.n_events, 'event')} in {counted(preview.n_sessions, 'session')}{when}: "
        f"{counted(preview.n_messages, 'message')} about {counted(preview.n_topics, 'topic')}, and "
        f"{preview.n_feedback:,} of feedback{before}."
    )


def _row(erasure: Erasure) -> Row:
    counts = erasure.counts
    return {
        "erasure_id": erasure.erasure_id,
        "of": erasure.kind,
        "id": erasure.target,
        "later": erasure.later_events,
        "requested_by": erasure.requested_by,
        "requested_at": erasure.requested_at.isoformat(timespec="seconds"),
        "finished_at": erasure.finished_at.isoformat(timespec="seconds") if erasure.finished_at else None,
        "events": counts.n_events if counts else None,
        "sessions": counts.n_sessions if counts else None,
        "texts": counts.n_texts if counts else None,
        "files": counts.n_files if counts else None,
    }
