"""The map of texts: similar texts are close together, and keep their coordinates."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from ml.clustering.projection import NO_TOPIC, project_texts
from ml.errors import CorpusError

UNKNOWN = np.full((12, 2), np.nan)


def _texts(n_topics: int = 12, n_each: int = 20, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors of topics in areas of three, and the topic of each."""
    rng = np.random.default_rng(seed)
    areas = rng.normal(size=(n_topics // 3 + 1, 32))
    centres = np.stack([areas[topic // 3] + 0.6 * rng.normal(size=32) for topic in range(n_topics)])
    topics = np.repeat(np.arange(n_topics), n_each)
    vectors = centres[topics] + 0.5 * rng.normal(size=(len(topics), 32))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), topics


def _means(places: np.ndarray, topics: np.ndarray, n_topics: int = 12) -> np.ndarray:
    return np.stack([places[topics == topic].mean(axis=0) for topic in range(n_topics)])


def _nearest(points: np.ndarray, n: int) -> np.ndarray:
    between = np.linalg.norm(points[:, np.newaxis] - points, axis=2)
    return np.argsort(between, axis=1)[:, 1 : n + 1]


def test_place_texts_neighbours_on_the_map_are_of_the_same_topic():
    vectors, topics = _texts()
    nearest = _nearest(project_texts(vectors, topics, UNKNOWN), 5)
    assert (topics[nearest] == topics[:, np.newaxis]).mean() > 0.9


def test_place_texts_topics_of_one_area_lie_nearest():
    vectors, topics = _texts()
    centres = _means(project_texts(vectors, topics, UNKNOWN), topics)
    nearest = _nearest(centres, 2)
    assert (nearest // 3 == np.arange(12)[:, np.newaxis] // 3).mean() > 0.8


def test_place_texts_twice_gives_the_same():
    vectors, topics = _texts()
    assert np.array_equal(project_texts(vectors, topics, UNKNOWN), project_texts(vectors, topics, UNKNOWN))


@pytest.mark.parametrize(("n_topics", "min_gain"), [(12, 1), (30, 2)])
def test_place_texts_with_new_texts_and_a_new_topic_leaves_the_others_near_their_places(n_topics: int, min_gain: float):
    vectors, topics = _texts(n_topics)
    n_old = n_topics - 1
    is_old = (topics != n_old) & (np.arange(len(topics)) % 5 > 0)
    unknown = np.full((n_topics, 2), np.nan)
    before = _means(project_texts(vectors[is_old], topics[is_old], unknown[:n_old]), topics[is_old], n_old)
    after, cold = (
        _means(project_texts(vectors, topics, known), topics, n_topics)
        for known in (np.vstack([before, unknown[:1]]), unknown)
    )
    moved, moved_cold = (np.linalg.norm(found[:n_old] - before, axis=1).mean() for found in (after, cold))
    assert moved < 0.2
    assert moved < moved_cold / min_gain


def test_place_texts_without_a_topic_lies_among_the_topics_it_is_like():
    vectors, topics = _texts()
    mixed = vectors[topics == 3].mean(axis=0) + vectors[topics == 4].mean(axis=0)
    rows = np.vstack([vectors, mixed / np.linalg.norm(mixed)]).astype(np.float32)
    places = project_texts(rows, np.append(topics, NO_TOPIC), UNKNOWN)
    centres = _means(places[:-1], topics)
    assert set(np.argsort(np.linalg.norm(centres - places[-1], axis=1))[:3]) >= {3, 4}


@pytest.mark.parametrize("n_topics", range(8))
def test_place_texts_few_topics_have_finite_places_apart(n_topics: int):
    vectors, topics = _texts(max(n_topics, 1), 4)
    topics = topics if n_topics else np.full_like(topics, NO_TOPIC)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        places = project_texts(vectors, topics, UNKNOWN[:n_topics])
    assert np.isfinite(places).all() == bool(n_topics)
    if n_topics > 1:
        centres = _means(places, topics, n_topics)
        assert np.linalg.norm(centres - centres[0], axis=1)[1:].min() > 0.1


def test_place_texts_all_the_same_are_still_placed():
    vectors = np.tile(np.eye(8, dtype=np.float32)[0], (12, 1))
    assert np.isfinite(project_texts(vectors, np.repeat(np.arange(6), 2), UNKNOWN[:6])).all()


def test_place_texts_topic_without_a_text_is_refused():
    vectors, topics = _texts(3, 2)
    with pytest.raises(CorpusError, match="6 vectors, 6 topics and 4 former coordinates"):
        project_texts(vectors, topics, UNKNOWN[:4])
