"""Allow one `turret up` for each home."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cli.errors import AlreadyUpError
from contracts.file_locks import lock_file, unlocked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from contracts.home import Home


@contextmanager
def hold_instance_lock(home: Home) -> Iterator[Callable[[Mapping[str, str]], None]]:
    """Hold the home's `up.lock`, which the operating system releases when the process ends.

    Yield a function that writes the addresses of the parts into it, for `up_addresses`.

    Raises:
        AlreadyUpError: another `turret up` holds it.
    """

    def write(urls: Mapping[str, str]) -> None:
        home.up_lock.write_text(json.dumps(dict(urls)), encoding="utf-8")

    home.make()
    with lock_file(home.up_lock) as is_ours:
        if not is_ours:
            raise AlreadyUpError(f"`turret up` is already running for {home.root}; `turret status` shows its parts.")
        write({})
        yield write


def up_addresses(home: Home) -> dict[str, str] | None:
    """Return the addresses of the parts of the home's running `turret up`; None if none is running.

    They are empty for a moment after the start, and while it stops.
    """
    with unlocked(home.up_lock) as is_free:
        if is_free:
            return None
        found: dict[str, str] = json.loads(home.up_lock.read_text(encoding="utf-8") or "{}")
        return found
