"""Messages to the support of a shop about a few plain subjects, for pipelines that shall find these as topics."""

from __future__ import annotations

from itertools import product

_SUBJECTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "password": (
        ("I forgot my password", "Please reset my password", "My password does not work", "I want a new password"),
        ("for the app", "since yesterday", "on the website", "for my account", "again"),
    ),
    "refund": (
        ("I want my money back", "When do I get my refund", "Please refund my order", "My refund has not arrived"),
        ("for the shoes", "after two weeks", "to my credit card", "for the returned coat", "this month"),
    ),
    "delivery": (
        ("Where is my parcel", "My delivery is late", "The parcel was not delivered", "Track my delivery please"),
        ("to Berlin", "since Monday", "from the warehouse", "with the courier", "this week"),
    ),
    "invoice": (
        (
            "I need an invoice as PDF",
            "Send me the invoice",
            "The invoice shows a wrong tax number",
            "Correct my invoice",
        ),
        ("for my company", "of last quarter", "for the accountant", "with our VAT id", "by mail"),
    ),
    "crash": (
        ("The app crashes", "Your app closes by itself", "The app freezes on my phone", "App crash when I open it"),
        ("after the update", "on Android", "every morning", "with an error screen", "on my tablet"),
    ),
    "coffee": (
        (
            "Which coffee beans are best",
            "Recommend coffee beans",
            "Is the dark roast coffee strong",
            "Grind coffee beans",
        ),
        ("for espresso", "for a French press", "without bitterness", "for filter coffee", "as a gift"),
    ),
}

SUBJECTS = tuple(_SUBJECTS)


def texts_about(subject: str, first: int = 0, last: int = 20) -> list[str]:
    """Some of the 20 different messages about a subject."""
    openings, endings = _SUBJECTS[subject]
    return [f"{opening} {ending}" for ending, opening in product(endings, openings)][first:last]
