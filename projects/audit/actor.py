"""Who acts in this thread or task: the name that entries of the audit log have."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_ACTOR_CHARACTERS = 150
_actor: ContextVar[str] = ContextVar("actor", default="Turret")


def current_actor() -> str:
    """Return who acts; Turret itself if nobody was set, as in a run of the pipeline."""
    return _actor.get()


def set_actor(actor: str) -> None:
    """Set who acts for the rest of this task or thread."""
    _actor.set(actor[:MAX_ACTOR_CHARACTERS])


@contextmanager
def acting(actor: str) -> Iterator[None]:
    """Set who acts while the block runs."""
    token = _actor.set(actor[:MAX_ACTOR_CHARACTERS])
    try:
        yield
    finally:
        _actor.reset(token)
