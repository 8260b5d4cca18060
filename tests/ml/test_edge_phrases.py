"""Phrases at the edges of messages of many topics are left out of names, except those that a name needs."""

from __future__ import annotations

import pytest

from ml.naming.edge_phrases import EdgePhrases

THINGS = ("the invoice", "my password", "this chart", "our calendar", "the map")
ASKED = [
    [
        f"Question: where can I find {thing}",
        f"how do I share {thing}",
        f"how do I share {thing} soonest",
        f"Dear crew, delete {thing}",
        f"delete {thing} soonest",
        f"show {thing} please",
    ]
    for thing in THINGS
]


@pytest.mark.parametrize(
    ("piece", "bare"),
    [
        ("Question: how do I share the map?", "how do I share the map"),
        ("Dear crew, delete the map", "delete the map"),
        ("how do I share the map soonest", "how do I share the map"),
        ("how do I share the map", "how do I share the map"),
        ("how do I share the soonest", "how do I share the soonest"),  # no sentence ends with `the`
        ("did my map go soonest?", "did my map go soonest"),  # without its last word it would be another question
        ("Map: where is it", "Map: where is it"),
        ("delete the map soonest, please", "delete the map"),
    ],
)
def test_strip_edges_said_in_many_topics_are_left_out(piece: str, bare: str):
    assert EdgePhrases(ASKED).strip_edges(piece) == bare


def test_strip_edges_phrase_of_one_topic_stays():
    topics = [*ASKED[:4], ["Invoice 7: it is wrong", "Refund: where is it", "Refund: never came"]]
    assert EdgePhrases(topics).strip_edges("Refund: where is it") == "Refund: where is it"


def test_strip_edges_last_word_that_sentences_need_stays():
    topics = [
        [f"मेरा {thing} कहाँ है", f"{thing} बदलना है", f"{thing} कब आएगा"] for thing in ("कार्ड", "पिन", "खाता", "पैसा")
    ]
    assert EdgePhrases(topics).strip_edges("मेरा कार्ड कहाँ है") == "मेरा कार्ड कहाँ है"


def test_strip_edges_piece_that_is_nothing_but_such_phrases_is_left_as_it_is():
    assert EdgePhrases(ASKED).strip_edges("Question:") == "Question"
