"""How often alerts fire although nothing has changed, and how soon they fire when a topic doubles.

Traffic of 50 topics is simulated (`tests/factories/traffic.py`): users with favourite topics, sessions that stay with a
topic, weekends. Each day is judged like the version that a run in the following night publishes. For false alarms
nothing changes, and every finding counts, whatever the cooldown. For power, the messages or friction of a topic double
from a day on, or negative feedback, or half as many sessions reach the goal.

    python -m bench.alerts_false_alarms
    python -m bench.alerts_false_alarms --months 12 --rounds 10 --sessions 200
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, get_args

import duckdb

from dashboard.alerts.judgement import MIN_BASELINE, judge
from projects.alerts.records import PUBLISHED_KINDS, THRESHOLDS, TREND_KINDS, AlertRule, RuleKind
from projects.alerts.rules import DEFAULT_COOLDOWN_HOURS, DEFAULT_DAYS
from projects.alerts.validation import parse_segment
from tests.factories.traffic import PROJECT, Planted, Traffic

if TYPE_CHECKING:
    from collections.abc import Iterator

DAYS_OF_MONTH = 30
MIN_PEOPLE = 5
KINDS = [kind for kind in get_args(RuleKind) if kind in PUBLISHED_KINDS]
BEFORE = 35
"""Days before a planted change."""
WATCHED = 21
"""Days after it in which an alert is awaited."""
PLACES = (0, 2, 5, 10, 20, 40)
"""Topics that are changed, by their place: their shares are those of Zipf's law."""
ALL = -1
"""All topics, which is the feedback of the whole project."""


def findings(
    traffic: Traffic, kinds: list[RuleKind], days: range, n_days: int, segment: tuple[str, str] | None
) -> Iterator[tuple[int, RuleKind, str]]:
    """Judge each day; yield the number of the day, the kind and the subject of each finding."""
    with duckdb.connect() as connection:
        traffic.write(connection)
        for day in days:
            snapshot = traffic.until(connection, day)
            now = datetime.combine(traffic.first + timedelta(days=day), datetime.min.time(), tzinfo=UTC)
            for kind in kinds:
                for finding in judge(
                    _rule(kind, n_days, segment), snapshot, now + timedelta(hours=1), MIN_PEOPLE
                ).findings:
                    yield day, kind, finding.subject


def _rule(kind: RuleKind, n_days: int, segment: tuple[str, str] | None) -> AlertRule:
    began = datetime(2025, 1, 1, tzinfo=UTC)
    threshold = THRESHOLDS.get(kind)
    return AlertRule(
        "rul",
        PROJECT,
        kind,
        kind,
        "chn",
        threshold,
        n_days,
        None,
        DEFAULT_COOLDOWN_HOURS,
        False,
        began,
        segment=segment,
    )


def count_false(  # noqa: PLR0913, PLR0917  # what is simulated
    kinds: list[RuleKind], n_months: int, n_sessions: int, seed: int, n_days: int, segment: tuple[str, str] | None
) -> Counter[RuleKind]:
    """Count the findings in flat traffic by kind."""
    last = DEFAULT_DAYS + MIN_BASELINE.days + n_months * DAYS_OF_MONTH
    traffic = Traffic(last, n_sessions=n_sessions, seed=seed)
    found: Counter[RuleKind] = Counter()
    for _, kind, _ in findings(traffic, kinds, range(last - n_months * DAYS_OF_MONTH + 1, last + 1), n_days, segment):
        found[kind] += 1
    return found


def days_until(  # noqa: PLR0913, PLR0917  # what is simulated
    kind: RuleKind, place: int, n_sessions: int, seed: int, n_days: int, segment: tuple[str, str] | None
) -> int | None:
    """Return after how many complete days an alert about a doubled topic fires; None within three weeks."""
    change = {
        "spike": Planted(place, BEFORE, messages=2),
        "friction": Planted(place, BEFORE, friction=2),
        "goal-down": Planted(place, BEFORE, goal=0.5),
        "feedback-down": Planted(place, BEFORE, negative=2),
    }[kind]
    traffic = Traffic(BEFORE + WATCHED, n_sessions=n_sessions, seed=seed, planted=change)
    subject_of = {"goal-down": "solved"} | ({"feedback-down": "project"} if place < 0 else {})
    meant = subject_of.get(kind) or traffic.topic_id(place)
    for day, _, subject in findings(traffic, [kind], range(BEFORE + 1, BEFORE + WATCHED + 1), n_days, segment):
        if subject == meant:
            return day - BEFORE
    return None


def main() -> None:
    """Print false alarms per month by kind, and how soon changes fire."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=5, help="simulated projects")
    parser.add_argument("--sessions", type=int, default=200, help="sessions on a weekday")
    parser.add_argument("--days", type=int, default=DEFAULT_DAYS)
    parser.add_argument("--power", type=int, default=5, help="simulated projects for each changed topic")
    parser.add_argument("--only", choices=KINDS, help="one kind")
    parser.add_argument("--segment", type=parse_segment, help="judge only these events and sessions: plan=pro, a third")
    given = parser.parse_args()
    segment: tuple[str, str] | None = given.segment
    kinds: list[RuleKind] = [
        kind for kind in KINDS if given.only in {None, kind} and (segment is None or kind in TREND_KINDS)
    ]
    began = time.process_time()
    total: Counter[RuleKind] = Counter()
    for seed in range(given.rounds):
        total += count_false(kinds, given.months, given.sessions, seed, given.days, segment)
    n_months = given.rounds * given.months
    print(f"Flat traffic of 50 topics, {given.sessions} sessions a weekday, {n_months} months, {given.days} days:")
    for kind in kinds:
        print(f"  {kind:13} {total[kind] / n_months:.3f} false alarms a month ({total[kind]})")
    print(f"  all rules     {total.total() / n_months:.3f}")
    for kind in [kind for kind in ("spike", "friction", "goal-down", "feedback-down") if kind in kinds and given.power]:
        places = {"goal-down": PLACES[:1], "feedback-down": (ALL, *PLACES)}.get(kind, PLACES)
        for place in places:
            found = [
                days_until(kind, place, given.sessions, 100 + seed, given.days, segment) for seed in range(given.power)
            ]
            seen = [days for days in found if days is not None]
            after = f"after {statistics.median(seen):g} days (median)" if seen else "never within three weeks"
            print(
                f"  {kind:13} {f'topic {place + 1:2}' if place >= 0 else 'all'}: {len(seen)} of {len(found)}, {after}"
            )
    print(f"{time.process_time() - began:.0f} CPU s")


if __name__ == "__main__":
    main()
