"""Symbols, emoji, full-width letters and attached punctuation must not change the meaning of words."""

# ruff: noqa: RUF001  # Look-alike letters are the point.

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from ml.embedding.text_cleaning import clean_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from ml.embedding.minilm_embedder import MiniLMEmbedder

PLAIN = [
    "refund",
    "cancel",
    "reset password",
    "where is my refund",
    "how do I cancel my order",
    "I want to change my delivery address",
    "my card was declined at the shop",
    "what is the weather in Berlin tomorrow",
    "please book a table for two people",
    "the app crashes when I open the report",
]


def widen(text: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)


def circle(text: str) -> str:
    return "".join(chr(ord(letter) - ord("a") + 0x24D0) if "a" <= letter <= "z" else letter for letter in text)


DECORATIONS: dict[str, Callable[[str], str]] = {
    "emoji behind": lambda text: f"{text}💸",
    "emoji before": lambda text: f"😡{text}",
    "emoji between words": lambda text: text.replace(" ", "🔥"),
    "family of joined emoji": lambda text: f"{text}👨‍👩‍👧",
    "emoji with a colour": lambda text: f"👍🏽{text}❤️",
    "flag": lambda text: f"{text}🇩🇪",
    "trade mark": lambda text: f"{text}™",
    "currency": lambda text: f"{text}€",
    "arrow": lambda text: f"→{text}",
    "stars": lambda text: f"★★{text}★★",
    "full-width": widen,
    "letters in circles": circle,
    "bold letters of mathematics": lambda text: "".join(
        chr(ord(letter) - ord("a") + 0x1D41A) if "a" <= letter <= "z" else letter for letter in text
    ),
    "exclamation marks": lambda text: f"{text}!!!",
    "punctuation for spaces": lambda text: text.replace(" ", ","),
    "full-width marks": lambda text: f"{text}！？",
    "dots of one character": lambda text: f"{text}…",
    "quotation marks": lambda text: f"«{text}»",
    "a letter of no vocabulary": lambda text: f"ꙮ{text}ꙮ",
    "spaces that do not break": lambda text: f"\N{NO-BREAK SPACE}{text.replace(' ', chr(0x3000))}\N{ZERO WIDTH SPACE}",
}


@pytest.fixture(scope="module", params=["local_embedder", "multilingual_embedder"])
def cosines(request: pytest.FixtureRequest) -> dict[str, dict[str, float]]:
    """By decoration and plain text: how near the decorated text is to the plain one. All are embedded at once."""
    embed = request.getfixturevalue(request.param).embed
    plain = embed(PLAIN)
    decorated = embed([decorate(text) for decorate in DECORATIONS.values() for text in PLAIN])
    near = (decorated.reshape(len(DECORATIONS), *plain.shape) * plain).sum(axis=2).round(3).tolist()
    return {name: dict(zip(PLAIN, row, strict=True)) for name, row in zip(DECORATIONS, near, strict=True)}


@pytest.mark.parametrize("decoration", DECORATIONS)
def test_embed_text_with_signs_around_its_words_stays_near_the_plain_text(
    cosines: dict[str, dict[str, float]], decoration: str
):
    assert min(cosines[decoration].values()) >= 0.95, cosines[decoration]


def test_embed_words_with_a_symbol_glued_on_tells_them_apart(local_embedder: MiniLMEmbedder):
    refund, cancel = local_embedder.embed(["refund💸", "cancel😡"])
    assert refund @ cancel < 0.6


def test_embed_a_word_longer_than_the_tokenizer_takes_still_counts(local_embedder: MiniLMEmbedder):
    one, other = local_embedder.embed(["refund" * 30, "volcano" * 30])
    assert one @ other < 0.9


def test_embed_text_of_emoji_alone_reads_their_names(local_embedder: MiniLMEmbedder):
    thumb, name, rain = local_embedder.embed(["👍🏽", "thumbs up", "🌧"])
    assert thumb @ name > thumb @ rain + 0.2


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("C++, C# & R&D: node.js at 10:30, don't 1,000!", "C++ C# & R&D node.js at 10:30 don't 1,000"),
        ("< $5 **`x`** ...", "< $5 x"),
        ("l´été, don’t", "l'été don't"),
        ("¿Dónde está? 注文を、キャンセル。", "Dónde está 注文を キャンセル"),
        ("ﬁne", "fine"),
        ("\ue000refund\ue000", "refund"),
        ("ยกเลิก", "ยกเล\u0e34ก"),
    ],
)
def test_clean_text_keeps_what_words_are_made_of(text: str, cleaned: str):
    assert clean_text(text) == cleaned


def test_clean_text_without_a_word_keeps_its_punctuation():
    assert clean_text("?!") == "?!"


def test_embed_lone_surrogate_gives_a_usable_vector(local_embedder: MiniLMEmbedder):
    np.testing.assert_allclose(np.linalg.norm(local_embedder.embed(["\ud800", "refund \udfff"]), axis=1), 1, atol=1e-5)
