"""`turret backup` and `turret restore`: a home in one file, and back."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.errors import BackupFileError
from cli.installation import load_settings
from cli.printing import counted
from contracts.home import Home

if TYPE_CHECKING:
    from orchestration.backup import Backup


def backup(
    file: Annotated[str, typer.Argument(metavar="FILE", help="File to write; - for standard output.")],
    *,
    replace: Annotated[bool, typer.Option("--replace", help="Replace an earlier backup.")] = False,
) -> None:
    """Write a backup of the home into one file, while everything runs. Runs of the pipeline wait for it.

    It has every event that was acknowledged before the moment that it prints, the projects and keys, what people chose,
    the warehouse with its topics, and the published marts. A projects database in PostgreSQL is not in it.

    Example: `turret backup turret.backup`
    """
    from orchestration.backup import write_backup  # noqa: PLC0415 - `turret --help` need not load it

    settings = load_settings()
    if file == "-":
        _print("Backed up", write_backup(settings, sys.stdout.buffer, _say))
        return
    target = Path(file)
    if not target.name or (target.exists() and not target.is_file()):
        raise BackupFileError(
            f"{file!r} is not a file that can be written; allowed is a new or an existing file, or -."
        )
    if target.exists() and not replace:
        raise BackupFileError(f"{target} already exists; name another file, or add --replace.")
    draft = target.with_name(f".{target.name}.draft")
    try:
        draft.unlink(missing_ok=True)
        # It has keys and messages, so only its owner may read it.
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            done = write_backup(settings, out, _say)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    _print("Backed up", done)
    if not done.has_projects:
        _say("The projects database is in PostgreSQL: back it up with pg_dump, after this file.")


def restore(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The backup; - for standard input.")],
) -> None:
    """Restore a backup into TURRET_HOME, which must be a new or empty folder.

    Nothing is left if the backup is damaged. Start the collector, or `turret up`, to land the events that were not
    sealed yet.

    Example: `TURRET_HOME=restored turret restore turret.backup`
    """
    from orchestration.backup import restore_backup  # noqa: PLC0415 - `turret --help` need not load it

    home = Home(load_settings().home)
    if file == "-":
        done = restore_backup(sys.stdin.buffer, home.root)
    else:
        with Path(file).open("rb") as source:
            done = restore_backup(source, home.root)
    _print(f"Restored to {home.root}", done)


def _print(what: str, done: Backup) -> None:
    _say(
        f"{what}: {counted(done.n_files, 'file')}, {done.n_bytes / 1e6:,.1f} MB. Every event that was acknowledged "
        f"before {done.taken_at} is in it."
    )


def _say(sentence: str) -> None:
    typer.echo(sentence, err=True)  # standard output may be the backup
