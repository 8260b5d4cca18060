"""Judge the rules of alerts by one published version, with the tests that the pages use.

A trend compares the last complete days with those before them. Each day is judged once, whatever the number of
versions, so the number of tests does not grow with the number of runs. `LEVEL` is the chance that a rule fires on a day
although nothing has changed, over all topics together; docs/alerts.md has the method and the measured false alarms.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from dashboard.data.address import Address
from dashboard.data.filters import midnight
from dashboard.data.significance import clear_among, contrasts
from dashboard.data.view import View
from dashboard.formatting import count, period, plural, share
from projects.alerts.records import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dashboard.data.published import Row, Snapshot
    from dashboard.data.significance import Contrast
    from projects.alerts.records import AlertRule, RuleKind

LEVEL = 0.01
"""Family-wise error rate of a rule on one day: three false alarms in ten months."""
BASELINE = timedelta(days=28)
MIN_BASELINE = timedelta(days=7)
MAX_AGE = timedelta(days=7)
"""Older days are not judged: they were imported."""
MAX_EXAMPLES = 3
MAX_FINDINGS = 20
"""Maximum number of alerts of one rule and day, the strongest first."""


@dataclass(frozen=True)
class Judgement:
    """What a rule finds in a version; `day` is the last day that its trend compared, None if none was."""

    findings: list[Finding]
    day: date | None = None


@dataclass(frozen=True)
class _Trend:
    """What a kind compares.

    Attributes:
        item: the item of its contrasts; None if the item is the topic itself.
        people: the column with the number of people among the hits.
        is_rise: whether it looks for rises.
        words: what the hits are a share of.
    """

    item: str | None
    people: str
    is_rise: bool
    words: str


_TRENDS: dict[RuleKind, _Trend] = {
    "spike": _Trend(None, "n_people", is_rise=True, words="messages"),
    "fall": _Trend(None, "n_people", is_rise=False, words="messages"),
    "friction": _Trend("friction", "n_friction_people", is_rise=True, words="sessions"),
    "drop-off": _Trend("drop-off", "n_last_people", is_rise=True, words="sessions"),
    "goal-down": _Trend("reached", "n_reached_people", is_rise=False, words="sessions"),
}
_VERBS: dict[RuleKind, str] = {
    "spike": "rose to",
    "fall": "fell to",
    "friction": "has more friction:",
    "drop-off": "ends more sessions:",
    "goal-down": "is reached less:",
}


def judge(rule: AlertRule, snapshot: Snapshot, now: datetime, min_people: int) -> Judgement:
    """Judge a rule by a published version.

    Args:
        rule: a rule of a kind that the published marts decide.
        snapshot: the version.
        now: the time (UTC, aware); days that are long over are not judged.
        min_people: what fewer people did is neither a finding nor a number in one.
    """
    view = View(Address(project=rule.project_id), snapshot, rule.project_id)
    first, last = view.days
    if first is None or last is None or now.date() - last > MAX_AGE:
        return Judgement([])
    if rule.kind == "new-topic":
        return Judgement(_new_topics(rule, view, first, last, min_people))
    last = view.last_day_over(last)
    began = last - timedelta(days=rule.days - 1)
    baseline = max(first, began - max(BASELINE, 4 * timedelta(days=rule.days)))
    if (rule.judged_day is not None and last <= rule.judged_day) or began - baseline < max(
        MIN_BASELINE, timedelta(days=rule.days)
    ):
        return Judgement([])
    comparison = _Comparison(rule, view, baseline, began, last, min_people)
    return Judgement(comparison.find(), last)


@dataclass(frozen=True)
class _Comparison:
    """The days from `began` to `last` against those from `baseline` to the day before `began`."""

    rule: AlertRule
    view: View
    baseline: date
    began: date
    last: date
    min_people: int

    def find(self) -> list[Finding]:
        """Return what has changed by more than chance, by the rule's threshold, and among enough people."""
        trend = _TRENDS[self.rule.kind]
        cells = self._cells(trend)
        named = {cell: contrast for cell, contrast in cells.items() if self.rule.only in {None, cell}}
        changed = {
            cell: contrast
            for cell, contrast in clear_among(named, LEVEL).items()
            if (contrast.z > 0) is trend.is_rise and _ratio(contrast, trend) >= (self.rule.threshold or 1)
        }
        if not changed:
            return []
        people = [self._people(self._days(*days)) for days in self._periods]
        strongest = sorted(changed.items(), key=lambda found: (-abs(found[1].z), found[0]))
        findings = [self._finding(trend, cell, contrast, people) for cell, contrast in strongest]
        return [finding for finding in findings if finding is not None][:MAX_FINDINGS]

    @property
    def _periods(self) -> tuple[tuple[date, date], tuple[date, date]]:
        return (self.began, self.last), (self.baseline, self.began - timedelta(days=1))

    def _days(self, first: date, last: date) -> View:
        return self.view.with_filters(replace(self.view.filters, first=first, last=last))

    def _cells(self, trend: _Trend) -> dict[str, Contrast]:
        """Return the contrasts of now against before, by topic or goal."""
        both, since = self._days(self.baseline, self.last), midnight(self.began)
        if trend.item is None:
            if both.field is None:
                return {}
            found = contrasts(both, "change", field=both.field, since=since)
            return {item: contrast for (_, side, item), contrast in found.items() if side == "now"}
        query = "alert_goal" if self.rule.kind == "goal-down" else "alert_visit"
        found = contrasts(both, query, since=since)
        return {
            family: contrast for (family, side, item), contrast in found.items() if side == "now" and item == trend.item
        }

    def _people(self, view: View) -> Mapping[str, Row]:
        """Count the people of a period by topic or goal: those of the group, and those of the hits."""
        if self.rule.kind in {"spike", "fall"}:
            return {row["topic_id"]: row for row in view.rows("topic_people", field=view.field)}
        query = "alert_goal_people" if self.rule.kind == "goal-down" else "alert_visit_people"
        return {row["family"]: row for row in view.rows(query)}

    def _finding(self, trend: _Trend, cell: str, contrast: Contrast, people: list[Mapping[str, Row]]) -> Finding | None:
        """Describe a change; None if the side that shows it has too few people."""
        enough = [period.get(cell, {}).get(trend.people, 0) >= self.min_people for period in people]
        if not enough[0 if trend.is_rise else 1]:
            return None
        sides = [(contrast.n, contrast.total), (contrast.n_other, contrast.total_other)]
        numbers: list[dict[str, float | None]] = [
            {"n": n, "of": total, "share": round(n / total, 6)} if is_enough else {"n": None, "of": None, "share": None}
            for (n, total), is_enough in zip(sides, enough, strict=True)
        ]
        if self.rule.kind == "goal-down":
            about, name = {"goal": {"name": cell}}, cell
            href = self.view.address.to("journeys", "goals").but(goal=cell).href
        else:
            about, name = _topic(self.view, cell), self.view.labels.get(cell) or cell
            page = {"friction": ("journeys", "friction"), "drop-off": ("journeys", "drop-off")}
            href = self.view.address.to(*page.get(self.rule.kind, ("topics", cell))).href
        (now_first, now_last), (then_first, then_last) = self._periods
        then, now = (
            f"{share(n / total)} of {plural(total, trend.words[:-1])}" if is_enough else self._few
            for (n, total), is_enough in zip(reversed(sides), reversed(enough), strict=True)
        )
        sentence = (
            f"“{name}” {_VERBS[self.rule.kind]} {now} ({period(now_first, now_last)}), from {then} "
            f"({period(then_first, then_last)}). This is more than chance."
        )
        days = {"first": now_first, "last": now_last, "before_first": then_first, "before_last": then_last}
        facts = {
            **about,
            "days": {key: value.isoformat() for key, value in days.items()},
            "now": numbers[0],
            "before": numbers[1],
            "sentence": sentence,
            "href": href,
            **_examples(self.rule, self.view, cell),
        }
        return Finding(cell, f"{self.rule.kind} {cell} {self.last}", facts)

    @property
    def _few(self) -> str:
        return f"fewer than {count(self.min_people)} people"


