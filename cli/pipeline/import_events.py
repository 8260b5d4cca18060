"""`turret import`: import a file of events into a project."""

from __future__ import annotations

import json
from pathlib import Path  # Typer reads the annotations when it runs
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from cli.installation import load_settings
from cli.options import JsonOption, ProjectOption
from cli.pipeline.unsealed import upload_outbox
from cli.printing import counted
from contracts.home import Home
from contracts.landing_store import LandingStoreError

if TYPE_CHECKING:
    from rich.progress import Progress

    from collector.imports.importer import ImportReport
    from contracts.settings import Settings

SHOWN_REASONS = 10


FileArgument = Annotated[
    Path,
    typer.Argument(
        metavar="FILE|FOLDER",
        help="A .jsonl, .ndjson, .json, .csv, .tsv (also .gz, .zst) or .parquet file; for archives also a "
        ".zip or a folder.",
    ),
]
FormatOption = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="The file's source: auto, langfuse, langsmith, phoenix, posthog, segment, chatgpt, claude, sharegpt, "
        "wildchat, openai-jsonl or rasa.",
    ),
]
DryRunOption = Annotated[  # a flag
    bool,
    typer.Option(
        "--dry-run", help="Write nothing; show what would land: the first events, counts, and what is left out."
    ),
]
StartOption = Annotated[
    str | None,
    typer.Option("--start", metavar="TIME", help="Start time of conversations without times, such as 2026-01-31."),
]
MapOption = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="COLUMN=FIELD",
        help="Map a column to a field of /track or to metadata.KEY. A dotted column is a nested value. Repeatable.",
    ),
]
SkipOption = Annotated[list[str] | None, typer.Option("--skip", metavar="COLUMN", help="Skip this column. Repeatable.")]
OthersOption = Annotated[
    str | None,
    typer.Option(
        "--others",
        metavar="refuse|metadata|skip",
        help="What to do with other columns: refuse the file (default), put them into metadata, or skip them.",
    ),
]
NameOption = Annotated[str | None, typer.Option("--name", help="Name of events whose row has none.")]
TimeUnitOption = Annotated[
    str | None,
    typer.Option(
        "--time-unit",
        metavar="s|ms|us|ns|excel",
        help="Unit of numeric times, counted since 1970 (UTC), or a spreadsheet's days.",
    ),
]
TimeZoneOption = Annotated[
    str | None,
    typer.Option("--time-zone", metavar="ZONE", help="Time zone of times without an offset: UTC, Europe/Berlin, …"),
]
TimeFormatOption = Annotated[
    str | None,
    typer.Option("--time-format", metavar="FORMAT", help="Format of times that are not ISO 8601: %m/%d/%Y %H:%M, …"),
]
EncodingOption = Annotated[
    str | None,
    typer.Option("--encoding", help="Text encoding: cp1252, utf-16-le, … Default: UTF-8."),
]
DelimiterOption = Annotated[
    str | None,
    typer.Option("--delimiter", help="CSV delimiter. Default: detected from the header."),
]
HeaderOption = Annotated[
    str | None,
    typer.Option("--header", metavar="NAME,NAME,…", help="Column names of a CSV file without a header line."),
]
EscapeOption = Annotated[
    str | None,
    typer.Option("--escape", help="CSV escape character before a quote within quotes. Default: the quote is doubled."),
]
NullOption = Annotated[
    list[str] | None,
    typer.Option("--null", metavar="TEXT", help="CSV cell to treat as empty, such as NULL. Repeatable."),
]
SaveMapOption = Annotated[
    str | None,
    typer.Option("--save-map", metavar="NAME", help="Save these options under a name after the import."),
]
UseMapOption = Annotated[
    str | None, typer.Option("--use-map", metavar="NAME", help="Use the options saved under a name.")
]


def import_events(  # noqa: PLR0913, PLR0917  # each is an option of the command
    file: FileArgument,
    project: ProjectOption,
    archive_format: FormatOption = "auto",
    dry_run: DryRunOption = False,  # noqa: FBT002  # a flag
    start: StartOption = None,
    mapping: MapOption = None,
    skip: SkipOption = None,
    others: OthersOption = None,
    name: NameOption = None,
    time_unit: TimeUnitOption = None,
    time_zone: TimeZoneOption = None,
    time_format: TimeFormatOption = None,
    encoding: EncodingOption = None,
    delimiter: DelimiterOption = None,
    header: HeaderOption = None,
    escape: EscapeOption = None,
    null: NullOption = None,
    save_map: SaveMapOption = None,
    use_map: UseMapOption = None,
    as_json: JsonOption = False,  # noqa: FBT002  # a flag
) -> None:
    """Import events from a file or from another program's export, with the same checks as over HTTP.

    Archives of Langfuse, LangSmith, Phoenix, PostHog, Segment, ChatGPT, Claude, Rasa and of data sets of conversations
    are detected by their content, and each message of a user becomes an event. Any other file contains events.

    Rows have the fields of /track: name, metadata, session_id, user_id, timestamp, event_id. In CSV and Parquet each
    metadata key is a column `metadata.<key>`. Columns with other names are refused, with the options that map
    them, so that nothing is lost. A bad row does not affect others: it is kept in quarantine with its line and the
    reason. Rows with an event_id can be imported again without duplicates; rows without one too, as long as the file
    begins with the same bytes. Imported events use up the project's plan like all others, and the import stops at its
    limit.

    The exit status is 0 unless the file needs an option, could not be read completely, or every row was bad.

    Example: `turret import chats.jsonl --project "Support bot"`

    Example: `turret import chats.csv --project "Support bot" --map question=metadata.prompt --name message`

    Example: `turret import chatgpt-export.zip --project "Support bot" --dry-run`
    """
    from collector.imports.saved_maps import check_name, with_map  # noqa: PLC0415  # not for every `turret --help`
    from collector.imports.saved_maps import save_map as save  # noqa: PLC0415

    if save_map is not None:
        check_name(save_map)
    settings = load_settings()
    given: dict[str, Any] = {
        "mapping": mapping or [],
        "skip": skip or [],
        "others": others,
        "name": name,
        "time_unit": time_unit,
        "time_zone": time_zone,
        "time_format": time_format,
        "encoding": encoding,
        "delimiter": delimiter,
        "header": header,
        "escape": escape,
        "nulls": null or [],
        "format": archive_format,
        "start": start,
    }
    given = given if use_map is None else with_map(use_map, given, Home(settings.home))
    report = _import(file, project, settings, given, is_dry_run=dry_run)
    if save_map is not None and not dry_run:
        save(save_map, given, Home(settings.home))
    if as_json:
        typer.echo(json.dumps(_as_json(report), ensure_ascii=False))
    else:
        _print_report(report, is_dry_run=dry_run)
    if not report.is_success:
        raise typer.Exit(1)


