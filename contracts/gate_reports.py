"""The findings of a gate, and the files that store them for `turret status` and the dashboard."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import orjson

from contracts.durable_files import write_file
from contracts.errors import TurretError
from contracts.home import PROJECT_ID_PATTERN

if TYPE_CHECKING:
    from pathlib import Path

GATES = ("raw", "topics", "marts")
"""The gates, in the order in which data passes them."""

UNKNOWN_PROJECTS = "unknown_projects"
"""The check of the raw gate for files of projects that the projects database does not have."""
MAX_SENTENCES = 3
"""Sentences of a warning about each project; the others are counted."""
MAX_SENTENCES_OF_ALL = 30


class ReportError(TurretError):
    """A kept report cannot be read."""


@dataclass(frozen=True)
class Finding:
    """The result of one rule. It holds counts and keys, never texts of users.

    Args:
        check: Name of the check it belongs to, as Dagster shows it.
        batch: Name of the frame that was checked.
        rule: The rule's name, unique in its gate.
        expectation: Type of the expectation, with its columns.
        because: What a failure means.
        is_warning: Whether a failure warns instead of blocking.
        passed: Whether the data is as expected.
        n_judged: Rows of the frame.
        n_failing: Number of failing rows of the tables that the frame counts; 0 if the rule passes.
        failing_keys: Keys of a few of them.
        sentences: Explanations for people, one for each failing row of the frame; empty if the rule passes.
    """

    check: str
    batch: str
    rule: str
    expectation: str
    because: str
    is_warning: bool
    passed: bool
    n_judged: int
    n_failing: int
    failing_keys: tuple[str, ...]
    sentences: tuple[str, ...]

    @property
    def summary(self) -> str:
        """The first sentences about each project; empty if the rule passes."""
        n_told: Counter[str] = Counter()
        told: list[str] = []
        for sentence in self.sentences:
            found = PROJECT_ID_PATTERN.match(sentence)
            project = found[0] if found else ""
            if n_told[project] < MAX_SENTENCES and len(told) < MAX_SENTENCES_OF_ALL:
                told.append(sentence)
            n_told[project] += 1
        n_more = len(self.sentences) - len(told)
        return " ".join([*told, f"And {n_more} more like it."] if n_more else told)


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

    def of_check(self, check: str) -> tuple[Finding, ...]:
        """Return the findings of one check."""
        return tuple(finding for finding in self.findings if finding.check == check)


def save_report(folder: Path, report: GateReport, run_id: str) -> None:
    """Store the report as the newest of its gate."""
    folder.mkdir(parents=True, exist_ok=True)
    document = orjson.dumps({"run_id": run_id, **asdict(report)}, option=orjson.OPT_INDENT_2)
    write_file(_place(folder, report.gate), document)


def read_reports(folder: Path) -> list[GateReport]:
    """Return the newest report of every gate that has run.

    Raises:
        ReportError: a file is not one that `save_report` wrote.
    """
    return [report for gate in GATES if (report := read_report(folder, gate))]


def read_report(folder: Path, gate: str) -> GateReport | None:
    """Return the newest report of a gate, or None before the first.

    Raises:
        ReportError: the file is not one that `save_report` wrote.
    """
    place = _place(folder, gate)
    if not place.exists():
        return None
    try:
        findings = orjson.loads(place.read_bytes())["findings"]
        return GateReport(gate, tuple(Finding(**_with_tuples(finding)) for finding in findings))
    except (KeyError, TypeError, orjson.JSONDecodeError) as error:
        raise ReportError(f"{place} is no report of a gate; remove it and run the pipeline again.") from error


def _with_tuples(finding: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in finding.items()}


def _place(folder: Path, gate: str) -> Path:
    return folder / f"{gate}.json"
