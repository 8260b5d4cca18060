"""Links between the pages of a long table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import dcc, html

from dashboard.formatting import count
from dashboard.ui.aria import CURRENT, DISABLED, labelled

if TYPE_CHECKING:
    from dashboard.data.address import Address


def pager(address: Address, page: int, pages: int) -> Any:
    """Link to the other pages of `pages`, of which `page` is shown; nothing if there is only one."""
    if pages == 1:
        return None
    return html.Nav(
        [
            _step(address, "First", 1, is_possible=page > 1),
            _step(address, "Previous", page - 1, is_possible=page > 1),
            html.Span(f"Page {count(page)} of {count(pages)}", className="pager-place", **CURRENT),
            _step(address, "Next", page + 1, is_possible=page < pages),
            _step(address, "Last", pages, is_possible=page < pages),
        ],
        className="pager",
        **labelled("Pages of messages"),
    )


def _step(address: Address, word: str, page: int, *, is_possible: bool) -> Any:
    if not is_possible:
        return html.Span(word, className="pager-step is-off", **DISABLED)
    return dcc.Link(word, href=address.but(page=page).href, className="pager-step")
