"""A folder of files that is there as a whole or not at all, whatever happens while it is written."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cli.errors import ExportError
from contracts.durable_files import sync_path
from contracts.file_locks import lock_file

if TYPE_CHECKING:
    from collections.abc import Iterator

DRAFT_SUFFIX = ".draft"
ASIDE_SUFFIX = ".aside"


@contextmanager
def replace_folder(target: Path, mark: str, *, replace: bool = False) -> Iterator[Path]:
    """Yield an empty folder to write into; when the block ends, it is durable and takes the name `target`.

    A block that raises leaves nothing behind. What a killed process left is removed by the next one for `target`.

    Args:
        target: The folder's name; its parents are made.
        mark: Name of a file that the block writes. Only a folder that has it is ever replaced.
        replace: Whether a folder of that name gives way; readers find none for a moment, never half of one.

    Raises:
        ExportError: there is something of that name, and it is not to be replaced or was not made by this function.
    """
    target = target.expanduser().resolve()
    _refuse_existing(target, mark, replace=replace)
    target.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(target)
    draft = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=DRAFT_SUFFIX, dir=target.parent))
    with lock_file(draft, wait=True):
        try:
            yield draft
            draft.chmod(0o777 & ~_umask())
            for path in (*draft.iterdir(), draft):
                sync_path(path)
            _refuse_existing(target, mark, replace=replace)
            _put_in_place(draft, target)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def _refuse_existing(target: Path, mark: str, *, replace: bool) -> None:
    if not target.exists():
        return
    if not replace:
        raise ExportError(f"{target} is there already; name another folder, or add --replace.")
    if not (target / mark).is_file():
        raise ExportError(f"{target} is no earlier export (it has no {mark}), so it is not replaced; name another.")


def _put_in_place(draft: Path, target: Path) -> None:
    aside = draft.with_suffix(ASIDE_SUFFIX)
    with suppress(FileNotFoundError):
        target.rename(aside)
    draft.rename(target)
    sync_path(target.parent)
    shutil.rmtree(aside, ignore_errors=True)


def _remove_abandoned(target: Path) -> None:
    """Remove drafts whose writer is gone: it no longer holds their lock."""
    for draft in target.parent.glob(f".{_literal(target.name)}.*{DRAFT_SUFFIX}"):
        with lock_file(draft) as is_abandoned:
            if is_abandoned:
                shutil.rmtree(draft, ignore_errors=True)


def _literal(name: str) -> str:
    """Return the name as a pattern that fits nothing else."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _umask() -> int:
    """Return the process's mask of permissions, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
