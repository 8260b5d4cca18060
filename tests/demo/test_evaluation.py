"""Scores equal numbers computed by hand."""

from __future__ import annotations

from collections import Counter

import pytest

from contracts.tables import END, START
from demo.evaluation.scores import (
    Message,
    PathFound,
    correlation,
    count_transitions,
    evaluate,
    expected_transitions,
    filler_scores,
    find_paths,
    majority_intents,
    similarity,
    total_variation,
    translated,
)
from demo.truth import TrueEvent, Truth

MATRIX = {START: {"pay": 1.0}, "pay": {"help": 0.5, END: 0.5}, "help": {END: 1.0}}
TRUTH = Truth(
    fingerprint="f",
    seed=0,
    users=2,
    days=1,
    matrix=MATRIX,
    events=(
        TrueEvent("e1", "s1", "intent", "pay"),
        TrueEvent("e2", "s1", "filler", None),
        TrueEvent("e3", "s1", "intent", "help"),
        TrueEvent("e4", "s2", "intent", "pay"),
        TrueEvent("e5", "s2", "signal", None),
        TrueEvent("e6", "s2", "intent", "pay"),
    ),
)
PERFECT = (
    Message("e1", "A", "t1", "assigned"),
    Message("e2", "A", None, "filler"),
    Message("e3", "A", "t2", "assigned"),
    Message("e4", "B", "t1", "assigned"),
    Message("e6", "B", "t3", "assigned"),
)


def test_recover_everything_right_is_perfect():
    messages = [*PERFECT[:-1], Message("e6", "B", "t1", "assigned"), Message("stranger", "C", "t2", "assigned")]
    evaluation = evaluate(TRUTH, messages, {"A": ["t1", "t2"], "B": ["t1"], "C": ["t2"]})
    assert evaluation.agreement == pytest.approx(1)
    assert (evaluation.n_messages, evaluation.n_intents, evaluation.n_topics, evaluation.n_intents_found) == (
        4,
        2,
        2,
        2,
    )
    assert (evaluation.majority_share, evaluation.filler_precision, evaluation.filler_recall) == (1.0, 1.0, 1.0)
    assert evaluation.transition_correlation == pytest.approx(1)
    assert (evaluation.transition_distance, evaluation.matrix_distance, evaluation.sampling_distance) == (0, 0, 0)
    assert (evaluation.similarity, evaluation.exact_share) == (1, 1)
    assert evaluation.paths == (PathFound(("pay",), 1, 1), PathFound(("pay", "help"), 1, 1))


def test_recover_a_step_too_many_and_a_session_without_any_lower_similarity_and_exactness():
    evaluation = evaluate(TRUTH, PERFECT, {"A": ["t1", "t2", "t9"], "B": []})
    assert evaluation.similarity == pytest.approx((2 / 3 + 0) / 2)
    assert evaluation.exact_share == 0


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [("", "", 1), ("ab", "ab", 1), ("ab", "", 0), ("abc", "axc", 2 / 3), ("kitten", "sitting", 4 / 7)],
)
def test_similarity_is_one_less_the_edit_distance_as_a_share_of_the_longer(first: str, second: str, expected: float):
    assert similarity(first, second) == pytest.approx(expected)


def test_recover_two_topics_of_one_intent_are_one_step():
    evaluation = evaluate(TRUTH, PERFECT, {"A": ["t1", "t2"], "B": ["t1", "t3"]})
    assert evaluation.majority_share == 1
    assert evaluation.transition_distance == 0
    assert evaluation.agreement < 1


def test_recover_messages_without_topic_count_as_missed():
    messages = [
        Message("e1", "A", "t1", "assigned"),
        Message("e2", "A", None, "noise"),
        Message("e3", "A", None, "filler"),
        Message("e4", "B", "t1", "assigned"),
        Message("e6", "B", None, "noise"),
    ]
    evaluation = evaluate(TRUTH, messages, {"A": ["t1"], "B": ["t1"]})
    assert evaluation.majority_share == 0.5
    assert (evaluation.filler_precision, evaluation.filler_recall) == (0.0, 0.0)
    assert evaluation.n_intents_found == 1
    # Simulated: START pay x2, pay help, pay END, help END. Found: START pay x2, pay END x2.
    assert evaluation.transition_distance == pytest.approx((0.1 + 0.2 + 0.3 + 0.2) / 2)


def test_recover_nothing_of_the_simulation_is_refused():
    with pytest.raises(ValueError, match="none of the simulated messages"):
        evaluate(TRUTH, [Message("other", "A", "t1", "assigned")], {})


def test_majority_intents_tie_goes_to_the_first_name():
    pairs = [("t", "b"), ("t", "a"), ("u", "b"), ("u", "b"), ("u", "a"), (None, "a")]
    assert majority_intents(pairs) == {"t": "a", "u": "b"}


def test_translated_unknown_topic_keeps_its_id():
    assert translated(["t1", "t2", "x", "t1"], {"t1": "a", "t2": "a"}) == ("a", "x", "a")


def test_count_moves_has_start_and_end_and_no_empty_path():
    assert count_transitions([("a", "b"), ()]) == {(START, "a"): 1, ("a", "b"): 1, ("b", END): 1}


def test_expected_moves_spreads_leavings_by_the_matrix():
    moves = Counter({(START, "pay"): 4, ("pay", END): 4})
    assert expected_transitions(MATRIX, moves) == {
        (START, "pay"): 4,
        ("pay", "help"): 2,
        ("pay", END): 2,
        ("help", END): 0,
    }


def test_total_variation_known_shares():
    assert total_variation({("a", "b"): 3, ("b", "c"): 1}, {("a", "b"): 1, ("c", "d"): 1}) == pytest.approx(0.5)
    assert total_variation({("a", "b"): 1}, {("b", "a"): 9}) == 1
    assert total_variation({}, {}) == 0
    assert total_variation({("a", "b"): 1}, {}) == 1


def test_correlation_known_values():
    ones = {("a", "b"): 1, ("b", "c"): 2, ("c", "d"): 3}
    assert correlation(ones, {move: number * 5 for move, number in ones.items()}) == pytest.approx(1)
    assert correlation(ones, {move: 9 - number for move, number in ones.items()}) == pytest.approx(-1)
    assert correlation(ones, dict.fromkeys(ones, 4)) == 0
    assert correlation({}, {}) == 0


def test_filler_scores_nothing_called_and_nothing_there_have_no_score():
    assert filler_scores([("filler", True), ("filler", False), ("assigned", True), ("noise", True)]) == (0.5, 1 / 3)
    assert filler_scores([("assigned", True)]) == (None, 0.0)
    assert filler_scores([("filler", False)]) == (0.0, None)


def test_find_paths_most_frequent_first_and_ties_by_name():
    simulated = [("a",), ("b",), ("b",), ("c",)]
    assert find_paths(simulated, [("b",), ("x",)], 2) == (PathFound(("b",), 2, 1), PathFound(("a",), 1, 0))
