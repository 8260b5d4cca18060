"""Write a folder of files atomically: it exists completely or not at all."""

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
        target: the folder's path; missing parents are created.
        mark: name of a file that the block writes. Only a folder that contains it is ever replaced.
        replace: whether to replace an existing folder; readers find none for a moment, never half of one.

    Raises:
        ExportError: the path exists and may not be replaced, or this function did not create it.
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
        raise ExportError(f"{target} already exists; name another folder, or add --replace.")
    if not (target / mark).is_file():
        raise ExportError(
            f"{target} is not an earlier export (it has no {mark}), so it is not replaced; name another folder."
        )


def _put_in_place(draft: Path, target: Path) -> None:
    aside = draft.with_suffix(ASIDE_SUFFIX)
    with suppress(FileNotFoundError):
        target.rename(aside)
    draft.rename(target)
    sync_path(target.parent)
    shutil.rmtree(aside, ignore_errors=True)


def _remove_abandoned(target: Path) -> None:
    """Remove drafts whose writer has ended, so that it no longer holds their lock."""
    for draft in target.parent.glob(f".{_literal(target.name)}.*{DRAFT_SUFFIX}"):
        with lock_file(draft) as is_abandoned:
            if is_abandoned:
                shutil.rmtree(draft, ignore_errors=True)


def _literal(name: str) -> str:
    """Escape the name as a glob pattern that matches nothing else."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _umask() -> int:
    """Return the process's umask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
