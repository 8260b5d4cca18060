"""Examples of a topic: typical ones first, and different from one another."""

from __future__ import annotations

import numpy as np
import pytest

from ml.clustering.examples import representative_texts
from tests.factories.planted_topics import plant_topics


def test_central_texts_begin_with_the_most_typical_one():
    vectors = plant_topics([1], 30, spread=0.15).corpus.vectors
    assert representative_texts(vectors, 5)[0] == np.argmax(vectors @ vectors.mean(axis=0))


def test_central_texts_copies_are_shown_only_when_nothing_else_is_left():
    rows = plant_topics([1], 10, spread=0.15).corpus.vectors
    vectors = np.concatenate([rows, rows[:1], rows[:1]])
    shown = [row % 10 if row < 10 else 0 for row in representative_texts(vectors, 12)]
    assert len(set(shown[:6])) == 6
    assert len(shown) == 12


def test_central_texts_two_sides_of_a_topic_are_both_among_the_first():
    one, other = (plant_topics([number], 20, spread=0.05).corpus.vectors for number in (1, 2))
    shown = representative_texts(np.concatenate([one, other]), 4)
    assert {int(row) // 20 for row in shown} == {0, 1}


def test_central_texts_what_is_like_nothing_else_is_not_shown():
    vectors = plant_topics([1], 30, spread=0.05).corpus.vectors
    outlier = plant_topics([2], 1).corpus.vectors
    assert 30 not in representative_texts(np.concatenate([vectors, outlier]), 10)


@pytest.mark.parametrize(("n", "k", "expected"), [(0, 3, 0), (1, 3, 1), (4, 0, 0), (4, 9, 4)])
def test_central_texts_few_texts_gives_what_there_is(n: int, k: int, expected: int):
    vectors = np.repeat(plant_topics([1], 1).corpus.vectors, n, axis=0)
    assert len(set(representative_texts(vectors, k).tolist())) == expected
