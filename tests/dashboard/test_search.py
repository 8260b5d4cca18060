"""Search over messages, users and sessions: what is found, in which order, and that no input breaks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from contracts.home import Home
from dashboard.data.address import Address
from dashboard.data.published import Published
from dashboard.search.page import find, found, render
from dashboard.search.search_pattern import MAX_TERMS, folding_pattern_of, pattern_of, terms_of
from tests.dashboard.page_words import find_all, words_of
from tests.factories.published_factory import ASSISTANT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dashboard.data.view import View
    from tests.dashboard.conftest import Marts


def matches(query: str, text: str) -> bool:
    condition = (
        "select regexp_matches($text, $plain) or strlen($text) <> length($text) and regexp_matches($text, $folding)"
    )
    return all(
        duckdb.execute(
            condition, {"text": text, "plain": pattern_of(term), "folding": folding_pattern_of(term)}
        ).fetchall()
        == [(True,)]
        for term in terms_of(query)
    )


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("  Card   declined ", ["card", "declined"]),
        ('refund "Credit  CARD" refund', ["refund", "credit card"]),
        ('"half a phrase', ["half", "a", "phrase"]),
        ("CAFÉ", ["cafe"]),
        ('""  "', []),
        ("a b c d e f g h", ["a", "b", "c", "d", "e", "f"]),
    ],
)
def test_terms_of_what_was_typed(typed: str, terms: list[str]):
    assert terms_of(typed) == terms
    assert len(terms) <= MAX_TERMS


@pytest.mark.parametrize(
    ("query", "text", "is_found"),
    [
        ("cafe", "Das CAFÉ schließt", True),
        ("café", "the cafe closes", True),
        ("cafe", "cafe\u0301 decomposed", True),
        ("grosse", "Größe", False),
        ("größe", "die GRÖßE", True),
        ("zurich hotel", "Hotel in Zürich", True),
        ("zurich hostel", "Hotel in Zürich", False),
        ('"in zurich"', "Hotel in\n Zürich", True),
        ('"zurich in"', "Hotel in Zürich", False),
        ("a.*z", "a to z", False),
        ("50%", "50% off", True),
        ("[x]\\d", "literal [x]\\d here", True),
        ("привет", "ПРИВЕТ мир", True),
        ("東京", "東京のホテル", True),
    ],
)
def test_patterns_of_a_term_ignore_case_and_accents_and_nothing_else(query: str, text: str, is_found: bool):  # noqa: FBT001
    assert matches(query, text) is is_found


def test_page_of_the_search_asks_for_words_and_finds_nothing_yet(look: Callable[..., View]):
    assert words_of(render(look("/search"))).startswith(
        "Search Find messages, users and sessions Messages must contain all words"
    )
    assert found(look("/search"), '  ""') is None


def test_found_messages_are_those_of_sql_and_lead_on(look: Callable[..., View], marts: Marts):
    expected = marts.all(
        "SELECT event_id, session_id, topic_id FROM marts.fct_messages WHERE project_id = $p"
        " AND lower(text) LIKE '%report%' AND lower(text) LIKE '%points%' ORDER BY occurred_at DESC, event_id",
        p=ASSISTANT,
    )
    assert len(expected) > 50
    page = found(look("/search"), "POINTS report")
    assert f"{len(expected):,} messages found" in words_of(page)
    hrefs = {link.href for link in find_all(page, "Link")}
    for _, session_id, topic_id in expected[:50]:
        assert f"/sessions/{session_id}?project={ASSISTANT}" in hrefs
        assert topic_id is None or f"/topics/{topic_id}?project={ASSISTANT}" in hrefs


def test_found_messages_are_within_the_filters(look: Callable[..., View], marts: Marts):
    n = marts.one(
        "SELECT count(*) FROM marts.fct_messages JOIN marts.fct_events USING (project_id, event_id)"
        " WHERE project_id = $p AND lower(text) LIKE '%report%' AND name = 'follow_up'",
        p=ASSISTANT,
    )
    assert f"{n:,} messages found" in words_of(found(look("/search?event=follow_up"), "report"))


def test_found_users_and_sessions_have_what_was_typed_in_their_id(look: Callable[..., View], marts: Marts):
    user = marts.one("SELECT min(user_id) FROM marts.dim_users WHERE project_id = $p", p=ASSISTANT)
    hrefs = {link.href for link in find_all(found(look("/search"), user.upper()), "Link")}
    assert f"/users/{user}?project={ASSISTANT}" in hrefs
    session = marts.one("SELECT min(session_id) FROM marts.fct_sessions WHERE project_id = $p", p=ASSISTANT)
    hrefs = {link.href for link in find_all(found(look("/search"), session), "Link")}
    assert f"/sessions/{session}?project={ASSISTANT}" in hrefs


@pytest.mark.parametrize(
    "typed", ["'; drop table x; --", "(((", "\\", "$pattern_1", "\x00", "%", "*" * 5_000, "\ud800"]
)
def test_found_for_any_input_is_a_page(look: Callable[..., View], typed: str):
    words_of(found(look("/search"), typed))


def test_find_in_a_project_without_numbers_is_nothing(sample_home: Path):
    published = Published(Home(sample_home).published)
    assert find(published, Address(project="prj_ffffffffffffffff"), "python") is None
    assert find(published, Address(), "python") is None
