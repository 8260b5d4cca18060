"""The visitor of a request, known to every page and callback, set by the middleware only."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard.errors import NotAllowedError
from projects.audit.actor import set_actor

if TYPE_CHECKING:
    from projects.access.people import Person


@dataclass(frozen=True)
class Visitor:
    """A visitor of the dashboard.

    Attributes:
        name: as recorded in the history of edits.
        is_admin: whether they may see and change settings.
        person: the person who signed in; None if sign-in is off, or nobody did.
        sees_numbers_only: whether texts, ids, single sessions and numbers of few people are hidden from them.
    """

    name: str
    is_admin: bool
    person: Person | None = None
    sees_numbers_only: bool = False


NOBODY = Visitor("nobody", is_admin=False)
EVERYBODY = Visitor("this machine", is_admin=True)
"""The visitor of a loopback address with sign-in turned off."""
PROGRAM = Visitor("a program", is_admin=False)
"""Who has an API key that its route checks, and what the dashboard does by itself."""

_visitor: ContextVar[Visitor] = ContextVar("visitor", default=NOBODY)


def current_visitor() -> Visitor:
    """Return the current visitor; nobody outside a request that the middleware let through."""
    return _visitor.get()


def set_visitor(visitor: Visitor) -> None:
    """Set the visitor for the rest of this request, and who acts in the audit log."""
    _visitor.set(visitor)
    set_actor(visitor.name)


def set_program() -> None:
    """Let the rest of this request or thread read what is published; the audit log gets its actor elsewhere."""
    _visitor.set(PROGRAM)


def require_admin() -> Visitor:
    """Return the current visitor, who must be an admin.

    Raises:
        NotAllowedError: the visitor is not an admin.
    """
    visitor = current_visitor()
    if not visitor.is_admin:
        message = f"{visitor.name} is not an admin and cannot change anything. Ask an admin."
        raise NotAllowedError(message)
    return visitor
