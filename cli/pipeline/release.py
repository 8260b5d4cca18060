"""`turret release`: remove new rows that keep the pipeline from publishing."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from cli.installation import load_settings
from cli.options import JsonOption
from cli.printing import Row, counted, print_table, say

if TYPE_CHECKING:
    from orchestration.checks.release import Blocked, BlockedRow, Release

MAX_ROWS = 50


def release(
    *,
    yes: Annotated[
        bool, typer.Option("--yes", help="Move the rows to quarantine instead of only listing them.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List the new rows that block the raw gate; with --yes, move them to quarantine.

    Without `--yes`, nothing is changed. With it, each such row is moved to `quarantine/released` with the reason, the
    landed files stay as they are, and the next `turret run` continues without them. Texts of users are never shown.

    Example: `turret release --yes`
    """
    from orchestration.checks.release import find_blocked, release_blocked  # noqa: PLC0415 - `turret --help` need not load it

    settings = load_settings()
    blocked = find_blocked(settings)
    done = release_blocked(settings) if yes and not blocked.is_empty else None
    if as_json:
        typer.echo(json.dumps(_as_json(blocked, done), indent=2))
    else:
        _print(blocked, done)


def _print(blocked: Blocked, done: Release | None) -> None:
    if blocked.is_empty:
        say("Nothing blocks the pipeline.")
        return
    if blocked.rows:
        print_table([_shown(row) for row in blocked.rows[:MAX_ROWS]])
    if len(blocked.rows) > MAX_ROWS:
        say(f"… and {len(blocked.rows) - MAX_ROWS:,} more; --json lists all.")
    for segment in blocked.segments:
        say(f"The number of lines in {segment} does not match the number loaded from it.")
    if done is None:
        say(
            f"{counted(len(blocked.rows), 'row')} and {counted(len(blocked.segments), 'file')} block. "
            "`turret release --yes` moves the rows to quarantine and lets the next run load the files again."
        )
        return
    say(
        f"Moved {counted(done.n_rows, 'row')} to quarantine; "
        f"the next `turret run` loads {counted(done.n_files, 'file')} again."
    )
    for place in done.places:
        say(f"  {place}")


def _shown(row: BlockedRow) -> Row:
    return {
        "Project": _printable(row.project_id),
        "Event": _printable(row.event_id),
        "File": row.segment,
        "Line": row.line_number,
        "Why": "; ".join(row.reasons),
    }


def _printable(key: str | None) -> str | None:
    """Replace characters that could control a terminal; apps choose their keys."""
    return key and "".join(mark if mark.isprintable() else "\N{REPLACEMENT CHARACTER}" for mark in key)


def _as_json(blocked: Blocked, done: Release | None) -> dict[str, object]:
    hidden = {"line", "is_kept_out"}
    rows = [{key: value for key, value in asdict(row).items() if key not in hidden} for row in blocked.rows]
    moved = None if done is None else {**asdict(done), "places": [str(place) for place in done.places]}
    return {"rows": rows, "segments": list(blocked.segments), "released": moved}
