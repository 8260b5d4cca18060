"""Locks on files and folders (flock). The operating system releases them with the process, however it ends.

Forked processes close them; otherwise they would hold the locks after the parent has ended.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_held: set[int] = set()
"""Descriptors of the locks that `lock_file` holds."""


@contextmanager
def lock_file(path: Path, *, wait: bool = False) -> Iterator[bool]:
    """Hold the exclusive lock of a file or folder. Yields whether it was acquired.

    Args:
        path: The file, created if missing; its folder exists.
        wait: Whether to wait while another process holds it.
    """
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT, 0o666)
    _held.add(descriptor)
    try:
        if wait:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield wait or try_lock(descriptor)
    finally:
        _close(descriptor)


@contextmanager
def unlocked(path: Path) -> Iterator[bool]:
    """Yield whether the lock of a file is free; if so, hold it until the block ends."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        yield True
        return
    try:
        yield try_lock(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def try_lock(descriptor: int, kind: int = fcntl.LOCK_EX) -> bool:
    """Lock an open file until its descriptor is closed; False if another process holds it."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _close(descriptor: int) -> None:
    if descriptor in _held:  # not in a process that was forked in the meantime
        _held.remove(descriptor)
        os.close(descriptor)


def _close_all() -> None:
    for descriptor in list(_held):
        _close(descriptor)


os.register_at_fork(after_in_child=_close_all)
