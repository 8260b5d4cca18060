"""`turret import`: a file of events into a project."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003  # Typer reads the annotations when it runs
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from cli.installation import load_settings
from contracts.home import Home

if TYPE_CHECKING:
    from rich.progress import Progress

    from collector.import_file import ImportReport

SHOWN_REASONS = 10


def import_events(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".jsonl, .ndjson, .csv (each also .gz) or .parquet")],
    project: Annotated[str, typer.Option(help="The project's id or name.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,  # noqa: FBT002  # a flag
) -> None:
    """Import events from a file, with the same checks as over HTTP.

    Rows have the fields of /track: name, metadata, session_id, user_id, timestamp, event_id. In CSV and Parquet each
    metadata key is a column `metadata.<key>`. Bad rows cost only themselves: they are kept in quarantine with their
    line and the reason. Rows with an event_id can be imported again without doubling; rows without one too, as long
    as the file is the same byte for byte. Imported events use up the project's plan like all others; at its limit the
    import stops.

    The exit status is 0 unless the file could not be read to its end, or every row was bad.

    Example: `turret import chats.jsonl --project "Support bot"`
    """
    # Parquet and the database would slow down every `turret --help`.
    from collector.import_file import import_file  # noqa: PLC0415
    from collector.recovery import recover  # noqa: PLC0415
    from projects.database import open_projects  # noqa: PLC0415

    settings = load_settings()
    with open_projects(settings) as projects:
        project_id = projects.get(project).project_id
        recover(Home(settings.home), projects.ledger)
        with _progress() as progress:
            task = progress.add_task(file.name, total=None)
            report = import_file(
                file,
                project_id,
                settings,
                projects.ledger,
                lambda done, size: progress.update(task, completed=done, total=size),
            )
    if as_json:
        typer.echo(json.dumps(_as_json(report), ensure_ascii=False))
    else:
        _print_report(report)
    if not report.is_success:
        raise typer.Exit(1)


def _progress() -> Progress:
    from rich.progress import (  # noqa: PLC0415 - `turret --help` need not load it
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    name = TextColumn("Importing {task.description}", markup=False)
    # On standard error, so that --json stays alone on standard output.
    columns = (name, BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


def _as_json(report: ImportReport) -> dict[str, object]:
    return {
        "accepted": report.accepted,
        "duplicates": report.duplicates,
        "rejected": report.rejected,
        "reasons": dict(report.reasons.most_common()),
        "quarantine": str(report.quarantine) if report.quarantine else None,
        "ignored_columns": list(report.ignored_columns),
        "stopped": report.stopped,
    }


def _print_report(report: ImportReport) -> None:
    _say(f"accepted    {report.accepted:>10,}")
    _say(f"duplicates  {report.duplicates:>10,}")
    _say(f"rejected    {report.rejected:>10,}")
    for reason, n_rows in report.reasons.most_common(SHOWN_REASONS):
        _say(f"  {n_rows:>8,} x {reason}")
    if len(report.reasons) > SHOWN_REASONS:
        _say(f"  and {len(report.reasons) - SHOWN_REASONS:,} other reasons")
    if report.quarantine:
        _say(f"Rejected rows are kept in {report.quarantine}")
    if report.ignored_columns:
        _say(f"Ignored columns, which are neither fields nor metadata.<key>: {', '.join(report.ignored_columns)}")
    if report.stopped:
        _say(f"The file was not read to its end: {report.stopped}")


def _say(sentence: str) -> None:
    Console().print(Text(sentence), soft_wrap=True, highlight=False)
