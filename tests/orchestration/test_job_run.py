"""What a failed run says of its steps."""

from __future__ import annotations

import dagster as dg
import pytest

from orchestration.errors import DbtBuildError
from orchestration.job_run import failed_steps


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (DbtBuildError("dbt stopped: the disk is full."), "dbt stopped: the disk is full."),
        (ValueError("no number: 7"), "ValueError: no number: 7"),
    ],
)
def test_failed_step_says_our_sentences_alone_and_other_errors_with_their_class(error, sentence):
    @dg.op
    def model() -> None:
        raise RuntimeError from error

    @dg.job
    def run() -> None:
        model()

    assert failed_steps(run.execute_in_process(raise_on_error=False)) == [f"model: {sentence}"]
