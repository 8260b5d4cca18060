"""Cards that come after their page: each is there for its address, and for nothing that somebody made up."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from dashboard.deferred_cards import CARDS, CARDS_OF
from dashboard.pages import render_page
from tests.dashboard.page_words import find_all, words_of
from tests.factories.dashboard_process import run_dashboard
from tests.factories.published_factory import ASSISTANT, NASTY, SAMPLE, topic_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from dashboard.data.view import View

PAGES = {
    "changes": "/",
    "map": "/topics",
    "topics-by-segment": "/segments",
    "number-by-segment": "/numbers",
    "number-by-topic": "/numbers",
    "who-says-this": f"/topics/{topic_id(SAMPLE[0], 2)}",
}
FORGED = [None, "", "/topics", "/topics?project=prj_nobody", {"x": ["y"]}, "//[", "//evil?project=" + "a" * 9_000]


@pytest.fixture(scope="module")
def client(sample_home: Path) -> Iterator[httpx.Client]:
    with run_dashboard(sample_home) as url, httpx.Client(base_url=url, headers={"origin": url}, timeout=60) as made:
        yield made


def ask(client: httpx.Client, card: str, asked: Any) -> Any:
    identity = {"card": card, "type": "late"}
    place = {"card": card, "type": "late-card"}
    key = json.dumps(identity, separators=(",", ":"))
    [callback] = [found for found in client.get("/_dash-dependencies").json() if "late-card" in found["output"]]
    body = {
        "output": callback["output"],
        "outputs": {"id": place, "property": "children"},
        "inputs": [{"id": identity, "property": "data", "value": asked}],
        "state": [{"id": identity, "property": "id", "value": identity}],
        "changedPropIds": [f"{key}.data"],
    }
    answer = client.post("/_dash-update-component", json=body)
    assert answer.status_code == 200, answer.text
    [found] = answer.json()["response"].values()
    return found["children"]


def test_every_late_card_has_room_on_its_page(look: Callable[..., View]):
    assert PAGES.keys() == CARDS.keys()
    on_lists = {card: f"/{page}" for page, cards in CARDS_OF.items() for card in cards}
    assert on_lists == {card: page for card, page in PAGES.items() if page.count("/") == 1}
    for card, page in PAGES.items():
        rooms = [store.id["card"] for store in find_all(render_page(look(page)), "Store")]
        assert card in rooms
        assert words_of(CARDS[card](look(page)))


@pytest.mark.parametrize("card", PAGES)
def test_late_card_is_there_for_its_address_alone(client: httpx.Client, card: str):
    assert ask(client, card, f"{PAGES[card]}?project={ASSISTANT}") is not None
    for asked in FORGED:
        assert ask(client, card, asked) is None, asked


def test_late_card_that_does_not_exist_is_nothing(client: httpx.Client):
    assert ask(client, "drop-everything", f"/topics?project={NASTY}") is None


def test_late_card_of_a_topic_that_is_nowhere_is_nothing(client: httpx.Client):
    assert ask(client, "who-says-this", f"/topics/nothing?project={ASSISTANT}") is None
