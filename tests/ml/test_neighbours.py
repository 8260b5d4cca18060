"""Neighbours: exact where few, nearly all where many, and the same every time."""

from __future__ import annotations

import numpy as np
import pytest

from ml.clustering import neighbours
from ml.clustering.neighbours import NeighbourIndex, nearest_neighbours


def make_vectors(n: int, seed: int = 0, dimensions: int = 32):
    """Unit vectors around as many centres as there are tens of them: about as clustered as texts are."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(max(1, n // 10), dimensions))
    vectors = centres[random.integers(len(centres), size=n)] + 0.5 * random.normal(size=(n, dimensions))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def find_by_sorting(vectors, queries, k):
    return np.argsort(-(queries @ vectors.T), axis=1)[:, :k]


def share_found(rows, truth):
    return np.mean([len(set(found) & set(true)) / len(true) for found, true in zip(rows, truth, strict=True)])


@pytest.fixture
def few_are_exact(monkeypatch):
    """Make 1,000 vectors many, so that a graph is built in little time."""
    monkeypatch.setattr(neighbours, "EXACT_TEXTS", 1_000)


def test_nearest_neighbours_of_few_are_those_of_a_full_sort(monkeypatch):
    monkeypatch.setattr(neighbours, "_BLOCK_ROWS", 400)
    vectors = make_vectors(1_500)
    similarities = vectors @ vectors.T
    np.fill_diagonal(similarities, -np.inf)
    found = nearest_neighbours(vectors, 7)
    np.testing.assert_array_equal(found.rows, np.argsort(-similarities, axis=1)[:, :7])
    np.testing.assert_allclose(found.similarities, -np.sort(-similarities, axis=1)[:, :7], atol=1e-6)


def test_nearest_neighbours_of_many_are_nearly_all_found_and_never_oneself(few_are_exact):
    vectors = make_vectors(6_000)
    found = nearest_neighbours(vectors, 10)
    truth = find_by_sorting(vectors, vectors, 11)[:, 1:]
    assert share_found(found.rows, truth) > 0.97
    assert not np.any(found.rows == np.arange(6_000)[:, np.newaxis])
    assert np.all(np.diff(found.similarities, axis=1) <= 0)
    true = np.einsum("ij,ikj->ik", vectors, vectors[found.rows])
    np.testing.assert_allclose(found.similarities, true, atol=2e-3)


def test_nearest_neighbours_of_many_twice_are_the_same(few_are_exact):
    vectors = make_vectors(3_000)
    once, again = nearest_neighbours(vectors, 10), nearest_neighbours(vectors.copy(), 10)
    np.testing.assert_array_equal(once.rows, again.rows)
    np.testing.assert_array_equal(once.similarities, again.similarities)


def test_nearest_neighbours_in_a_crowd_of_equal_vectors_are_others_for_everybody(few_are_exact):
    crowd = np.repeat(make_vectors(1), 2_000, axis=0)
    vectors = np.concatenate([crowd, make_vectors(500, seed=1)])
    found = nearest_neighbours(vectors, 20)
    assert found.rows.min() >= 0
    assert not np.any(found.rows == np.arange(2_500)[:, np.newaxis])
    np.testing.assert_allclose(found.similarities[:2_000], 1, atol=2e-3)
    truth = find_by_sorting(vectors, vectors[2_000:], 21)[:, 1:]
    assert share_found(found.rows[2_000:], truth) > 0.95


def test_nearest_neighbours_among_many_small_crowds_are_the_nearest(few_are_exact):
    crowds = np.repeat(make_vectors(60), 40, axis=0)
    vectors = np.random.default_rng(0).permutation(np.concatenate([crowds, make_vectors(600, seed=1)]))
    similarities = vectors @ vectors.T
    np.fill_diagonal(similarities, -np.inf)
    found = nearest_neighbours(vectors, 20)
    assert all(len(set(rows)) == 20 for rows in found.rows.tolist())
    np.testing.assert_allclose(
        np.take_along_axis(similarities, found.rows, axis=1).mean(axis=1),
        -np.sort(-similarities, axis=1)[:, :20].mean(axis=1),
        atol=0.01,
    )


@pytest.mark.parametrize("parts", [(800,), (300, 500), (3_000,), (800, 2_200), (2_000, 1, 999)])
def test_neighbour_index_however_it_grew_finds_the_nearest(few_are_exact, parts):
    vectors = make_vectors(sum(parts))
    first, *rest = np.split(vectors, np.cumsum(parts)[:-1])
    index = NeighbourIndex(first)
    for part in rest:
        index.add(part)
    assert len(index) == len(vectors)
    assert index.is_exact == (len(vectors) <= 1_000)
    queries = make_vectors(200, seed=0)
    assert share_found(index.search(queries, 5).rows, find_by_sorting(vectors, queries, 5)) > 0.97


def test_neighbour_index_asked_for_more_than_it_has_gives_all():
    vectors = make_vectors(4)
    found = NeighbourIndex(vectors).search(vectors[:2], 10)
    assert found.rows.shape == (2, 4)
    assert sorted(found.rows[0]) == [0, 1, 2, 3]


def test_neighbour_index_of_nothing_finds_nothing():
    index = NeighbourIndex(np.empty((0, 8), dtype=np.float32))
    assert index.search(make_vectors(3, dimensions=8), 5).rows.shape == (3, 0)
