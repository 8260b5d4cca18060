"""Partitions: dendrograms as scipy builds them, no corpus that collapses, and choices that do not flap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.cluster.hierarchy import cut_tree, linkage
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

from ml.clustering import small_corpora
from ml.clustering.dendrogram import cosine_cost, cut, merge_order, ward_cost
from ml.clustering.neighbours import N_VOTERS, nearest_neighbours
from ml.clustering.partition import choose_n_neighbours, partition
from tests.factories.planted_topics import plant_topics

if TYPE_CHECKING:
    from numpy.typing import NDArray


@pytest.mark.parametrize("n_groups", [2, 5, 11])
def test_merge_order_of_single_points_by_ward_is_scipys(n_groups: int):
    points = np.random.default_rng(n_groups).normal(size=(60, 4))
    merges = merge_order(points, np.ones(len(points)), ward_cost)
    (found,) = cut(merges, [n_groups])
    expected = cut_tree(linkage(points, method="ward"), n_clusters=n_groups).ravel()
    assert adjusted_rand_score(expected, found) == 1.0


def test_merge_order_of_groups_by_ward_is_that_of_their_points():
    random = np.random.default_rng(0)
    points = random.normal(size=(80, 3))
    leaves = cut_tree(linkage(points, method="ward"), n_clusters=20).ravel()
    sums = np.stack([points[leaves == leaf].sum(axis=0) for leaf in range(20)])
    (found,) = cut(merge_order(sums, np.bincount(leaves), ward_cost), [6])
    expected = cut_tree(linkage(points, method="ward"), n_clusters=6).ravel()
    assert adjusted_rand_score(expected, found[leaves]) == 1.0


def test_merge_order_by_cosine_merges_what_points_the_same_way_however_long():
    sums = np.array([[10.0, 0.0], [0.1, 0.001], [0.0, 5.0], [0.1, 5.0]])
    assert merge_order(sums, np.ones(4), cosine_cost)[:2] == [(0, 1), (2, 3)]


def test_cut_gives_each_number_of_groups_once_from_most_to_fewest():
    merges = merge_order(np.random.default_rng(1).normal(size=(9, 3)), np.ones(9), ward_cost)
    assert [int(labels.max()) + 1 for labels in cut(merges, [3, 9, 1, 3])] == [9, 3, 1]


def test_partition_of_texts_without_gaps_between_topics_does_not_collapse():
    planted = plant_topics(range(20), 60, spread=0.2)
    groups = _partition(planted.corpus.vectors)
    assert np.bincount(groups).max() <= 0.15 * len(groups)
    assert adjusted_mutual_info_score(planted.truth, groups) > 0.6


@pytest.mark.parametrize("scale", [0.05, 0.6])
def test_partition_finds_the_same_topics_where_all_similarities_are_lower_or_higher(scale: float):
    planted = plant_topics(range(8), 40)
    common = np.full(planted.corpus.vectors.shape[1], scale / np.sqrt(planted.corpus.vectors.shape[1]))
    moved = planted.corpus.vectors + common
    groups = _partition((moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float32))
    assert adjusted_mutual_info_score(planted.truth, groups) > 0.95


def test_partition_prefers_the_former_topics_to_a_near_equal_choice():
    planted = plant_topics(range(10), 60, spread=0.18)
    vectors = planted.corpus.vectors
    first = _partition(vectors)
    kept = np.random.default_rng(0).random(len(vectors)) < 0.95
    again = _partition(vectors[kept], former=first[kept])
    assert adjusted_rand_score(first[kept], again) > 0.97


def test_partition_few_texts_of_one_kind_are_one_topic():
    planted = plant_topics([3], 12, spread=0.06)
    assert set(_partition(planted.corpus.vectors)) == {0}


@pytest.mark.parametrize("spread", [0.1, 0.14])
def test_partition_of_few_texts_keeps_pairs_of_close_topics_apart(spread: float):
    vectors, truth = _plant_close_pairs(n_pairs=3, size=30, spread=spread)
    groups = _partition(vectors)
    assert len(set(groups)) == 6
    assert adjusted_mutual_info_score(truth, groups) > 0.95


@pytest.mark.parametrize("n", [2, 3, 4, 9, 30])
def test_partition_of_very_few_texts_gives_each_a_group(n: int):
    vectors, _ = _plant_close_pairs(n_pairs=n, size=1, spread=0.1)
    groups = _partition(vectors[:n])
    assert sorted(set(groups)) == list(range(max(groups) + 1))
    assert len(groups) == n


def test_partition_of_few_texts_prefers_the_former_topics_to_a_near_equal_choice():
    vectors, _ = _plant_close_pairs(n_pairs=3, size=30, spread=0.2)
    first = _partition(vectors)
    kept = np.random.default_rng(0).random(len(vectors)) < 0.9
    again = _partition(vectors[kept], former=first[kept])
    assert adjusted_rand_score(first[kept], again) > 0.97


def test_score_of_a_small_corpus_is_that_of_chance_for_groups_without_neighbours_of_their_own():
    sizes = np.array([30.0, 20.0, 10.0])
    chance = (30**2 + 20**2 + 10**2) / 60**2
    assert small_corpora.score(0.5, chance, sizes) < 1e-8
    assert small_corpora.score(0.5, 1.0, sizes) == pytest.approx(0.5 * (1 - chance))


def _plant_close_pairs(n_pairs: int, size: int, spread: float) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Plant two topics that share half of their direction for each pair, with `size` texts each, in random order."""
    random = np.random.default_rng(0)
    subjects = np.repeat(_unit(random.normal(size=(n_pairs, 384))), 2, axis=0)
    centres = _unit(subjects + _unit(random.normal(size=(2 * n_pairs, 384))))
    truth = random.permutation(np.repeat(np.arange(2 * n_pairs), size))
    return _unit(centres[truth] + random.normal(size=(len(truth), 384)) * spread).astype(np.float32), truth


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True))


def _partition(vectors: NDArray[np.float32], former: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    k = min(len(vectors) - 1, max(N_VOTERS, choose_n_neighbours(len(vectors))))
    neighbours = nearest_neighbours(vectors, k)
    return partition(vectors, neighbours, seed=0, former=former)
