"""SQL of the pages, one file a query, and the values that a query binds where an address decides them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dashboard.view import View

SESSIONS_PER_PAGE = 25


def session_choice(view: View, user: str | None, *, is_whole: bool = False) -> dict[str, object]:
    """What `sessions.sql` binds: which sessions the address chooses, and which page of them, or the whole."""
    address = view.address
    return {
        "source": address.source if address.target else None,
        "target": address.target,
        "step": address.step,
        "topic": address.topic,
        "variant": address.variant,
        "user": user,
        "page_size": 10_000_000 if is_whole else SESSIONS_PER_PAGE,
        "offset": 0 if is_whole else (address.page - 1) * SESSIONS_PER_PAGE,
    }
