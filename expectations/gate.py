"""Run suites over frames and describe the failures in plain sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contracts.gate_reports import Finding, GateReport
from expectations.errors import CheckRaisedError
from expectations.library import ProgressBarsConfig, gx
from expectations.rule import RULE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult
    from great_expectations.core.batch_definition import BatchDefinition

    from expectations.rule import Batch, Rule

MAX_KEYS = 10
COUNTS = {"result_format": "BASIC"}
ALL_FAILURES = {"result_format": "COMPLETE", "include_unexpected_rows": False}
"""Formats of results. The library computes more metrics for the second, which only failures need."""


@dataclass(frozen=True)
class GateResult:
    """The report of a gate, with Great Expectations' own results by batch for its pages."""

    report: GateReport
    results: dict[str, ExpectationSuiteValidationResult]


def run_gate(gate: str, batches: Sequence[Batch]) -> GateResult:
    """Check every batch, including empty frames.

    Raises:
        CheckRaisedError: an expectation could not be evaluated.
    """
    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(enable=False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas(gate).add_dataframe_asset("frame")
    whole = asset.add_batch_definition_whole_dataframe("all")  # one for all frames: adding one costs as much as a rule
    results = {batch.name: _validate(whole, gate, batch) for batch in batches}
    findings = [finding for batch in batches for finding in _findings(gate, batch, results[batch.name])]
    return GateResult(GateReport(gate, tuple(findings)), results)


def gate_check(gate: str) -> str:
    """Return the name of a gate's blocking check, as Dagster shows it."""
    return f"{gate}_gate"


def _validate(definition: BatchDefinition[Any], gate: str, batch: Batch) -> ExpectationSuiteValidationResult:
    suite = gx.ExpectationSuite(f"{gate}.{batch.name}", expectations=[rule.expectation for rule in batch.rules])
    data = definition.get_batch(batch_parameters={"dataframe": batch.frame})
    result = data.validate(suite, result_format=COUNTS)
    if not all(each.success for each in result.results):
        result = data.validate(suite, result_format=ALL_FAILURES)
    return result


def _findings(gate: str, batch: Batch, results: ExpectationSuiteValidationResult) -> Iterator[Finding]:
    rules = {rule.name: rule for rule in batch.rules}
    for result in results.results:
        config = result.expectation_config
        if config is None:
            raise CheckRaisedError(f"Great Expectations gave a result without its expectation for {batch.name}.")
        yield _finding(gate, batch, rules[config.meta[RULE]], result)


def _finding(gate: str, batch: Batch, rule: Rule, result: ExpectationValidationResult) -> Finding:
    name = _signature(rule)
    if raised := _exception_message(result):
        raise CheckRaisedError(f"The check {name} on {batch.name} could not be evaluated: {raised}")
    places = (result.result or {}).get("unexpected_index_list") or []
    failing = batch.frame.loc[places] if places else batch.frame.iloc[:0]
    if not result.success and failing.empty:
        raise CheckRaisedError(f"The check {name} on {batch.name} failed without saying where.")
    return Finding(
        check=rule.check or gate_check(gate),
        batch=batch.name,
        rule=rule.name,
        expectation=name,
        because=rule.because,
        is_warning=rule.check is not None,
        passed=bool(result.success),
        n_judged=len(batch.frame),
        n_failing=int(failing[rule.counted].sum()) if rule.counted else len(failing),
        failing_keys=tuple(_keys(batch, rule, failing))[:MAX_KEYS],
        sentences=tuple(_sentences(batch, rule, failing)),
    )


def _keys(batch: Batch, rule: Rule, failing: pd.DataFrame) -> Iterator[str]:
    for row in _rows(failing):
        own = _own_key(batch, row)
        if rule.keys is None:
            yield _printable(own)
        else:
            yield from (_printable(f"{own} {key}") for key in row[rule.keys])


def _sentences(batch: Batch, rule: Rule, failing: pd.DataFrame) -> Iterator[str]:
    for row in _rows(failing):
        if rule.sentence:
            yield _printable(rule.sentence.format(**row))
        else:
            yield _printable(f"{_own_key(batch, row)}: {rule.because}{_evidence(rule, row)}.")


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    if frame.empty:
        return []  # pandas takes a millisecond for each of its columns to say so
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _own_key(batch: Batch, row: dict[str, Any]) -> str:
    return " ".join(str(row[column]) for column in batch.key)


def _printable(text: str) -> str:
    """Replace characters that could control a terminal; keys are named by apps."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def _evidence(rule: Rule, row: dict[str, Any]) -> str:
    if rule.counted:
        return f" ({row[rule.counted]:,} of them)"
    return f" ({', '.join(f'{column} {row[column]}' for column in _columns(rule))})"


def _signature(rule: Rule) -> str:
    return f"{rule.expectation.expectation_type}({', '.join(_columns(rule))})"


def _columns(rule: Rule) -> list[str]:
    arguments = rule.expectation.configuration.kwargs
    named = [arguments.get(key) for key in ("column", "column_A", "column_B")]
    return [column for column in [*named, *arguments.get("column_list", [])] if column]


def _exception_message(result: ExpectationValidationResult) -> str:
    """Return the message of the expectation's exception, if any.

    For failing metrics the library nests it per metric.
    """
    info = result.exception_info or {}
    entries = [info, *(value for value in info.values() if isinstance(value, dict))]
    return "; ".join(str(entry.get("exception_message")) for entry in entries if entry.get("raised_exception"))
