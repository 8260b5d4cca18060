"""The three gates as Dagster asset checks: a failure that would put wrong numbers before people blocks publishing.

No postponed annotations here: Dagster looks at them when it decorates.
"""

from collections.abc import Sequence

import dagster as dg
import pandas as pd

from expectations.gate import Finding, GateReport
from expectations.marts import check_marts
from expectations.raw import check_raw
from expectations.topics import check_topics
from orchestration.sql_files import read_sql
from orchestration.warehouse import Warehouse

RAW_EVENTS_KEY = dg.AssetKey(["raw", "events"])
TOPICS_KEY = dg.AssetKey(["ml", "topics"])
SESSIONS_KEY = dg.AssetKey(["marts", "fct_sessions"])


@dg.asset_check(
    asset=RAW_EVENTS_KEY,
    name="raw_gate",
    blocking=True,
    description="What was loaded since the last publication: keys, lengths, times, every line accounted for.",
)
def raw_gate(warehouse: Warehouse) -> dg.AssetCheckResult:
    """Judge the rows and files that no run has published yet, before any SQL builds on them."""
    return as_check_result(check_raw(*_frames(warehouse, ["gate_raw_events", "gate_raw_segments"])))


@dg.asset_check(
    asset=TOPICS_KEY,
    name="topics_gate",
    blocking=True,
    additional_deps=[dg.AssetKey(["ml", "text_topics"]), dg.AssetKey(["ml", "embeddings"])],
    description="Vectors of unit length, every text consistent with its topic, names present and distinct.",
)
def topics_gate(warehouse: Warehouse) -> dg.AssetCheckResult:
    """Judge the topic model before journeys are made of it."""
    names = ["gate_topic_vectors", "gate_topic_texts", "gate_topic_names", "gate_topic_fields"]
    return as_check_result(check_topics(*_frames(warehouse, names)))


@dg.asset_check(
    asset=SESSIONS_KEY,
    name="marts_gate",
    blocking=True,
    additional_deps=[
        dg.AssetKey(["marts", name])
        for name in ("fct_events", "fct_session_steps", "fct_transitions", "agg_journey_variants")
    ],
    description="Events, sessions, steps, transitions and variants add up with one another and with what was loaded.",
)
def marts_gate(warehouse: Warehouse) -> dg.AssetCheckResult:
    """Judge the marts before they are published."""
    names = ["gate_marts_projects", "gate_marts_flows", "gate_marts_sessions"]
    return as_check_result(check_marts(*_frames(warehouse, names)))


GATES = [raw_gate, topics_gate, marts_gate]


def _frames(warehouse: Warehouse, names: Sequence[str]) -> list[pd.DataFrame]:
    with warehouse.connect() as connection:
        return [connection.execute(read_sql(name)).df() for name in names]


def as_check_result(report: GateReport) -> dg.AssetCheckResult:
    """A report as Dagster shows it: blocking failures are errors, the others warnings."""
    failures = [*report.blocking, *report.warnings]
    return dg.AssetCheckResult(
        passed=not failures,
        severity=dg.AssetCheckSeverity.ERROR if report.blocking else dg.AssetCheckSeverity.WARN,
        description="; ".join(_sentence(finding) for finding in failures) or "Everything is as expected.",
        metadata={"expectations": dg.MetadataValue.table([_record(finding) for finding in report.findings])},
    )


def _sentence(finding: Finding) -> str:
    rows = "" if finding.n_unexpected is None else f" ({finding.n_unexpected} rows)"
    return f"{finding.batch}: {finding.because}{rows}"


def _record(finding: Finding) -> dg.TableRecord:
    return dg.TableRecord(
        {
            "batch": finding.batch,
            "expectation": finding.expectation,
            "passed": finding.passed,
            "kind": "warning" if finding.is_warning else "blocking",
            "unexpected_rows": finding.n_unexpected if finding.n_unexpected is not None else "",
            "failing_means": finding.because,
        }
    )
