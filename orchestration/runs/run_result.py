"""What a pass of the pipeline came to."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class RunResult:
    """What a pass of the pipeline came to.

    Args:
        success: Whether every step and every blocking check passed.
        run_id: Dagster's run, or that of the last publication where nothing had to be done.
        seconds: Wall time.
        is_unchanged: Whether nothing was new, so that nothing was done.
        stages: What each finished stage did, by name: `rows_in`, `rows_out`, `seconds`.
        warnings: What the checks want a person to look at.
        failures: Why it failed, one sentence each.
    """

    success: bool
    run_id: str
    seconds: float = 0.0
    is_unchanged: bool = False
    stages: dict[str, dict[str, int | float]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
