"""The simulator's matrix is what its rows say, and refuses rows that make no sense."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from contracts.tables import END, START
from demo.errors import GrammarError
from demo.journeys import load_matrix, normalised
from demo.phrasebook import load_phrasebook

PLAIN = {START: {"a": 3, "b": 1}, "a": {"b": 1, END: 1}, "b": {END: 2}}


def test_normalised_rows_sum_to_one():
    assert normalised(PLAIN, ["a", "b"]).rows == {
        START: {"a": 0.75, "b": 0.25},
        "a": {"b": 0.5, END: 0.5},
        "b": {END: 1.0},
    }


def test_walk_follows_the_probabilities():
    matrix, rng = normalised(PLAIN, ["a", "b"]), random.Random(1)
    paths = Counter(tuple(matrix.walk(rng)) for _ in range(4000))
    assert set(paths) == {("a",), ("a", "b"), ("b",)}
    assert paths["a",] / 4000 == pytest.approx(0.375, abs=0.03)
    assert paths["b",] / 4000 == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"c": {END: 1}}, "disagree about c"),
        ({"b": {"z": 1, END: 1}}, "'b' of the transition matrix leads to z"),
        ({"b": {"b": 1, END: 1}}, "'b' of the transition matrix leads to b"),
        ({"b": {"a": 1}}, "'b' of the transition matrix has no way to END"),
        ({"b": {END: 0}}, "'b' of the transition matrix is empty or has a weight"),
        ({"b": {}}, "'b' of the transition matrix is empty"),
    ],
)
def test_normalised_senseless_row_is_refused_by_name(change: dict[str, dict[str, float]], sentence: str):
    with pytest.raises(GrammarError, match=sentence):
        normalised(PLAIN | change, ["a", "b"])


def test_load_matrix_every_intent_can_be_reached_and_loops_exist():
    book = load_phrasebook()
    matrix, rng = load_matrix(book.intents), random.Random(0)
    paths = [matrix.walk(rng) for _ in range(5000)]
    assert {intent for path in paths for intent in path} == set(book.intents)
    assert any(path[at] == path[at + 2] for path in paths for at in range(len(path) - 2))
