"""The lock of the run that may write the warehouse. Does not import Dagster, because every `turret run` starts here."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from contracts.file_locks import lock_file
from orchestration.errors import WarehouseBusyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAREHOUSE_WAIT_S = 1800
"""How long a run waits for another one, in seconds: longer than a run over a day's events takes."""

POLL_S = 0.2


@contextmanager
def hold_lock(path: Path, wait_s: float, say: object = None) -> Iterator[None]:
    """Hold an exclusive lock on `path`; the operating system releases it if the process dies.

    Raises:
        WarehouseBusyError: the lock was not free within `wait_s` seconds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + wait_s
    is_told = False
    while True:
        with lock_file(path) as is_ours:
            if is_ours:
                yield
                return
        if time.monotonic() > deadline:
            raise WarehouseBusyError(
                f"Another run has held {path} for more than {wait_s:g} s; wait for it to end, or stop it."
            )
        if callable(say) and not is_told:
            say("Another run is writing the warehouse; waiting for it to end. `turret status` shows its progress.")
            is_told = True
        time.sleep(POLL_S)
