"""Write files durably: the content, the name and the folder are synced, so that a power cut loses nothing."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write_file(path: Path, data: bytes, *, writers: str = "") -> None:
    """Replace a file atomically: write a temporary file, sync it, rename it, and sync the folder.

    After a crash, `path` holds all of `data` or is unchanged; a retry is harmless.

    Args:
        path: The file; its folder exists.
        data: Its complete new content.
        writers: Part of the temporary name, such as a process id, if several may write the file at once.
    """
    temporary = path.with_name(f".{path.name}{writers}.tmp")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_path(path.parent)


def make_folder(path: Path, mode: int = 0o777) -> None:
    """Make a folder and its parents, and sync its name even if it exists.

    Args:
        path: the folder.
        mode: who may open the folder if it is new, less the umask.

    An existing folder may have been created by a process that was killed before it synced the name.
    """
    if path.is_dir():
        with suppress(PermissionError):  # a folder that we may not read has no name that we created
            sync_path(path.parent)
        return
    make_folder(path.parent)
    path.mkdir(mode, exist_ok=True)
    sync_path(path.parent)


def sync_path(path: Path) -> None:
    """Sync the content of a file or a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
