"""Who asks: known to every page and callback of a request, set by the gate alone."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard.errors import NotAllowedError

if TYPE_CHECKING:
    from projects.access.people import Person


@dataclass(frozen=True)
class Visitor:
    """Somebody who looks at the dashboard.

    Attributes:
        name: as it stands in the history of edits.
        is_admin: whether they may change things and see settings.
        person: who signed in; None where nobody has to, or nobody did.
    """

    name: str
    is_admin: bool
    person: Person | None = None


NOBODY = Visitor("nobody", is_admin=False)
EVERYBODY = Visitor("this machine", is_admin=True)
"""Whoever reaches a loopback address where signing in was turned off."""

_visitor: ContextVar[Visitor] = ContextVar("visitor", default=NOBODY)


def current_visitor() -> Visitor:
    """Return who asks; nobody outside a request that the gate let in."""
    return _visitor.get()


def set_visitor(visitor: Visitor) -> None:
    """Say who asks, for the rest of this request."""
    _visitor.set(visitor)


def require_admin() -> Visitor:
    """Return who asks, an admin.

    Raises:
        NotAllowedError: they may look but not change.
    """
    visitor = current_visitor()
    if not visitor.is_admin:
        message = f"{visitor.name} may look at everything here but change nothing; ask an admin."
        raise NotAllowedError(message)
    return visitor
