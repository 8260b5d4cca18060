"""A placeholder for cards that load after their page, because they take as long as all the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import dcc, html

if TYPE_CHECKING:
    from dashboard.data.view import View


def deferred_card(view: View, card: str, height: int) -> Any:
    """Make a placeholder for one of `dashboard.deferred_cards.CARDS`; `height` is its approximate height in pixels."""
    asked = dcc.Store(id={"type": "late", "card": card}, data=view.address.href)
    room = html.Div(id={"type": "late-card", "card": card}, style={"minHeight": f"{height}px"})
    return html.Div([asked, room], className="late")
