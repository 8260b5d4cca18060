"""`turret backup` and `turret restore`: a home in one file, and back."""

from __future__ import annotations

import getpass
import os
import sys
import warnings
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from cli.errors import BackupFileError
from cli.installation import load_settings
from cli.printing import counted
from contracts.home import Home

if TYPE_CHECKING:
    from io import BufferedReader
    from typing import IO

    from contracts.settings import Settings
    from orchestration.backup import Backup

PassphraseFileOption = Annotated[
    Path | None, typer.Option("--passphrase-file", metavar="FILE", help="File whose only line is the passphrase.")
]


def backup(
    file: Annotated[str, typer.Argument(metavar="FILE", help="File to write; - for standard output.")],
    *,
    encrypt: Annotated[bool, typer.Option("--encrypt", help="Encrypt the file, with a passphrase.")] = False,
    passphrase_file: PassphraseFileOption = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace an earlier backup.")] = False,
) -> None:
    """Write a backup of the home into one file, while everything runs. Runs of the pipeline wait for it.

    It has every event that was acknowledged before the moment that it prints, the projects and keys, what people chose,
    the warehouse with its topics, and the published marts. A projects database in PostgreSQL is not in it.

    It is encrypted if there is a passphrase: of `--passphrase-file`, or TURRET_BACKUP_PASSPHRASE. With neither,
    `--encrypt` asks for one.

    Example: `turret backup turret.backup`
    """
    settings = load_settings()
    if file == "-":
        _print(
            "Backed up",
            _write(settings, sys.stdout.buffer, _passphrase(settings, passphrase_file, ask=encrypt, twice=True)),
        )
        return
    target = Path(file)
    if not target.name or (target.exists() and not target.is_file()):
        raise BackupFileError(
            f"{file!r} is not a file that can be written; allowed is a new or an existing file, or -."
        )
    if target.exists() and not replace:
        raise BackupFileError(f"{target} already exists; name another file, or add --replace.")
    passphrase = _passphrase(settings, passphrase_file, ask=encrypt, twice=True)
    draft = target.with_name(f".{target.name}.draft")
    try:
        draft.unlink(missing_ok=True)
        # It has keys and messages, so only its owner may read it.
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            done = _write(settings, out, passphrase)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    _print("Backed up", done)
    if not done.has_projects:
        _say("The projects database is in PostgreSQL: back it up with pg_dump, after this file.")


def restore(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The backup; - for standard input.")],
    *,
    passphrase_file: PassphraseFileOption = None,
) -> None:
    """Restore a backup into TURRET_HOME, which must be a new or empty folder.

    Nothing is left if the backup is damaged. The passphrase of an encrypted one is that of `--passphrase-file` or
    TURRET_BACKUP_PASSPHRASE, or is asked for. Start the collector, or `turret up`, to land the events that were not
    sealed yet.

    Example: `TURRET_HOME=restored turret restore turret.backup`
    """
    from orchestration.backup import restore_backup  # noqa: PLC0415 - `turret --help` need not load it
    from orchestration.backup_encryption import decrypted, is_encrypted  # noqa: PLC0415 - the same

    settings = load_settings()
    root = Home(settings.home).root
    with nullcontext(cast("BufferedReader", sys.stdin.buffer)) if file == "-" else Path(file).open("rb") as source:
        if is_encrypted(source):
            done = restore_backup(decrypted(source, _passphrase(settings, passphrase_file, ask=True)), root)
        else:
            done = restore_backup(source, root)
    _print(f"Restored to {root}", done)


def _write(settings: Settings, out: IO[bytes], passphrase: str) -> Backup:
    from orchestration.backup import write_backup  # noqa: PLC0415 - `turret --help` need not load it
    from orchestration.backup_encryption import encrypted  # noqa: PLC0415 - the same

    with encrypted(out, passphrase) if passphrase else nullcontext(out) as content:
        return write_backup(settings, content, _say)


def _passphrase(settings: Settings, file: Path | None, *, ask: bool, twice: bool = False) -> str:
    """Return the passphrase that was chosen; an empty one means that there is none.

    Args:
        settings: the installation's settings.
        file: the file that has it, before anything else.
        ask: whether to ask for it if nothing has it.
        twice: whether to ask again, because a mistake would only be noticed when the backup is needed.

    Raises:
        BackupFileError: the file has no line or several, nobody can be asked, or the answers are empty or differ.
    """
    if file is not None:
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError as error:
            raise BackupFileError(f"{file} is not text in UTF-8; allowed is one line, with the passphrase.") from error
        if len(lines) != 1 or not lines[0]:
            raise BackupFileError(f"{file} has {counted(len(lines), 'line')}; allowed is one, with the passphrase.")
        return lines[0]
    if (chosen := settings.backup_passphrase.get_secret_value()) or not ask:
        return chosen
    with warnings.catch_warnings(action="error", category=getpass.GetPassWarning):
        try:
            answers = {getpass.getpass(f"Passphrase{again}: ") for again in ("", " again")[: 1 + twice]}
        except (getpass.GetPassWarning, EOFError) as error:
            raise BackupFileError(
                "Nobody can be asked for the passphrase here; name --passphrase-file, or set TURRET_BACKUP_PASSPHRASE."
            ) from error
    if len(answers) != 1 or "" in answers:
        raise BackupFileError("The passphrase is empty, or was typed differently the second time.")
    return answers.pop()


def _print(what: str, done: Backup) -> None:
    _say(
        f"{what}: {counted(done.n_files, 'file')}, {done.n_bytes / 1e6:,.1f} MB. Every event that was acknowledged "
        f"before {done.taken_at} is in it."
    )


def _say(sentence: str) -> None:
    typer.echo(sentence, err=True)  # standard output may be the backup