def _import(file: Path, project: str, settings: Settings, given: dict[str, Any], *, is_dry_run: bool) -> ImportReport:
    # Parquet and the database would slow down every `turret --help`.
    from collector.clock import follow_database  # noqa: PLC0415
    from collector.imports.importer import import_file  # noqa: PLC0415
    from collector.imports.options import ImportOptions  # noqa: PLC0415
    from collector.validation import Clock  # noqa: PLC0415
    from collector.wal.recovery import recover  # noqa: PLC0415
    from contracts.settings import home_of  # noqa: PLC0415
    from projects.database import open_projects  # noqa: PLC0415

    options, clock = ImportOptions.parse(**given), Clock()
    with open_projects(settings) as projects, _progress() as progress:
        follow_database(clock, projects)
        found = projects.get(project)
        if not is_dry_run:
            recover(home_of(settings), projects.ledger)
        task = progress.add_task(file.name, total=None)
        report = import_file(
            file,
            found.project_id,
            settings,
            projects.ledger,
            lambda done, size: progress.update(task, completed=done, total=size),
            options,
            is_dry_run=is_dry_run,
            clock=clock,
            masking=found.masking,
        )
    if is_dry_run:
        return report
    try:
        upload_outbox(settings)
    except LandingStoreError as error:
        sentence = f"{error} The events are safe in {home_of(settings).outbox}; the next `turret run` uploads them."
        Console(stderr=True).print(Text(sentence), soft_wrap=True)  # --json stays alone on standard output
    return report


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
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _as_json(report: ImportReport) -> dict[str, object]:
    return {
        "accepted": report.accepted,
        "duplicates": report.duplicates,
        "rejected": report.rejected,
        "reasons": dict(report.reasons.most_common()),
        "firsts": report.firsts,
        "quarantine": str(report.quarantine) if report.quarantine else None,
        "ignored_columns": list(report.ignored_columns),
        "notes": list(report.notes),
        "stopped": report.stopped,
        "format": report.format,
        "skipped": dict(report.skipped.most_common()),
        "names": dict(report.names.most_common()),
        "first_events": report.samples,
    }


def _print_report(report: ImportReport, *, is_dry_run: bool) -> None:
    for number, event in enumerate(report.samples, start=1):
        _say(f"Event {number}, as it would land:\n{json.dumps(event, ensure_ascii=False, indent=2)}")
    _say(f"accepted    {report.accepted:>10,}")
    _say(f"duplicates  {report.duplicates:>10,}")
    _say(f"rejected    {report.rejected:>10,}")
    _print_reasons(report)
    if report.names:
        named = ", ".join(f"{name} {n:,}" for name, n in report.names.most_common(SHOWN_REASONS))
        _say(f"Events by name: {named}")
    for reason, n in report.skipped.most_common():
        _say(f"left out    {n:>10,}  {reason}")
    for note in report.notes:
        _say(note)
    if is_dry_run:
        _say("Nothing was written: this was a dry run.")
    elif report.accepted and report.may_repeat:
        _say("Rows that were imported before count once: the next run leaves their copies out.")
    if report.stopped:
        _say(f"The file was not read to its end: {report.stopped}")


def _print_reasons(report: ImportReport) -> None:
    for reason, n_rows in report.reasons.most_common(SHOWN_REASONS):
        first = f" First in {report.firsts[reason]}." if reason in report.firsts else ""
        _say(f"  {n_rows:>8,} x {reason.rstrip('.')}.{first}")
    if len(report.reasons) > SHOWN_REASONS:
        _say(f"  and {counted(len(report.reasons) - SHOWN_REASONS, 'other reason')}")
    if report.quarantine:
        _say(f"Rejected rows are kept in {report.quarantine}")
    if report.ignored_columns:
        _say(f"Columns left out: {', '.join(report.ignored_columns)}")


def _say(sentence: str) -> None:
    Console().print(Text(sentence), soft_wrap=True, highlight=False)
