"""Messages cleaned to names: nothing polite, nothing personal, no words cut."""

# ruff: noqa: RUF001  # Languages have punctuation of their own.

from __future__ import annotations

import unicodedata

import pytest

from ml.naming.name_candidates import MAX_CHARACTERS, candidates_of


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Hi, where is my refund??", ["Where is my refund?"]),
        ("hello please cancel my order, thanks!", ["Cancel my order"]),
        ("Yes, book the table.", ["Book the table"]),
        ("no refund received", ["No refund received"]),
        ("I LOST MY CARD!!!", ["I lost my card"]),
        ("iPhone app crashes", ["iPhone app crashes"]),
        ("My card was declined. Why is that?", ["My card was declined", "Why is that?"]),
        ("Hallo, wie sperre ich meine Karte? Vielen Dank", ["Wie sperre ich meine Karte?"]),
        ("¡Hola! ¿Dónde está mi pedido?", ["Dónde está mi pedido?"]),
        ("नमस्ते, मेरे खाते का बैलेंस क्या है?", ["मेरे खाते का बैलेंस क्या है?"]),
        ("สวัสดีครับ ลืมรหัสผ่านครับ", ["ลืมรหัสผ่าน"]),
        ("你好，我忘记了密码。谢谢", ["我忘记了密码"]),
        ("hungry today", ["Hungry today"]),
        (unicodedata.normalize("NFD", "où est ma carte bloquée"), ["Où est ma carte bloquée"]),
        ("refund💸 me", ["Refund me"]),
        ("write to jane@example.com", []),
        ("call +49 171 2345678", []),
        ("see https://shop.example/a", []),
        ("thanks", []),
        ("👍", []),
        ("", []),
    ],
)
def test_candidates_of_message_are_its_cleaned_sentences(text: str, names: list[str]):
    assert list(candidates_of(text)) == names


def test_candidates_of_long_sentence_are_its_clauses_and_none_is_too_long():
    text = (
        "I ordered two pairs of shoes from your shop three weeks ago, the parcel never came, nobody answers me at all"
    )
    assert list(candidates_of(text)) == [
        "The parcel never came",
        "Nobody answers me at all",
        "I ordered two pairs of shoes from your shop\u2026",
    ]
    assert list(candidates_of("x" * 49)) == []
    assert MAX_CHARACTERS == 48
