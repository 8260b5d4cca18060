"""The gates: sound data passes, and a deliberate fault for every expectation shows that it can fail."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from expectations.errors import CheckRaisedError
from expectations.marts import check_marts
from expectations.raw import check_raw
from expectations.topics import check_topics

if TYPE_CHECKING:
    from expectations.gate import GateReport

PROJECT = "prj_0123456789abcdef"

RAW = {
    "events": {
        "project_id": [PROJECT, PROJECT],
        "event_id": ["a", "b"],
        "name": ["message", "message"],
        "session_id": ["s", "s"],
        "user_id": ["u", "v"],
        "hours_ahead": [-1.0, 0.5],
        "is_object": [True, True],
    },
    "segments": {"segment": ["x", "y"], "n_lines": [3, 0], "n_accounted": [3, 0], "rejected_share": [0.0, 0.0]},
}
TOPICS = {
    "vectors": {"n_dimensions": [1], "least_length": [1.0], "greatest_length": [1.0]},
    "texts": {
        "topic_status": ["assigned", "noise", "filler"],
        "topic_confidence": [0.7, math.nan, math.nan],
        "is_consistent": [True, True, True],
    },
    "topics": {
        "project_id": [PROJECT, PROJECT],
        "field": ["prompt", "prompt"],
        "topic_id": ["t1", "t2"],
        "label": ["Reset a password", "Team pricing"],
        "label_source": ["llm", "keyphrases"],
    },
    "fields": {"noise_share": [0.02]},
}
MARTS = {
    "projects": {
        "n_raw_events": [5],
        "n_fact_events": [5],
        "n_session_events": [5],
        "n_sessions": [2],
        "n_variant_sessions": [2],
        "n_steps": [3],
        "n_session_steps": [3],
    },
    "flows": {"n_in": [2, 1], "n_out": [2, 1]},
    "sessions": {"duration_s": [0.0, 9.5], "n_events": [1, 4], "n_surplus_moves": [0, 0]},
}
GATES = {"raw": (check_raw, RAW), "topics": (check_topics, TOPICS), "marts": (check_marts, MARTS)}

FAULTS = [
    ("raw", "events", "project_id", None, "without project_id"),
    ("raw", "events", "event_id", None, "without event_id"),
    ("raw", "events", "name", None, "without name"),
    ("raw", "events", "session_id", None, "without session_id"),
    ("raw", "events", "user_id", None, "without user_id"),
    ("raw", "events", "event_id", "x" * 256, "event_id is empty or too long"),
    ("raw", "events", "name", "", "name is empty or too long"),
    ("raw", "events", "session_id", "x" * 256, "session_id is empty or too long"),
    ("raw", "events", "user_id", "", "user_id is empty or too long"),
    ("raw", "events", "event_id", "b", "count twice"),
    ("raw", "events", "project_id", "../../etc", "no project that Turret made"),
    ("raw", "events", "hours_ahead", 24.5, "future"),
    ("raw", "events", "is_object", False, "not a JSON object"),
    ("raw", "segments", "segment", "y", "loaded twice"),
    ("raw", "segments", "n_accounted", 2, "neither loaded"),
    ("topics", "vectors", "n_dimensions", 2, "differ in size"),
    ("topics", "vectors", "least_length", 0.2, "unit length"),
    ("topics", "vectors", "greatest_length", 1.4, "unit length"),
    ("topics", "texts", "topic_status", "lost", "no mart knows"),
    ("topics", "texts", "topic_confidence", 1.5, "outside 0 to 1"),
    ("topics", "texts", "is_consistent", False, "assigned without a topic"),
    ("topics", "topics", "label", None, "no name"),
    ("topics", "topics", "label", "x" * 81, "too long"),
    ("topics", "topics", "label", "Team pricing", "same name"),
    ("topics", "topics", "topic_id", "t2", "stands twice"),
    ("topics", "topics", "label_source", "guess", "where it comes from"),
    ("marts", "projects", "n_fact_events", 4, "lost or doubled"),
    ("marts", "projects", "n_session_events", 4, "do not sum to the events"),
    ("marts", "projects", "n_variant_sessions", 3, "variants do not sum"),
    ("marts", "projects", "n_session_steps", 4, "do not sum to the steps"),
    ("marts", "flows", "n_out", 3, "enter a topic"),
    ("marts", "sessions", "duration_s", -1.0, "ends before it starts"),
    ("marts", "sessions", "n_events", 0, "no events"),
    ("marts", "sessions", "n_surplus_moves", 1, "one move more"),
]
WARNINGS = [
    ("raw", "segments", "rejected_share", 0.2, "quarantine"),
    ("topics", "fields", "noise_share", 0.8, "noise"),
]


def judge(gate: str, batch: str = "", column: str = "", value: object = None) -> GateReport:
    """Run a gate over sound frames, with one value put in the first row of one column where one is named."""
    check, sound = GATES[gate]
    frames = {name: pd.DataFrame(columns) for name, columns in sound.items()}
    if batch:
        frames[batch][column] = [value, *frames[batch][column][1:]]
    return check(*frames.values())


@pytest.mark.parametrize("gate", GATES)
def test_gate_over_sound_data_passes(gate):
    report = judge(gate)
    assert report.findings
    assert [finding for finding in report.findings if not finding.passed] == []


@pytest.mark.parametrize("gate", GATES)
def test_gate_over_empty_frames_passes(gate):
    check, sound = GATES[gate]
    report = check(*(pd.DataFrame(columns).iloc[:0] for columns in sound.values()))
    assert [finding for finding in report.findings if not finding.passed] == []


@pytest.mark.parametrize(("gate", "batch", "column", "value", "because"), FAULTS)
def test_gate_with_a_fault_blocks_and_says_why(gate, batch, column, value, because):
    assert any(because in finding.because for finding in judge(gate, batch, column, value).blocking)


@pytest.mark.parametrize(("gate", "batch", "column", "value", "because"), WARNINGS)
def test_gate_with_something_to_look_at_warns_and_does_not_block(gate, batch, column, value, because):
    report = judge(gate, batch, column, value)
    assert report.blocking == ()
    assert [because in finding.because for finding in report.warnings] == [True]


@pytest.mark.parametrize("gate", GATES)
def test_every_expectation_of_a_gate_has_a_fault_above(gate):
    proven = {because for name, *_, because in (*FAULTS, *WARNINGS) if name == gate}
    unproven = [f.because for f in judge(gate).findings if not any(because in f.because for because in proven)]
    assert unproven == []


def test_gate_with_a_missing_column_raises_instead_of_failing():
    frames = [pd.DataFrame(columns) for columns in MARTS.values()]
    frames[1] = frames[1].drop(columns="n_out")
    with pytest.raises(CheckRaisedError, match="could not be evaluated"):
        check_marts(*frames)
