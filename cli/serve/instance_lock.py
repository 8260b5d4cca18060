"""One `turret up` for each home: the second one says so."""

from __future__ import annotations

import fcntl
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cli.errors import AlreadyUpError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from contracts.home import Home


@contextmanager
def only_one(home: Home) -> Iterator[Callable[[Mapping[str, str]], None]]:
    """Hold the home's `up.lock`, which the operating system frees when the process ends, however it ends.

    Gives a function that writes the addresses of the parts into it, for `up_addresses`.

    Raises:
        AlreadyUpError: another `turret up` holds it.
    """

    def write(urls: Mapping[str, str]) -> None:
        lock.truncate(0)
        lock.write(json.dumps(dict(urls)))
        lock.flush()

    home.root.mkdir(parents=True, exist_ok=True)
    with home.up_lock.open("a", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyUpError(
                f"`turret up` is running already for {home.root}; `turret status` shows its parts."
            ) from None
        write({})
        yield write


def up_addresses(home: Home) -> dict[str, str] | None:
    """Return where the parts of the `turret up` that runs for the home are found; None where none runs.

    It is empty for a moment after the start.
    """
    try:
        with home.up_lock.open(encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                found: dict[str, str] = json.loads(lock.read() or "{}")
                return found
    except FileNotFoundError:
        return None
    return None
