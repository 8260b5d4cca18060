"""Cards that load after the rest of their page, each by the address of the page."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from dash import MATCH, Dash, Input, Output, State

from contracts.errors import TurretError
from dashboard.data.address import Address
from dashboard.data.view import View
from dashboard.numbers import page as numbers
from dashboard.overview import page as overview
from dashboard.segments import page as segments
from dashboard.topic import page as topic
from dashboard.topics.message_map import map_card
from dashboard.ui.notices import failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.data.published import Published

CARDS: dict[str, Callable[[View], Any]] = {
    "changes": overview.changes_cards,
    "map": map_card,
    "topics-by-segment": segments.topics_by_segment,
    "number-by-segment": numbers.by_segment,
    "number-by-topic": numbers.by_topic,
    "who-says-this": topic.who_says_this,
}
"""The cards for which pages leave a placeholder with `ui.placeholder.deferred_card`."""
CARDS_OF = {
    "": ["changes"],
    "topics": ["map"],
    "segments": ["topics-by-segment"],
    "numbers": ["number-by-segment", "number-by-topic"],
}
"""The cards of each page, by the first part of its path."""

_log = logging.getLogger(__name__)


def register(app: Dash, published: Published) -> None:
    """Register the callback that loads the cards."""

    @app.callback(
        Output({"type": "late-card", "card": MATCH}, "children"),
        Input({"type": "late", "card": MATCH}, "data"),
        State({"type": "late", "card": MATCH}, "id"),
    )
    async def show_card(href: object, identity: dict[str, str]) -> Any:
        return await asyncio.to_thread(card_at, published, str(href), identity["card"])


def card_at(published: Published, href: str, card: str) -> Any:
    """Make the card of an address; nothing if the address has none, such as one that somebody made up."""
    address = Address.of_link(href)
    if address is None:
        return None
    try:
        snapshot = published.snapshot()
        if card not in CARDS or address.project not in {row["project_id"] for row in snapshot.rows("projects")}:
            return None
        return CARDS[card](View(address, snapshot, str(address.project)))
    except TurretError as error:
        return failure(str(error))
    except Exception:  # noqa: BLE001  # logged whole, and the page must say something
        _log.exception("No %s for %s", card, address.path)
        return failure("Something unexpected happened; the dashboard's log says what.")
