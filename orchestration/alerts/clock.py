"""What the clock judges, with or without new data: silence, used quotas, and a failed run. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from projects.alerts.records import Finding, RuleReading

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from projects.records import Usage

HOUR = timedelta(hours=1)
LOOKED_BACK = timedelta(days=42)
USUAL = timedelta(days=28)
MIN_ACTIVE_DAYS = 3
"""Of the two weeks before the last event; a project with fewer was never regular."""


@dataclass(frozen=True)
class FailedRun:
    """The last run of the pipeline, if it failed.

    Attributes:
        run_id: the run.
        ended_at: when it failed, UTC, aware.
        stage: the title of the stage in which it ended; None if it is not known.
    """

    run_id: str
    ended_at: datetime
    stage: str | None = None


def judge_run(run: FailedRun | None, since: datetime) -> list[Finding]:
    """Find the last run, if it failed after `since`. The sentence has no message of the error, which may quote data."""
    if run is None or run.ended_at < since:
        return []
    where = f" in the stage “{run.stage}”" if run.stage else ""
    sentence = (
        f"A run of the pipeline failed{where} at {_minute(run.ended_at)}. The last good numbers stay in place. "
        "`turret run` tries again and shows the error."
    )
    facts = {"run": {"id": run.run_id, "stage": run.stage}, "sentence": sentence, "href": "/"}
    return [Finding("run", f"run {run.run_id}", facts)]


def judge_silence(hours: Collection[datetime], now: datetime, threshold_h: float) -> list[Finding]:
    """Find that no event has arrived for `threshold_h` hours, and for longer than at any time in four weeks before.

    Args:
        hours: the hours in which events arrived, aware.
        now: the time.
        threshold_h: number of hours.
    """
    if not hours:
        return []
    last, silent, longest = _silences(hours, now)
    n_days = len({hour.date() for hour in hours if hour >= last - timedelta(days=14)})
    if silent < threshold_h * HOUR or silent <= longest or n_days < MIN_ACTIVE_DAYS:
        return []
    n_hours = int(silent / HOUR)
    sentence = (
        f"No event has arrived for {n_hours:,} hours, since {_minute(last + HOUR)}. The longest silence in the four "
        f"weeks before was {int(longest / HOUR):,} hours."
    )
    facts = {"silence": {"hours": n_hours, "since": (last + HOUR).isoformat()}, "sentence": sentence, "href": "/"}
    return [Finding("silence", f"silence {last.isoformat()}", facts)]


def read_silence(hours: Collection[datetime], now: datetime) -> RuleReading:
    """Return the hours since the last hour in which events arrived, and what else has to be exceeded."""
    if not hours:
        return RuleReading(note="no event has arrived in six weeks")
    _, silent, longest = _silences(hours, now)
    note = f"the longest silence in four weeks was {int(longest / HOUR):,} hours"
    return RuleReading(max(0.0, silent / HOUR), note=note)


def _silences(hours: Collection[datetime], now: datetime) -> tuple[datetime, timedelta, timedelta]:
    """Return the last hour with events, how long ago it ended, and the longest silence in the four weeks before."""
    last = max(hours)
    recent = sorted(hour for hour in hours if hour >= last - USUAL)
    longest = max((later - earlier for earlier, later in pairwise(recent)), default=HOUR) - HOUR
    return last, now - (last + HOUR), longest


def judge_quota(usage: Usage, threshold: float) -> list[Finding]:
    """Find that a project has used a share of its limit, or that its trial is over."""
    allowance, limit = usage.allowance, usage.allowance.limit
    if limit is None or (usage.used < threshold * limit and not allowance.is_over):
        return []
    used = f"{usage.used:,} of {limit:,} events ({usage.used / limit:.0%}) are used"
    if allowance.is_over:
        sentence, state = f"The trial has ended: new events are refused since {_minute(allowance.ends_at)}.", "over"
    elif usage.used >= limit:
        sentence, state = (
            f"The quota is used up: {used}; new events are refused until {_minute(allowance.ends_at)}.",
            "used up",
        )
    else:
        sentence, state = f"The quota is nearly used: {used}, until {_minute(allowance.ends_at)}.", "nearly used"
    facts = {
        "quota": {"used": usage.used, "limit": limit, "ends_at": allowance.ends_at.isoformat(), "state": state},
        "sentence": sentence,
        "href": "/settings/plan",
    }
    return [Finding(f"quota {state}", f"quota {state} {allowance.starts_at.isoformat()}", facts)]


def hours_received(landing: Path, project_id: str, now: datetime) -> list[datetime]:
    """Return the hours (UTC) of the last six weeks in which events of a project arrived, by the names of folders."""
    found = []
    for folder in (landing / f"project_id={project_id}").glob("date=*/hour=*"):
        try:
            hour = datetime.strptime(f"{folder.parent.name} {folder.name}", "date=%Y-%m-%d hour=%H").replace(tzinfo=UTC)
        except ValueError:  # somebody's own folder
            continue
        if hour >= now - LOOKED_BACK:
            found.append(hour)
    return sorted(found)


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
