"""One `turret up` for each home: the second one says so."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cli.errors import AlreadyUpError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contracts.home import Home


@contextmanager
def only_one(home: Home) -> Iterator[None]:
    """Hold the home's `up.lock`, which the operating system frees when the process ends, however it ends.

    The file is opened only where the home exists or can be made; its content is never read.

    Raises:
        AlreadyUpError: another `turret up` holds it.
    """
    home.root.mkdir(parents=True, exist_ok=True)
    with home.up_lock.open("a", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyUpError(
                f"`turret up` is running already for {home.root}; `turret status` shows its parts."
            ) from None
        yield
