"""Words in any script, and which of them set a topic apart."""

# Languages have punctuation of their own.

from __future__ import annotations

import unicodedata

import pytest

from ml import segmentation
from ml.embedding import multilingual_embedder
from ml.embedding.packaged_file import PackagedFile
from ml.words import count_background, find_keywords, term_shares, terms_of, words_of

CARDS = ["reset my PIN", "the PIN is wrong", "I forgot my PIN", "a new PIN please"]
LOANS = ["raise my loan", "the loan is late", "I paid my loan", "a new loan please"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("मेरे खाते का बैलेंस क्या है?", ["मेरे", "खाते", "का", "बैलेंस", "क्या", "है"]),
        (unicodedata.normalize("NFD", "où est ma carte bloquée"), ["où", "est", "ma", "carte", "bloquée"]),
        ("I can\u2019t top-up (R&D)!", ["I", "can't", "top-up", "R&D"]),
        ("எனது கடவுச்சொல்", ["எனது", "கடவுச்சொல்"]),
        ("شكرا 2fa", ["شكرا", "2fa"]),
        ("👍 _ 💸", []),
    ],
)
def test_words_of_any_script_are_whole(text: str, words: list[str]):
    assert words_of(text) == words


@pytest.mark.parametrize(
    "words",
    [
        ["支付", "密码", "pin"],
        ["エラー", "メッセージ", "を", "教えて"],
        ["アップグレード", "したい"],
        ["รหัสผ่าน", "ไม่", "ถูกต้อง"],
        ["ລະ", "ຫັດ", "ຜ່ານ", "ໃໝ່"],
        ["អាកាស", "ធាតុ", "ថ្ងៃ", "ស្អែក"],
    ],
)
def test_terms_of_script_without_spaces_are_words_with_their_marks(words: list[str]):
    assert terms_of("".join(words)) == words


def test_split_words_without_the_vocabulary_gives_pairs_of_characters(monkeypatch: pytest.MonkeyPatch):
    missing = PackagedFile("no-such-package", "e5.bin", "")
    monkeypatch.setattr(multilingual_embedder, "E5", missing)
    segmentation._read_vocabulary.cache_clear()
    try:
        assert segmentation.split_words("重置密码") == ["重置", "置密", "密码"]
    finally:
        segmentation._read_vocabulary.cache_clear()


def test_find_keywords_of_script_without_spaces_are_whole_words_and_nobodys_sentence():
    texts = ["返金はいつですか", "返金してください", "注文をキャンセルしたので返金を希望します", "返金されません"]
    others = ["明日の天気を教えて", "天気はどうですか", "週末の天気予報"]
    shares = [term_shares(texts), term_shares(others)]
    keywords = find_keywords(texts, shares[0], count_background(shares), 0.02)
    assert keywords[0] == "返金"
    assert set(keywords) <= {"返金", "注文", "キャンセル", "希望"}


@pytest.mark.parametrize(
    ("texts", "others", "word"),
    [
        (CARDS, LOANS, "PIN"),
        (["如何重置密码", "我忘记了密码", "密码不对", "修改密码"], ["明天天气怎么样", "北京天气", "天气预报"], "密码"),
        (
            ["ฉันลืมรหัสผ่าน", "รหัสผ่านไม่ถูกต้อง", "ขอรหัสผ่านใหม่", "เปลี่ยนรหัสผ่าน"],
            ["พรุ่งนี้อากาศเป็นอย่างไร", "สภาพอากาศวันนี้", "พยากรณ์อากาศ"],
            "รหัสผ่าน",
        ),
        (
            ["पासवर्ड भूल गया", "मेरा पासवर्ड बदलो", "पासवर्ड गलत है"],
            ["मेरा कार्ड खो गया", "कार्ड भूल गया", "कार्ड बदलो"],
            "पासवर्ड",
        ),
    ],
)
def test_find_keywords_strongest_is_the_word_that_the_texts_share(texts: list[str], others: list[str], word: str):
    shares = [term_shares(texts), term_shares(others)]
    assert find_keywords(texts, shares[0], count_background(shares), 0.02)[0] == word


def test_find_keywords_word_that_all_topics_use_is_none():
    shares = [term_shares(CARDS), term_shares(LOANS)]
    assert {"my", "the", "new"}.isdisjoint(find_keywords(CARDS, shares[0], count_background(shares), 0.02))


def test_find_keywords_words_that_stand_together_are_shown_together_and_forms_of_one_once():
    texts = ["the exchange rate", "exchange rate of today", "exchange rates", "which exchange rate"]
    shares = [term_shares(texts), term_shares(LOANS)]
    keywords = find_keywords(texts, shares[0], count_background(shares), 0.02)
    assert keywords[0] == "exchange rate"
    assert "rates" not in keywords


def test_find_keywords_function_words_are_none():
    texts = ["what does the bill per seat cost", "per seat or per month", "who pays the bill"]
    keywords = find_keywords(texts, term_shares(texts), count_background([term_shares(texts), {"dog": 1.0}]), 0.02)
    assert {"bill", "cost"} <= set(" ".join(keywords).split())
    assert not {"what", "the", "per", "or", "who", "does"} & set(" ".join(keywords).split())


def test_find_keywords_words_of_nearly_all_topics_are_none_in_any_language():
    topics = [
        [f"wo bleibt {thing}", f"{thing} bleibt weg"]
        for thing in ("karte", "pin", "konto", "geld", "brief", "haus", "auto", "hund")
    ]
    shares = [term_shares(texts) for texts in topics]
    assert find_keywords(topics[0], shares[0], count_background(shares), 0.02) == ["karte"]
