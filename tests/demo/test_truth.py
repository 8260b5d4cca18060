"""The truth survives its file, and a damaged file is named."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from demo.errors import TruthError
from demo.truth import TrueEvent, Truth, load_truth, save_truth, truth_file

if TYPE_CHECKING:
    from pathlib import Path

TRUTH = Truth(
    fingerprint="0123abcd",
    seed=1,
    users=2,
    days=3,
    matrix={"START": {"a": 1.0}, "a": {"END": 1.0}},
    events=(
        TrueEvent("e1", "s1", "filler", None),
        TrueEvent("e2", "s1", "intent", "a"),
        TrueEvent("e3", "s1", "signal", None),
        TrueEvent("e4", "s1", "intent", "a"),
        TrueEvent("e5", "s1", "intent", "b"),
        TrueEvent("e6", "s1", "intent", "a"),
        TrueEvent("e7", "s2", "off_topic", None),
    ),
)


def test_save_truth_load_truth_gives_the_same(tmp_path: Path):
    path = save_truth(TRUTH, tmp_path / "demo")
    assert path == truth_file(tmp_path / "demo", "0123abcd")
    assert load_truth(path) == TRUTH


def test_paths_repeats_filler_and_signals_are_no_steps():
    assert TRUTH.paths() == {"s1": ("a", "b", "a")}


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"events": [["e", "s", "guess", null, true]]}', '{"events": [[1]]}']
)
def test_load_truth_damaged_file_is_named(tmp_path: Path, content: str):
    path = tmp_path / "truth-x.json"
    path.write_text(content)
    with pytest.raises(TruthError, match=r"truth-x\.json cannot be read"):
        load_truth(path)


def test_friction_counts_sessions_of_an_intent_with_an_answer_that_did_not_help():
    asked = (("s1", "a", True), ("s1", "b", False), ("s1", "a", False), ("s2", "a", True), ("s2", "a", True))
    events = tuple(
        TrueEvent(f"e{place}", session, "intent", intent, is_answered)
        for place, (session, intent, is_answered) in enumerate(asked)
    )
    assert replace(TRUTH, events=(*events, TrueEvent("e9", "s3", "filler", None))).friction() == {
        "a": (2, 1),
        "b": (1, 1),
    }


def test_load_truth_missing_file_is_named(tmp_path: Path):
    with pytest.raises(TruthError, match=r"truth-y\.json cannot be read"):
        load_truth(tmp_path / "truth-y.json")
