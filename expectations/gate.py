"""Run suites over frames and say in plain words what was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import great_expectations as gx
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.expectations.metadata_types import FailureSeverity

from expectations.errors import CheckRaisedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.expectations.expectation import Expectation

BECAUSE = "because"


@dataclass(frozen=True)
class Batch:
    """A frame and what is expected of it. Each expectation says in `meta["because"]` what it would mean to fail."""

    name: str
    frame: pd.DataFrame
    expectations: Sequence[Expectation]


@dataclass(frozen=True)
class Finding:
    """What one expectation found. It carries counts, never values, so that no message text can leak into a log.

    Args:
        batch: Name of the frame.
        expectation: Type of the expectation, with its columns.
        because: What a failure means.
        is_warning: Whether a failure warns instead of blocking.
        passed: Whether the data is as expected.
        n_unexpected: Rows that are not; None where rows are not what is judged.
    """

    batch: str
    expectation: str
    because: str
    is_warning: bool
    passed: bool
    n_unexpected: int | None


@dataclass(frozen=True)
class GateReport:
    """Everything a gate found."""

    gate: str
    findings: tuple[Finding, ...]

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """Failures that must stop publishing."""
        return tuple(finding for finding in self.findings if not finding.passed and not finding.is_warning)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Failures that a person should look at."""
        return tuple(finding for finding in self.findings if not finding.passed and finding.is_warning)


def run_gate(gate: str, batches: Sequence[Batch]) -> GateReport:
    """Judge every batch; empty frames are judged too.

    Raises:
        CheckRaisedError: an expectation could not be evaluated.
    """
    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(enable=False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_pandas(gate)
    findings = [finding for batch in batches for finding in _judge(source, batch)]
    return GateReport(gate, tuple(findings))


def _judge(source: Any, batch: Batch) -> Iterator[Finding]:
    definition = source.add_dataframe_asset(batch.name).add_batch_definition_whole_dataframe("all")
    suite = gx.ExpectationSuite(batch.name, expectations=list(batch.expectations))
    data = definition.get_batch(batch_parameters={"dataframe": batch.frame})
    for result in data.validate(suite, result_format={"result_format": "BASIC"}).results:
        yield _finding(batch.name, result)


def _finding(batch: str, result: ExpectationValidationResult) -> Finding:
    config = result.expectation_config
    if config is None:
        raise CheckRaisedError(f"Great Expectations gave a result without its expectation for {batch}.")
    columns = ", ".join(_columns(config.kwargs))
    name = f"{config.type}({columns})" if columns else config.type
    if raised := _exception_message(result):
        raise CheckRaisedError(f"The check {name} on {batch} could not be evaluated: {raised}")
    return Finding(
        batch=batch,
        expectation=name,
        because=str((config.meta or {}).get(BECAUSE, "")),
        is_warning=config.severity == FailureSeverity.WARNING,
        passed=bool(result.success),
        n_unexpected=(result.result or {}).get("unexpected_count"),
    )


def _columns(kwargs: dict[str, Any]) -> list[str]:
    named = [kwargs.get(key) for key in ("column", "column_A", "column_B")]
    return [column for column in [*named, *kwargs.get("column_list", [])] if column]


def _exception_message(result: ExpectationValidationResult) -> str:
    """Why the expectation raised, or nothing. The library nests this per metric when metrics fail."""
    info = result.exception_info or {}
    entries = [info, *(value for value in info.values() if isinstance(value, dict))]
    return "; ".join(str(entry.get("exception_message")) for entry in entries if entry.get("raised_exception"))