def _ratio(contrast: Contrast, trend: _Trend) -> float:
    """Return by how many times the share changed in the trend's direction."""
    now, before = contrast.shares
    larger, smaller = (now, before) if trend.is_rise else (before, now)
    return larger / smaller if smaller else float("inf")


def _new_topics(rule: AlertRule, view: View, first: date, last: date, min_people: int) -> list[Finding]:
    """Find topics whose first message ever is in the last days.

    A topic that is as old as the project would have had all of its people in these days by chance with a probability
    of the days' share of all messages, to the power of the number of people. That, times the number of topics, has to
    be below `LEVEL`.
    """
    began = last - timedelta(days=rule.days - 1)
    if view.field is None or began - first < MIN_BASELINE:
        return []
    recent = view.with_filters(replace(view.filters, first=began, last=last))
    whole, sizes = (look.rows("topic_sizes", field=view.field) for look in (view, recent))
    part = sum(row["n_messages"] for row in sizes) / max(1, sum(row["n_messages"] for row in whole))
    people = {row["topic_id"]: row["n_people"] for row in recent.rows("topic_people", field=view.field)}
    new = [row for row in sizes if row["topic_id"] and row["first_seen_at"] >= midnight(began)]
    return [
        _new_topic(rule, view, row, people[row["topic_id"]], (began, last))
        for row in new
        if people.get(row["topic_id"], 0) >= min_people and part ** people[row["topic_id"]] * len(whole) < LEVEL
    ][:MAX_FINDINGS]


def _new_topic(rule: AlertRule, view: View, row: Row, n_people: int, days: tuple[date, date]) -> Finding:
    topic_id, n_messages = row["topic_id"], row["n_messages"]
    facts = {
        **_topic(view, topic_id),
        "days": {"first": days[0].isoformat(), "last": days[1].isoformat()},
        "now": {"n": n_messages, "people": n_people},
        "sentence": f"“{row['label']}” is a new topic: {plural(n_messages, 'message')} of "
        f"{plural(n_people, 'person', 'people')}, the first of them on {period(*[row['first_seen_at'].date()] * 2)}.",
        "href": view.address.to("topics", topic_id).href,
        **_examples(rule, view, topic_id),
    }
    return Finding(topic_id, f"new {topic_id}", facts)


def _topic(view: View, topic_id: str) -> dict[str, Any]:
    return {"topic": {"id": topic_id, "name": view.labels.get(topic_id) or topic_id}}


def _examples(rule: AlertRule, view: View, topic_id: str) -> dict[str, list[str]]:
    """Return example messages of a topic, if the rule allows that texts leave the machine."""
    if not rule.has_texts or rule.kind == "goal-down":
        return {}
    return {"examples": [row["text"] for row in view.rows("topic_examples", topic_id=topic_id)[:MAX_EXAMPLES]]}
