"""The marts gate: whether the numbers about to be published add up with one another and with what was loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import great_expectations.expectations as gxe

from expectations.gate import BECAUSE, Batch, GateReport, run_gate

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.expectations.expectation import Expectation


def check_marts(projects: pd.DataFrame, flows: pd.DataFrame, sessions: pd.DataFrame) -> GateReport:
    """Judge the marts against each other and against `raw.events`.

    Args:
        projects: Per project, counts of the same thing from two places: `n_raw_events, n_fact_events,
            n_session_events` and `n_sessions, n_variant_sessions` and `n_steps, n_session_steps`.
        flows: Per project and topic: `n_in, n_out` over all transitions.
        sessions: `duration_s, n_events, n_surplus_moves` per session; the surplus is transitions minus (steps + 1),
            or transitions where there are no steps.

    Raises:
        CheckRaisedError: a column is missing or of the wrong kind.
    """
    batches = [
        Batch("projects", projects, _projects()),
        Batch("flows", flows, _flows()),
        Batch("sessions", sessions, _sessions()),
    ]
    return run_gate("marts", batches)


def _equal(left: str, right: str, because: str) -> Expectation:
    return gxe.ExpectColumnPairValuesToBeEqual(
        column_A=left, column_B=right, ignore_row_if="neither", meta={BECAUSE: because}
    )


def _projects() -> list[Expectation]:
    return [
        _equal("n_raw_events", "n_fact_events", "events were lost or doubled on their way to fct_events"),
        _equal("n_raw_events", "n_session_events", "the sessions' events do not sum to the events"),
        _equal("n_sessions", "n_variant_sessions", "the variants do not sum to the sessions"),
        _equal("n_steps", "n_session_steps", "the sessions' steps do not sum to the steps"),
    ]


def _flows() -> list[Expectation]:
    return [_equal("n_in", "n_out", "more journeys enter a topic than leave it, or the other way round")]


def _sessions() -> list[Expectation]:
    return [
        gxe.ExpectColumnValuesToBeBetween(
            column="duration_s", min_value=0, meta={BECAUSE: "a session ends before it starts"}
        ),
        gxe.ExpectColumnValuesToBeBetween(column="n_events", min_value=1, meta={BECAUSE: "a session has no events"}),
        gxe.ExpectColumnValuesToBeBetween(
            column="n_surplus_moves",
            min_value=0,
            max_value=0,
            meta={BECAUSE: "a journey does not have one move more than steps"},
        ),
    ]
