"""Masking: what leads to a person goes, with its kind in its place, and what only looks like it stays."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.masking.errors import MaskingError
from contracts.masking.masker import ALL_KINDS, Masker, MaskingRule
from contracts.masking.own_patterns import MAX_PATTERN_CHARACTERS, OwnPattern, check_own_pattern

DATA = {
    "email": [
        "jane.doe+shop@example.co.uk",
        "jörg@müller.example",
        "用户@例子.公司",
        "ada\uff20example\uff0ecom",
        "a\u200bda@exam\u00adple.com",
        "ada%40example.com",
        '"quoted name"@example.com',
        "ada@việtnam.vn",
        "nguyễn@example.com",
        unicodedata.normalize("NFD", "nguyễn@việtnam.vn"),
        "राम@डाटामेल.भारत",
        "علي@موقع.شبكة",
    ],
    "phone": [
        "+49 (0)171 234-56-78",
        "+49 170\n1234567",
        "\uff0b\uff14\uff19\uff11\uff17\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17",
        "\u0660\u0661\u0660 \u0661\u0662\u0663\u0664 \u0665\u0666\u0667\u0668",
        "555-867-5309",
        "0044 20 7946 0958",
        "0170/1234567",
        "01.23.45.67.89",
        "138 1234 5678",
        "98765 43210",
        "8 (912) 345-67-89",
        "(11) 91234-5678",
        "(030) 1234567",
    ],
    "card": ["4111 1111\n1111 1111", "5500-0000-0000-0004", "378282246310005", "4.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1"],
    "iban": ["DE89 3704 0044 0532 0130 00", "gb29 nw bk60 1613 31 92 6819", "NL91.ABNA.0417.1643.00"],
    "ip": ["10.0.0.1", "2001:db8::1", "::ffff:10.0.0.1"],
    "secret": [
        "sk-proj-4f9A7c2Q1xYz88LmNop",
        "AKIAIOSFODNNQEXAMPLE",
        "glpat-XyZabcdefghijklmnop",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVPmB92K27uhbUJU1p1rwW1",
        "tk_abcDEF0123456789abcdefghijklmnopqrstuvwxyz01",
        "9aXk2LmQz81PvRt5YwBc7Hd3",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
    ],
}

OTHERS = [
    "order 112-1234567-1234567",
    "order 4111 1111 1111 1112",
    "invoice 2026-000123456",
    "2026-01-31T12:00:00+02:00",
    "01.02.2026 10 30",
    "version 1.2.3.4",
    "Chrome/120.0.0.0 Safari/537.36",
    "1.234.567,89 EUR",
    "1 234 567 890 rows",
    "550e8400-e29b-41d4-a716-446655440000",
    "12345678-1234-1234-1234-123456789012",
    "52.520008, 13.404954",
    "-33.8688197 151.2092955",
    "ISBN 978-3-16-148410-0",
    "978 0 306 40615 7",
    "1764471600000000",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "getUserByIdForAccountV3Handler2",
    "@types/node@18.0.0",
    "a::b 10:30:00 00:1A:2B:3C:4D:5E",
    "5 + 12345678",
]

EVERYTHING = Masker(ALL_KINDS)
PARTS = st.sampled_from(
    [*(one for many in DATA.values() for one in many), *OTHERS, *"ab 1.-+@:/()\n", "a@b.co", "‹email›", "\u200b", "٤"]
)
TEXTS = st.lists(PARTS | st.text(max_size=5), max_size=8).map("".join)


@pytest.mark.parametrize("kind", DATA)
def test_text_has_the_kind_in_place_of_what_is_masked(kind: str):
    alone = Masker(MaskingRule(frozenset({kind})))
    for value in DATA[kind]:
        text = f"please see {value} again"
        assert EVERYTHING.text(text) == alone.text(text) == f"please see ‹{kind}› again"


@pytest.mark.parametrize("text", OTHERS)
def test_text_numbers_and_names_of_no_person_stay(text: str):
    assert EVERYTHING.text(text) == text


def test_text_sentence_without_spaces_around_an_address_stays():
    assert EVERYTHING.text("メールはada@example.comです") == "メールは‹email›です"


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_text_masked_twice_is_the_same_and_never_too_long(text: str):
    once = EVERYTHING.text(text, most=40)
    assert EVERYTHING.text(once, most=40) == once
    assert len(once) <= max(40, len(text))
    value = {"a": [text, {text: text}], "n": 4111111111111111}
    assert EVERYTHING.value(EVERYTHING.value(value)) == EVERYTHING.value(value)


def test_value_masks_keys_and_numbers_too_and_keeps_values_apart():
    masker = Masker(ALL_KINDS)
    value = {"a@b.co": 1, "list": ["+49 170 1234567", {"c@d.co": 4111111111111111}], "e@f.co": 2, "ok": True}
    masked = {"‹email›": 1, "list": ["‹phone›", {"‹email›": "‹card›"}], "‹email› 2": 2, "ok": True}
    assert masker.value(value) == masked
    assert masker.counts == {"email": 3, "phone": 1, "card": 1}
    assert masker.value(masked) is masked


def test_text_hostile_takes_linear_time():
    pieces = (
        "@",
        "ệ\u0323@",
        "1",
        "4 ",
        "1.",
        "a@",
        "a%40",
        "de89 ",
        "+1",
        "(0",
        "0170 ",
        "eyJaaaaaaaa.",
        "\u200b@",
        '"@',
    )
    pieces += ("-----BEGIN PRIVATE KEY-----", "aA1-", "0:")

    def cpu_s(n_characters: int) -> float:
        started = time.process_time()
        for piece in pieces:
            EVERYTHING.text(piece * (n_characters // len(piece)))
        return time.process_time() - started

    cpu_s(1_000)
    assert cpu_s(40_000) < 40 * cpu_s(4_000)  # quadratic time would be 100


def test_own_pattern_is_masked_by_its_name_beside_the_known_kinds():
    own = check_own_pattern("order", r"(?i)\bORD-[0-9]{4}\b")
    masker = Masker(MaskingRule(frozenset({"email"}), (own, OwnPattern("word", r"[a-z]+"))))
    assert masker.text("ord-\uff11234 ada@example.com +49 170 1234567") == "‹order› ‹email› +49 170 1234567"
    assert masker.text("‹order› and") == "‹order› ‹word›"


@pytest.mark.parametrize(
    ("name", "pattern", "words"),
    [
        ("email", "a", "email, iban, ip, phone, secret are taken"),
        ("Bad", "a", "a lower-case letter"),
        ("x", "", "0 characters; allowed are 1 to 200"),
        ("x", "a" * (MAX_PATTERN_CHARACTERS + 1), "201 characters"),
        ("x", "(a", "missing \\)"),
        ("x", "(?=a)b", "no lookaround"),
        ("x", "a*", "matches the empty text"),
        ("x", "[a-z]{1000}[0-9]{1000}", "instructions; allowed are"),
    ],
)
def test_check_own_pattern_says_what_is_allowed(name: str, pattern: str, words: str):
    with pytest.raises(MaskingError, match=words):
        check_own_pattern(name, pattern)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("My card is 4111 1111 1111 1111. 2 people come.", "My card is ‹card›. 2 people come."),
        ("I paid 49.99 4111111111111111", "I paid 49.99 ‹card›"),
        ("my card 4111111111111111 12.50 EUR", "my card ‹card› 12.50 EUR"),
        ("pi is 3.14159265358979", "pi is 3.14159265358979"),
        ("sk-lf-8338dbb1-eb9d-4c1b-ae16-c87d48118148", "‹secret›"),
        ("API_KEY_sk-proj-aaaabbbbccccdddd1", "API_KEY_‹secret›"),
        ("key_AKIAIOSFODNN7EXAMPLE x-glpat-abcdefghijklmnop", "key_‹secret› x-‹secret›"),
        ("pk_8338dbb1-eb9d-4c1b-ae16-c87d48118148", "pk_8338dbb1-eb9d-4c1b-ae16-c87d48118148"),
        ("glptt-" + "0a1b2c3d4e" * 4, "‹secret›"),
        ("lin_oauth_" + "0a1b2c3d" * 8, "‹secret›"),
    ],
)
def test_data_beside_amounts_and_ids_is_masked_alone(text: str, masked: str):
    assert Masker(ALL_KINDS).text(text) == masked


def test_starts_of_keys_repeated_a_hundred_thousand_times_are_looked_at_once():
    for fragment in (
        "-sk",
        "sk_",
        "-sk-ab",
        "-eyJaaaaaaaa",
        "-ghp_a",
        "-SG.",
    ):  # a search from each of them to the end would take an hour
        text = fragment * 100_000
        assert Masker(ALL_KINDS).text(text) == text


def test_pattern_of_bytes_is_refused():
    with pytest.raises(MaskingError, match="matches a byte of a letter"):
        check_own_pattern("half", r"a\C")
    assert check_own_pattern("contract", r"\\C-[0-9]{6}").name == "contract"
