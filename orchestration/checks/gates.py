"""The three gates as Dagster asset checks: each blocks the publication of wrong numbers, and warns of suspicious ones.

No postponed annotations here: Dagster reads them when it decorates.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from contracts.gate_reports import UNKNOWN_PROJECTS, Finding, GateReport, save_report
from contracts.home import Home
from contracts.settings import Settings
from contracts.tables import MARTS
from expectations import marts, raw, topics
from expectations.data_docs import save_results
from expectations.gate import GateResult, gate_check
from orchestration.checks.batches import run_marts_gate, run_raw_gate, run_topics_gate, utc_now
from orchestration.warehouse.resource import Warehouse

RAW_EVENTS_KEY = dg.AssetKey(["raw", "events"])
RAW_SEGMENTS_KEY = dg.AssetKey(["raw", "segments"])
TEXT_TOPICS_KEY = dg.AssetKey(["ml", "text_topics"])
TOPICS_KEY = dg.AssetKey(["ml", "topics"])
FIELDS_KEY = dg.AssetKey(["marts", "dim_fields"])
EVENTS_KEY = dg.AssetKey(["marts", "fct_events"])
SESSIONS_KEY = dg.AssetKey(["marts", "fct_sessions"])

MAX_SENTENCES = 10


def _gate_spec(gate: str, asset: dg.AssetKey, description: str, deps: Sequence[dg.AssetKey] = ()) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        gate_check(gate), asset=asset, description=description, blocking=True, additional_deps=deps
    )


def _warning_specs(warnings: Mapping[str, str], assets: Mapping[str, dg.AssetKey]) -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(check, asset=assets[check], description=f"{description} A failure is only a warning.")
        for check, description in warnings.items()
    ]


RAW_SPECS = [
    _gate_spec(
        raw.GATE,
        RAW_EVENTS_KEY,
        "Events loaded since the last publication: keys, lengths, times, and every line accounted for.",
        [RAW_SEGMENTS_KEY, *(dg.AssetKey(["raw", name]) for name in ("projects", "deleted_projects"))],
    ),
    *_warning_specs(
        raw.WARNINGS,
        {
            "rejected_lines": RAW_SEGMENTS_KEY,
            UNKNOWN_PROJECTS: RAW_SEGMENTS_KEY,
            "volume": RAW_EVENTS_KEY,
            "silence": RAW_EVENTS_KEY,
        },
    ),
]
TOPIC_SPECS = [
    _gate_spec(
        topics.GATE,
        TOPICS_KEY,
        "Unit vectors, every text consistent with its topic, names present and distinct.",
        [TEXT_TOPICS_KEY, dg.AssetKey(["ml", "embeddings"])],
    ),
    *_warning_specs(topics.WARNINGS, dict.fromkeys(topics.WARNINGS, TEXT_TOPICS_KEY)),
]
MART_SPECS = [
    _gate_spec(
        marts.GATE,
        SESSIONS_KEY,
        "All marts agree with one another and with what was loaded: sums, flows, shares, intervals.",
        [key for table in MARTS if (key := dg.AssetKey([table.schema, table.name])) != SESSIONS_KEY],
    ),
    *_warning_specs(
        marts.WARNINGS,
        {
            "field_types": FIELDS_KEY,
            "implausible_times": EVENTS_KEY,
            "single_fields": FIELDS_KEY,
            "short_answers": FIELDS_KEY,
            "doubtful_ids": SESSIONS_KEY,
            "automated_sessions": SESSIONS_KEY,
            "overlong_sessions": SESSIONS_KEY,
        },
    ),
]


@dg.multi_asset_check(name="raw_gate", specs=RAW_SPECS)
def raw_gate(
    context: dg.AssetCheckExecutionContext, warehouse: Warehouse, settings: dg.ResourceParam[Settings]
) -> Iterator[dg.AssetCheckResult]:
    """Check the rows and files that are not published yet, before any SQL builds on them."""
    with warehouse.connect() as connection:
        gate_result = run_raw_gate(connection, settings, utc_now())
    yield from _results(context, settings, gate_result, RAW_SPECS)


@dg.multi_asset_check(name="topics_gate", specs=TOPIC_SPECS)
def topics_gate(
    context: dg.AssetCheckExecutionContext, warehouse: Warehouse, settings: dg.ResourceParam[Settings]
) -> Iterator[dg.AssetCheckResult]:
    """Check the topic model before journeys are computed from it."""
    with warehouse.connect() as connection:
        gate_result = run_topics_gate(connection)
    yield from _results(context, settings, gate_result, TOPIC_SPECS)


@dg.multi_asset_check(name="marts_gate", specs=MART_SPECS)
def marts_gate(
    context: dg.AssetCheckExecutionContext, warehouse: Warehouse, settings: dg.ResourceParam[Settings]
) -> Iterator[dg.AssetCheckResult]:
    """Check the marts before they are published."""
    with warehouse.connect() as connection:
        gate_result = run_marts_gate(connection)
    yield from _results(context, settings, gate_result, MART_SPECS)


GATES = [raw_gate, topics_gate, marts_gate]


def _results(
    context: dg.AssetCheckExecutionContext,
    settings: Settings,
    gate_result: GateResult,
    specs: Sequence[dg.AssetCheckSpec],
) -> Iterator[dg.AssetCheckResult]:
    """Store the report for `turret status` and the pages, and return it to Dagster, warnings first."""
    home = Home(settings.home)
    save_report(home.checks, gate_result.report, context.run.run_id)
    save_results(home.checks, gate_result, context.run.run_id)
    for spec in reversed(specs):
        yield as_check_result(gate_result.report, spec)


def as_check_result(report: GateReport, spec: dg.AssetCheckSpec) -> dg.AssetCheckResult:
    """Convert a report's result of one check for Dagster."""
    findings = report.of_check(spec.name)
    failed = [finding for finding in findings if not finding.passed]
    blocks = any(not finding.is_warning for finding in failed)
    return dg.AssetCheckResult(
        passed=not failed,
        check_name=spec.name,
        asset_key=spec.asset_key,
        severity=dg.AssetCheckSeverity.ERROR if blocks else dg.AssetCheckSeverity.WARN,
        description=" ".join(finding.summary for finding in failed[:MAX_SENTENCES]) or "All expectations are met.",
        metadata={
            "failing rows": sum(finding.n_failing for finding in failed),
            **_failing(failed),
            "expectations": dg.MetadataValue.table([_record(finding) for finding in findings], _schema("checked rows")),
        },
    )


def _failing(failed: Sequence[Finding]) -> dict[str, dg.MetadataValue[Any]]:
    """Return the failures as a table, above all expectations."""
    if not failed:
        return {}
    return {"failing": dg.MetadataValue.table([_failure(finding) for finding in failed], _schema("failing keys"))}


def _schema(last: str) -> dg.TableSchema:
    types = {"failing rows": "int", "checked rows": "int", "passed": "bool"}
    names = ["a failure means", "passed", "failing rows", last, "batch", "expectation"]
    return dg.TableSchema([dg.TableColumn(name, types.get(name, "string")) for name in names])


def _failure(finding: Finding) -> dg.TableRecord:
    return dg.TableRecord({**_summary(finding), "failing keys": ", ".join(finding.failing_keys)})


def _record(finding: Finding) -> dg.TableRecord:
    return dg.TableRecord({**_summary(finding), "checked rows": finding.n_judged})


def _summary(finding: Finding) -> dict[str, str | int | bool]:
    return {
        "batch": finding.batch,
        "expectation": finding.expectation,
        "a failure means": finding.because,
        "passed": finding.passed,
        "failing rows": finding.n_failing,
    }
