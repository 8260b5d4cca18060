"""Judge the rules of alerts by one published version, with the tests that the pages use.

A trend compares the last complete days with those before them. Each day is judged once, whatever the number of
versions, so the number of tests does not grow with the number of runs. `LEVEL` is the chance that a rule fires on a day
although nothing has changed, over all topics together; docs/alerts.md has the method and the measured false alarms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from dashboard.data.address import Address
from dashboard.data.filters import midnight
from dashboard.data.query_parameters import ALL_SEGMENTS
from dashboard.data.significance import clear_among, contrasts
from dashboard.data.view import View
from dashboard.formatting import count, period, plural, share
from projects.alerts.records import Finding, RuleReading

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
    """What a rule finds in a version.

    Attributes:
        findings: what it alerts about.
        day: the last day that its trend compared; None if none was.
        reading: how near it came; None if nothing was judged that was not judged before.
    """

    findings: list[Finding]
    day: date | None = None
    reading: RuleReading | None = None


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
    "feedback-down": _Trend("negative", "n_negative_people", is_rise=True, words="ratings"),
}
_VERBS: dict[RuleKind, str] = {
    "spike": "rose to",
    "fall": "fell to",
    "friction": "has more friction:",
    "drop-off": "ends more sessions:",
    "goal-down": "is reached less:",
    "feedback-down": "has more negative feedback:",
}
_QUERIES: dict[RuleKind, str] = {
    "friction": "alert_visit",
    "drop-off": "alert_visit",
    "goal-down": "alert_goal",
    "feedback-down": "alert_feedback",
}
"""The start of the names of the queries of a kind that counts by topic or goal."""
_PROJECT = ""
"""The cell of the whole project, beside those of the topics."""


def judge(rule: AlertRule, snapshot: Snapshot, now: datetime, min_people: int) -> Judgement:
    """Judge a rule by a published version.

    Args:
        rule: a rule of a kind that the published marts decide.
        snapshot: the version.
        now: the time (UTC, aware); days that are long over are not judged.
        min_people: what fewer people did is neither a finding nor a number in one.
    """
    values = (rule.segment,) if rule.segment else ()
    view = View(Address(project=rule.project_id, values=values), snapshot, rule.project_id)
    first, last = view.days
    if first is None or last is None or now.date() - last > MAX_AGE:
        note = f"the last event is from {period(last, last)}" if last else "the project has no published events yet"
        return Judgement([], reading=RuleReading(note=note))
    if rule.only is not None and rule.kind != "goal-down" and view.labels and rule.only not in view.labels:
        return find_lost(rule, _fate(view, rule.only))
    if rule.kind == "new-topic":
        return _judge_new_topics(rule, view, first, last, min_people)
    last = view.last_day_over(last)
    if rule.judged_day is not None and last <= rule.judged_day:
        return Judgement([])
    began = last - timedelta(days=rule.days - 1)
    baseline = max(first, began - max(BASELINE, 4 * timedelta(days=rule.days)))
    if began - baseline < max(MIN_BASELINE, timedelta(days=rule.days)):
        return Judgement([], reading=_too_early(rule))
    comparison = _Comparison(rule, view, baseline, began, last, min_people)
    return Judgement(comparison.find(), last, comparison.reading)


def find_lost(rule: AlertRule, fate: str) -> Judgement:
    """Find that what alone a rule watches is gone, which it would otherwise never tell.

    Args:
        rule: the rule.
        fate: what has become of it: "the topic was merged into “Refunds”".
    """
    facts = {
        "sentence": f"The alert “{rule.name}” watches nothing any more: {fate}. Change it or delete it.",
        "href": "/settings/alerts",
    }
    return Judgement([Finding(f"lost {rule.only}", f"lost {rule.only}", facts)], reading=RuleReading(note=fate))


def _fate(view: View, topic_id: str) -> str:
    """Say what has become of a topic that is not listed any more."""
    rows = view.rows("alert_lost_topic", topic_id=topic_id)
    if not rows:
        return f"there is no topic {topic_id}"
    [row] = rows
    successors = [label for label in row["successors"] if label is not None]
    if row["is_merged"] and successors:
        return f"the topic was merged into “{successors[0]}”"
    if row["is_hidden"] or row["is_retired"]:
        return f"the topic was {'hidden' if row['is_hidden'] else 'retired'}"
    if successors:
        return f"the topic became {', '.join(f'“{label}”' for label in successors)}"
    return "the topic has ended"


def _too_early(rule: AlertRule) -> RuleReading:
    n_days = max(MIN_BASELINE.days, rule.days)
    return RuleReading(note=f"at least {plural(n_days, 'day')} have to come before the {rule.days} that are compared")


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
        changed = {
            cell: contrast
            for cell, contrast in self._clear.items()
            if (contrast.z > 0) is trend.is_rise and _ratio(contrast, trend) >= (self.rule.threshold or 1)
        }
        if not changed:
            return []
        people = [self._people(self._days(*days)) for days in self._periods]
        strongest = sorted(changed.items(), key=lambda found: (-abs(found[1].z), found[0]))
        findings = [self._finding(trend, cell, contrast, people) for cell, contrast in strongest]
        return [finding for finding in findings if finding is not None][:MAX_FINDINGS]

    @property
    def reading(self) -> RuleReading:
        """The ratio that came nearest to an alert: the largest one beyond chance, or else the least probable one."""
        trend = _TRENDS[self.rule.kind]
        tested = {cell: contrast for cell, contrast in self._named.items() if contrast.is_testable}
        if not tested:
            return RuleReading(note=f"too few {trend.words} to compare")
        turned = {cell: contrast for cell, contrast in tested.items() if (contrast.z > 0) is trend.is_rise}
        if not turned:
            return RuleReading(note="nothing changed in this direction")
        clear = [cell for cell in turned if cell in self._clear]
        nearest = (
            max(clear, key=lambda cell: (_ratio(turned[cell], trend), cell))
            if clear
            else min(turned, key=lambda cell: (turned[cell].chance, cell))
        )
        ratio = _ratio(turned[nearest], trend)
        return RuleReading(
            value=None if math.isinf(ratio) else ratio,
            about=None if nearest == _PROJECT else self.view.labels.get(nearest) or nearest,
            note="more than chance" if clear else "not more than chance",
        )

    @cached_property
    def _named(self) -> dict[str, Contrast]:
        """The contrasts of the topics or goals that the rule watches."""
        cells = self._cells(_TRENDS[self.rule.kind])
        return {cell: contrast for cell, contrast in cells.items() if self.rule.only in {None, cell}}

    @cached_property
    def _clear(self) -> dict[str, Contrast]:
        """Those that changed by more than chance, in either direction."""
        return clear_among(self._named, LEVEL)

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
        found = contrasts(both, _QUERIES[self.rule.kind], since=since, **self._segment)
        return {
            family: contrast for (family, side, item), contrast in found.items() if side == "now" and item == trend.item
        }

    def _people(self, view: View) -> Mapping[str, Row]:
        """Count the people of a period by topic or goal: those of the group, and those of the hits."""
        if self.rule.kind in {"spike", "fall"}:
            return {row["topic_id"]: row for row in view.rows("topic_people", field=view.field)}
        return {row["family"]: row for row in view.rows(f"{_QUERIES[self.rule.kind]}_people", **self._segment)}

    @property
    def _segment(self) -> Mapping[str, str | None]:
        """The parameters of queries about feedback, whose days are not those of the filters; others leave them out."""
        if self.rule.kind != "feedback-down":
            return {}
        return dict(zip(ALL_SEGMENTS, self.rule.segment, strict=True)) if self.rule.segment else ALL_SEGMENTS

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
        about: dict[str, Any]
        if self.rule.kind == "goal-down":
            about, name = {"goal": {"name": cell}}, f"“{cell}”"
            href = self.view.address.to("journeys", "goals").but(goal=cell).href
        elif cell == _PROJECT:
            about, name = {}, "The project"
            href = self.view.address.to("sessions").but(feedback="negative").href
        else:
            about, name = _topic(self.view, cell), f"“{self.view.labels.get(cell) or cell}”"
            page = {"friction": ("journeys", "friction"), "drop-off": ("journeys", "drop-off")}
            href = self.view.address.to(*page.get(self.rule.kind, ("topics", cell))).href
        (now_first, now_last), (then_first, then_last) = self._periods
        then, now = (
            f"{share(n / total)} of {plural(total, trend.words[:-1])}" if is_enough else self._few
            for (n, total), is_enough in zip(reversed(sides), reversed(enough), strict=True)
        )
        within = f" ({self.rule.segment[0]} “{self.rule.segment[1]}”)" if self.rule.segment else ""
        sentence = (
            f"{name}{within} {_VERBS[self.rule.kind]} {now} ({period(now_first, now_last)}), from {then} "
            f"({period(then_first, then_last)}). This is more than chance."
        )
        days = {"first": now_first, "last": now_last, "before_first": then_first, "before_last": then_last}
        if self.rule.segment:
            about["segment"] = dict(zip(("field", "value"), self.rule.segment, strict=True))
        facts = {
            **about,
            "days": {key: value.isoformat() for key, value in days.items()},
            "now": numbers[0],
            "before": numbers[1],
            "sentence": sentence,
            "href": href,
            **_examples(self.rule, self.view, cell),
        }
        subject = cell or "project"
        return Finding(subject, f"{self.rule.kind} {subject} {self.last}", facts)

    @property
    def _few(self) -> str:
        return f"fewer than {count(self.min_people)} people"


def _ratio(contrast: Contrast, trend: _Trend) -> float:
    """Return by how many times the share changed in the trend's direction."""
    now, before = contrast.shares
    larger, smaller = (now, before) if trend.is_rise else (before, now)
    return larger / smaller if smaller else float("inf")


