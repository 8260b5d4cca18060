"""Python's garbage collector in processes that run the pipeline.

Imports create a million objects that stay. With Python's defaults, a quarter of a small run's CPU went into looking
through them for garbage, during the imports, during the run and once more when the interpreter ended.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

THRESHOLD = 20_000
"""New objects between two collections of the youngest generation. Python's default is 700."""


@contextmanager
def paused() -> Iterator[None]:
    """Collect nothing while the body imports packages. What it does not exclude is collected right afterwards."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def exclude_imports() -> None:
    """Exclude all present objects from later collections, which also become rarer."""
    gc.freeze()
    gc.set_threshold(THRESHOLD, *gc.get_threshold()[1:])
