"""Masking: what must not leave does not, and what a topic needs stays."""

from __future__ import annotations

import pytest

from ml.privacy import mask_personal_data


def test_mask_personal_data_each_canary_is_gone(personal_data: list[str]):
    left = {
        secret: masked
        for secret in personal_data
        if (masked := mask_personal_data(f"Please look at {secret} again")) and secret[:6] in masked
    }
    assert left == {}


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("write to jo@example.com today", "write to ‹email› today"),
        ("my card 4111 1111 1111 1111 was lost", "my card ‹card› was lost"),
        ("order 4111 1111 1111 1112 was lost", "order ‹number› was lost"),
        ("to de89.3704.0044.0532.0130.00 please", "to ‹iban› please"),
        ("gb29 nw bk60 1613 31 92 6819, thanks", "‹iban›, thanks"),
        ("Konto FR14 2004 1010 0505 0001 3M02 606 bitte", "Konto ‹iban› bitte"),
        ("log in as admin:hunter@localhost fails", "log in as ‹url› fails"),
        ("password: correcthorse", "password ‹secret›"),
        ("Authorization: Basic dXNlcjpwYXNz is refused", "Authorization ‹secret› is refused"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY----- leaked", "‹secret› leaked"),
        ("key QwErTyUiOpAsDfGhJkLzXcVb here", "key ‹secret› here"),
        ("call +1 (555) 867-5309 now", "call ‹phone› now"),
        ("IBAN DE89370400440532013000 please", "IBAN ‹iban› please"),
        ("see https://a.example/x?token=1 there", "see ‹url› there"),
        ("my password is hunter2 and it fails", "my password ‹secret› and it fails"),
        ("api_key=abcd1234 is wrong", "api_key ‹secret› is wrong"),
        ("use sk-proj-4f9A7c2Q1xYz88LmNop", "use ‹secret›"),
    ],
)
def test_mask_personal_data_says_what_stood_there(text: str, masked: str):
    assert mask_personal_data(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "I want 2 tickets for 7:30 pm on March 3rd",
        "Why was I charged $12.50 twice in 2024?",
        "The password reset email never arrives",
        "Is my PIN the same for both cards?",
        "How do I write a for-loop in Python 3.11?",
        "注文番号がわかりません",
        "and/or e.g. state-of-the-art self-service",
        "password: how do I change it",
        "Note: see me at 10:30, room AB12",
        "The secret is patience",
    ],
)
def test_mask_personal_data_ordinary_text_stays(text: str):
    assert mask_personal_data(text) == text


def test_mask_personal_data_huge_text_is_quick():
    for piece in ("1 ", "a.", "key-", "a@", "12-", "x1", "http://", "de89 ", "aB", "a:", "de89de", "-----BEGIN A-----"):
        assert isinstance(mask_personal_data(piece * (10_000 // len(piece))), str)
