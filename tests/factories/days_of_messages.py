"""Messages about six subjects, asked in many ways: what comes on one day and on the days after it."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

SUBJECTS = {
    "password": ("reset my password", "change my password", "recover a forgotten password"),
    "invoice": ("download last month's invoice", "get a copy of the invoice", "see my invoices"),
    "weather": ("know if it will rain tomorrow", "see the weather forecast", "check the weather for the weekend"),
    "recipe": ("cook a vegetarian curry", "bake a chocolate cake", "make soup from pumpkin"),
    "translation": ("translate this letter into French", "translate a page to Spanish", "put this into German"),
    "flight": ("book a flight to Lisbon", "find cheap flights", "reserve a seat on a plane"),
}
BEGINNINGS = ("How do I", "I want to", "Please help me to", "Can you show me how to", "What is the way to")
FURTHER = ("I would like to", "Is it possible to")


def messages(beginnings: Sequence[str], day: int) -> list[dict[str, Any]]:
    """One event per beginning and subject, all on one day, each in a separate session; the text is its id."""
    said = [f"{beginning} {rest}" for rests in SUBJECTS.values() for beginning, rest in product(beginnings, rests)]
    return [
        {
            "event_id": text,
            "name": "message",
            "session_id": f"session of {text}",
            "timestamp": f"2026-03-{day:02}T10:00:00+00:00",
            "metadata": {"prompt": text},
        }
        for text in said
    ]
