"""Writing so that it outlives a power cut: a file's bytes, its name and its folder are synced one by one."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write_file(path: Path, data: bytes, *, writers: str = "") -> None:
    """Write a whole file under a temporary name, sync it, give it its name, and sync the folder.

    Whatever crashes in between, `path` holds all of `data` or is as it was; doing it again is harmless.

    Args:
        path: The file; its folder exists.
        data: All that it will hold.
        writers: Part of the temporary name, such as a process id, where several may write the file at once.
    """
    temporary = path.with_name(f".{path.name}{writers}.tmp")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_path(path.parent)


def make_folder(path: Path) -> None:
    """Make a folder and those above it; on return its name is synced, whoever made it.

    A folder that is there may have been made by a process that was killed before it synced the name.
    """
    if path.is_dir():
        with suppress(PermissionError):  # a folder that we may not even read holds no name that we made
            sync_path(path.parent)
        return
    make_folder(path.parent)
    path.mkdir(exist_ok=True)
    sync_path(path.parent)


def sync_path(path: Path) -> None:
    """Sync a file's bytes, or the names in a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
