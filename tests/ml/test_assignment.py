"""New texts without a refit: where they go, what waits, what is born, and when drift asks for a refit."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ml.assignment import Assignment, ReferenceTexts, assign_texts
from ml.clustering.classification import cap_noise
from ml.clustering.neighbours import NO_GROUP, NeighbourIndex, Neighbours
from ml.corpus import Corpus
from ml.topic_model import FitLimits, fit_topics
from ml.tracking.drift import Drift
from tests.factories.planted_topics import Planted, make_corpus, plant_topics

KNOWN = plant_topics(range(6), 40)


def test_assign_texts_of_known_topics_get_them_surely():
    new = plant_topics(range(6), 3, first=40)
    found = _assign(new)
    assert found.statuses == ["assigned"] * 18
    assert found.topic_ids == [f"top_{number}" for number in new.truth]
    assert np.all(found.confidences > 0.9)
    assert found.born == []


@pytest.mark.parametrize(("n_strangers", "n_born"), [(9, 0), (10, 1), (30, 1)])
def test_assign_texts_of_no_known_topic_are_born_once_they_are_enough(n_strangers: int, n_born: int):
    found = _assign(plant_topics([50], n_strangers))
    assert len(found.born) == n_born
    assert set(found.statuses) == ({"assigned"} if n_born else {"pending"})
    assert set(found.topic_ids) == (set(found.born) if n_born else {None})
    assert not set(found.born) & {f"top_{number}" for number in range(6)}


def test_assign_texts_two_new_subjects_are_two_topics_beside_the_known():
    new = plant_topics([0, 50, 60], 20, first=40)
    found = _assign(new)
    topics = [set(np.array(found.topic_ids)[new.truth == number]) for number in (0, 50, 60)]
    assert topics[0] == {"top_0"}
    assert topics[1] | topics[2] == set(found.born)
    assert len(found.born) == 2


def test_assign_texts_like_filler_are_filler():
    found = _assign(plant_topics([3], 2, first=40), filler=3)
    assert found.statuses == ["filler", "filler"]
    assert found.topic_ids == [None, None]
    assert all(math.isnan(confidence) for confidence in found.confidences)
    assert set(found.reasons) == {"like what is short and said over and over"}


def test_assign_texts_without_a_letter_is_filler_whatever_stands_near():
    new = plant_topics([0, 50], 12, first=40)
    corpus = make_corpus([f"+49 30 {row}" for row in range(24)], new.corpus.vectors)
    found = _assign(Planted(corpus, new.truth))
    assert set(zip(found.statuses, found.topic_ids, found.reasons, strict=True)) == {
        ("filler", None, "little but numbers and signs")
    }
    assert found.born == []


def test_assign_texts_alone_waits_and_says_why():
    assert _assign(plant_topics([900], 1), outlier_threshold=0.9).reasons == ["far from everything"]
    assert _assign(plant_topics([50], 4)).reasons == ["too few alike"] * 4


def test_assign_texts_in_another_order_gives_the_same():
    new = plant_topics([0, 1, 50], 15, first=40)
    order = np.random.default_rng(1).permutation(45)
    corpus = new.corpus
    shuffled = Corpus(
        [corpus.texts[row] for row in order],
        [corpus.text_hashes[row] for row in order],
        corpus.vectors[order],
        corpus.n_messages[order],
    )
    found, again = _assign(new), _assign(Planted(shuffled, new.truth[order]))
    assert [found.topic_ids[row] for row in order] == again.topic_ids


def test_fit_topics_provisional_topics_live_on_and_are_born_in_the_lineage():
    strangers = plant_topics([50], 12)
    everything = make_corpus(
        [*KNOWN.corpus.texts, *strangers.corpus.texts], np.vstack([KNOWN.corpus.vectors, strangers.corpus.vectors])
    )
    before = {name: f"top_{number}" for name, number in zip(KNOWN.corpus.text_hashes, KNOWN.truth, strict=True)}
    model = fit_topics(everything, before, provisional=dict.fromkeys(strangers.corpus.text_hashes, "top_new"))
    assert set(model.topic_ids[-12:]) == {"top_new"}
    changes = {link.to_topic_id: link.change for link in model.lineage}
    assert changes == {"top_new": "born", **{f"top_{number}": "continued" for number in range(6)}}


def test_fit_topics_provisional_topic_of_two_subjects_is_split_by_a_later_fit_alone():
    strangers = plant_topics([50, 60], 40)
    everything = make_corpus(
        [*KNOWN.corpus.texts, *strangers.corpus.texts], np.vstack([KNOWN.corpus.vectors, strangers.corpus.vectors])
    )
    before = {name: f"top_{number}" for name, number in zip(KNOWN.corpus.text_hashes, KNOWN.truth, strict=True)}
    provisional = dict.fromkeys(strangers.corpus.text_hashes, "top_new")
    first = fit_topics(everything, before, provisional=provisional, limits=FitLimits(max_moved_share=1.0))
    assert set(first.topic_ids[-80:]) == {"top_new"}
    later = fit_topics(everything, {**before, **provisional}, limits=FitLimits(max_moved_share=1.0))
    assert len(set(later.topic_ids[-80:])) == 2


def test_place_surplus_bounds_the_noise_and_takes_the_nearest():
    groups = np.array([0, 0, 0, 0, 0, 0, NO_GROUP, NO_GROUP, NO_GROUP, NO_GROUP])
    rows = np.tile(np.array([[0, 1]], dtype=np.int32), (10, 1))
    similarity = np.linspace(0.9, 0.1, 10, dtype=np.float32)
    neighbours = Neighbours(rows, np.stack([similarity, similarity / 2], axis=1))
    placed = cap_noise(groups, np.ones(10, dtype=np.bool_), neighbours, 0.2)
    assert placed.tolist() == [0, 0, 0, 0, 0, 0, 0, 0, NO_GROUP, NO_GROUP]
    untouched = cap_noise(groups, np.ones(10, dtype=np.bool_), neighbours, 0.4)
    np.testing.assert_array_equal(untouched, groups)


@pytest.mark.parametrize(
    ("n_since", "n_waiting", "confidence", "reason"),
    [
        (99, 5, 0.9, None),
        (100, 0, 0.9, "10% more texts since the last full fit"),
        (80, 8, 0.9, "10% of the texts since the last full fit suit no topic"),
        (80, 0, 0.75, "neighbours agree less about new texts: 0.75, was 0.90"),
        (49, 49, 0.1, None),
    ],
)
def test_drift_says_why_a_refit_is_due(n_since: int, n_waiting: int, confidence: float, reason: str | None):
    assert Drift(1_000, n_since, n_waiting, 0.9, confidence).reason == reason


def _assign(new: Planted, *, filler: int | None = None, outlier_threshold: float = 0.3) -> Assignment:
    """Judge texts beside those of six known topics, of which one may be filler."""
    topics = [number for number in range(6) if number != filler]
    place = {number: index for index, number in enumerate(topics)}
    labels = np.array([place.get(int(number), len(topics)) for number in KNOWN.truth], dtype=np.int64)
    known = ReferenceTexts(labels, [f"top_{number}" for number in topics], outlier_threshold)
    vectors = np.concatenate([KNOWN.corpus.vectors, new.corpus.vectors])
    found = NeighbourIndex(vectors).search(new.corpus.vectors, 11)
    others = Neighbours(found.rows[:, 1:], found.similarities[:, 1:])
    return assign_texts(new.corpus, others, known, seed=0, namespace="space")
