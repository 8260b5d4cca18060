"""Partitions: dendrograms as scipy builds them, no corpus that collapses, and choices that do not flap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.cluster.hierarchy import cut_tree, linkage
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

from ml.clustering.dendrogram import cosine_cost, cut, merge_order, ward_cost
from ml.clustering.neighbours import nearest_neighbours
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


def _partition(vectors: NDArray[np.float32], former: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    neighbours = nearest_neighbours(vectors, choose_n_neighbours(len(vectors)))
    return partition(vectors, neighbours, seed=0, former=former)