def _judge_new_topics(rule: AlertRule, view: View, first: date, last: date, min_people: int) -> Judgement:
    """Find topics whose first message ever is in the last days.

    A topic that is as old as the project would have had all of its people in these days by chance with a probability
    of the days' share of all messages, to the power of the number of people. That, times the number of topics, has to
    be below `LEVEL`.
    """
    began = last - timedelta(days=rule.days - 1)
    if view.field is None or began - first < MIN_BASELINE:
        return Judgement([], reading=_too_early(replace(rule, days=min(rule.days, MIN_BASELINE.days))))
    recent = view.with_filters(replace(view.filters, first=began, last=last))
    whole, sizes = (look.rows("topic_sizes", field=view.field) for look in (view, recent))
    part = sum(row["n_messages"] for row in sizes) / max(1, sum(row["n_messages"] for row in whole))
    people = {row["topic_id"]: row["n_people"] for row in recent.rows("topic_people", field=view.field)}
    new = [row for row in sizes if row["topic_id"] and row["first_seen_at"] >= midnight(began)]
    found = [
        _new_topic(rule, view, row, people[row["topic_id"]], (began, last))
        for row in new
        if people.get(row["topic_id"], 0) >= min_people and part ** people[row["topic_id"]] * len(whole) < LEVEL
    ]
    note = (
        f"{plural(len(found), 'new topic')}, {len(new) - len(found):,} more of too few people"
        if new
        else "no new topic"
    )
    return Judgement(found[:MAX_FINDINGS], reading=RuleReading(note=note))


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
    if not rule.has_texts or rule.kind == "goal-down" or topic_id == _PROJECT:
        return {}
    return {"examples": [row["text"] for row in view.rows("topic_examples", topic_id=topic_id)[:MAX_EXAMPLES]]}
