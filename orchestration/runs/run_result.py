"""The result of a pipeline run."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class RunResult:
    """The result of a pipeline run.

    Args:
        success: whether every step and every blocking check passed.
        run_id: Dagster's run, or that of the last publication if there was nothing to do.
        seconds: wall time.
        is_unchanged: whether there was nothing to do.
        stages: the numbers of each finished stage, by name: `rows_in`, `rows_out`, `seconds`.
        warnings: the warnings of the checks.
        failures: the reasons of a failure, one sentence each.
    """

    success: bool
    run_id: str
    seconds: float = 0.0
    is_unchanged: bool = False
    stages: dict[str, dict[str, int | float]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
