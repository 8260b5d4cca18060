"""What a refit may move: clear cases first, whole splits, nothing pinned, and never more than is allowed."""

from __future__ import annotations

import numpy as np
import pytest

from ml.clustering.neighbours import Neighbours, nearest_neighbours
from ml.tracking.reassignment_limit import Proposal, apply_limit, forbid_splits, max_reassignments
from tests.factories.planted_topics import plant_topics


def test_settle_clear_split_within_the_allowance_is_made_whole_and_without_it_not_at_all():
    proposal, neighbours = _split_of_one_topic_in_two(sizes=(30, 12))
    moved = apply_limit(proposal, neighbours, allowance=12)
    np.testing.assert_array_equal(moved, proposal.proposed)
    stayed = apply_limit(proposal, neighbours, allowance=11)
    assert (stayed != proposal.former).sum() <= 11


def test_settle_new_texts_of_a_split_that_was_not_made_follow_their_neighbours_back():
    proposal, neighbours = _split_of_one_topic_in_two(sizes=(30, 12))
    former = proposal.former.copy()
    former[-2:] = -1
    settled = apply_limit(
        Proposal(former, proposal.proposed, 1, np.ones(42, dtype=np.bool_), 9), neighbours, allowance=42
    )
    assert set(settled.tolist()) == {0}


def test_settle_pinned_texts_never_move():
    proposal, neighbours = _split_of_one_topic_in_two(sizes=(30, 12))
    pinned = Proposal(proposal.former, proposal.proposed, 1, np.ones(42, dtype=np.bool_), 9)
    np.testing.assert_array_equal(apply_limit(pinned, neighbours, allowance=42), proposal.former)


def test_settle_text_whose_neighbours_are_for_its_former_topic_stays():
    planted = plant_topics([1, 2], 20)
    former = planted.truth - 1
    proposed = former.copy()
    proposed[0] = 1
    settled = apply_limit(_free(former, proposed, 2), nearest_neighbours(planted.corpus.vectors, 10), allowance=40)
    np.testing.assert_array_equal(settled, former)


def test_settle_topic_becomes_noise_only_if_something_else_takes_its_texts():
    planted = plant_topics([1, 2], 20)
    former = planted.truth - 1
    proposed = np.where(former == 1, -1, 0)
    settled = apply_limit(_free(former, proposed, 2), nearest_neighbours(planted.corpus.vectors, 10), allowance=40)
    np.testing.assert_array_equal(settled, former)


def test_settle_topic_larger_than_the_allowance_moves_text_by_text():
    proposal, neighbours = _split_of_one_topic_in_two(sizes=(60, 50))
    settled = apply_limit(proposal, neighbours, allowance=20)
    assert (settled != proposal.former).sum() == 20


def test_settle_topic_that_turns_out_to_be_filler_goes_whole_whatever_is_allowed():
    proposal, neighbours = _split_of_one_topic_in_two(sizes=(30, 12))
    filler = Proposal(proposal.proposed, np.repeat([0, 9], (30, 12)), 2, proposal.fixed, 9)
    np.testing.assert_array_equal(apply_limit(filler, neighbours, allowance=0), np.repeat([0, 9], (30, 12)))


def test_keep_whole_new_topics_of_such_texts_are_struck_out_and_known_topics_and_filler_are_not():
    proposal = _free(np.array([0, 0, 0, 0, 1, -1]), np.array([0, 1, 2, 9, 2, 2]), n_former=2)
    kept = forbid_splits(proposal, np.array([True, True, True, True, False, False]))
    assert kept.proposed.tolist() == [0, 1, 0, 9, 2, 2]


@pytest.mark.parametrize(
    ("n_former", "n", "expected"),
    [(0, 100, 20), (100, 110, 20), (1_000, 1_100, 50), (1_000, 2_000, 50), (1_000, 10_000, 250), (100, 10_000, 250)],
)
def test_allowed_moves_follow_what_was_known_and_loosen_once_it_is_little(n_former: int, n: int, expected: int):
    assert max_reassignments(n_former, n, 0.05) == expected


def _split_of_one_topic_in_two(sizes: tuple[int, int]) -> tuple[Proposal, Neighbours]:
    """Two clusters that had one topic; the second is proposed as a separate topic."""
    planted = [plant_topics([number], size) for number, size in zip((1, 2), sizes, strict=True)]
    vectors = np.concatenate([one.corpus.vectors for one in planted])
    proposed = np.repeat([0, 1], sizes)
    return _free(np.zeros(len(vectors), dtype=np.int64), proposed, 1), nearest_neighbours(vectors, 10)


def _free(former: np.ndarray, proposed: np.ndarray, n_former: int) -> Proposal:
    return Proposal(former, proposed, n_former, np.zeros(len(former), dtype=np.bool_), 9)
