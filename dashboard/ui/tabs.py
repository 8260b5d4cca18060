"""A choice between names as links, which works without a script and is in the address bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import dcc, html

from dashboard.formatting import shorten
from dashboard.ui.aria import labelled

if TYPE_CHECKING:
    from dashboard.data.address import Address


def choice_tabs(label: str, addresses: dict[str, Address], current: str) -> Any:
    """Offer each name as a link to its address; nothing if there is only one."""
    if len(addresses) < 2:  # noqa: PLR2004  # no choice to make
        return None
    links = [
        dcc.Link(
            html.Bdi(shorten(name, 40)), href=address.href, className="tab is-current" if name == current else "tab"
        )
        for name, address in addresses.items()
    ]
    return html.Nav(links, className="tabs", **labelled(label))
