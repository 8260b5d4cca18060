"""Collect the facts of one week: the numbers of the dashboard's pages for these days, against the week before."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import MAXYEAR, date, timedelta
from typing import TYPE_CHECKING

from dashboard.data.address import Address
from dashboard.data.filters import midnight
from dashboard.data.period import CUSTOM
from dashboard.data.query_parameters import ALL_SEGMENTS
from dashboard.data.significance import clear_among, contrasts
from dashboard.data.view import View
from dashboard.errors import NoSuchWeekError
from dashboard.formatting import day, period
from dashboard.journeys.friction.differences import find_answers, find_differences, late_after_s
from dashboard.overview.topic_changes import TopicChange, find_topic_changes

if TYPE_CHECKING:
    from dashboard.data.published import Row, Snapshot

WEEK = timedelta(days=7)
MAX_LISTED = 8
_WEEK = re.compile(r"([1-9][0-9]{3})-W([0-9]{2})")
NUMBERS = {"n_events": "Events", "n_sessions": "Sessions", "n_users": "Users", "n_topics": "Topics"}


@dataclass(frozen=True)
class Friction:
    """A topic with more friction than the others by more than chance; the shares are of its sessions, 0 to 1."""

    label: str
    n_sessions: int
    share: float
    share_elsewhere: float
    excess_sessions: float


@dataclass(frozen=True)
class Answers:
    """A topic with more late or missing answers than the others by more than chance; shares are 0 to 1.

    `n_sessions` counts its sessions in which the app said so; the shares are of these.
    """

    label: str
    sign: str
    n_sessions: int
    share: float
    share_elsewhere: float


@dataclass(frozen=True)
class Goal:
    """A goal, and the share of sessions that reach it, 0 to 1, with its 95% interval; null before if few reached it."""

    name: str
    n_sessions: int
    n_reached: int
    share: float
    low: float
    high: float
    share_before: float | None


@dataclass(frozen=True)
class Feedback:
    """Feedback that was given in the week.

    Attributes:
        n: number of ratings and outcomes.
        n_outcomes: number of these that are outcomes in metadata.
        share: the share that is negative, 0 to 1, with its 95% interval.
        low: the lower end.
        high: the upper end.
        share_before: that of the week before; None if fewer than `min_people` people gave any.
        is_clear: whether it changed by more than chance.
        topics: topics with most negative feedback, of at least `min_people` people: label, share, number of ratings.
        comments: largest topics of comments, of at least `min_people` people: label, comments, those with a negative
            score.
    """

    n: int
    n_outcomes: int
    share: float
    low: float
    high: float
    share_before: float | None
    is_clear: bool
    topics: list[tuple[str, float, int]]
    comments: list[tuple[str, int, int]]


@dataclass(frozen=True)
class Week:
    """The facts of a week.

    Attributes:
        project: the project's name.
        first: its Monday.
        numbers: name, number of this week and of the week before.
        days: every day of both weeks with its messages.
        changes: topics whose share of the messages changed by more than chance, the largest change first.
        new: topics whose first message ever is in the week, the largest first: label and messages.
        n_new: number of such topics; not all are in `new`.
        begins: the project's first day with events, if it is after the week before began; else None.
        is_over: whether the published events cover the whole week.
        largest: the largest topics: label, messages and share of all messages.
        friction: topics that need attention, the one that needs most first.
        answers: topics with late or missing answers, those in most sessions first.
        late_after_s: seconds after which an answer is late.
        feedback: the feedback that was given; None if fewer than `min_people` people gave any.
        goals: the goals that enough people reached.
        n_goals_left_out: the other goals.
        problems: sentences about the data's quality.
        n_left_out: topics left out of the lists because fewer than `min_people` people wrote their messages.
        min_people: the least number of people.
    """

    project: str
    first: date
    numbers: list[tuple[str, int, int]]
    days: list[tuple[date, int]]
    changes: list[TopicChange]
    new: list[tuple[str, int]]
    n_new: int
    begins: date | None
    is_over: bool
    largest: list[tuple[str, int, float]]
    friction: list[Friction]
    answers: list[Answers]
    late_after_s: int
    feedback: Feedback | None
    goals: list[Goal]
    n_goals_left_out: int
    problems: list[str]
    n_left_out: int
    min_people: int

    @property
    def last(self) -> date:
        """Its Sunday."""
        return self.first + WEEK - timedelta(days=1)

    @property
    def iso(self) -> str:
        """The week as ISO 8601 writes it: 2026-W47."""
        return f"{self.first:%G-W%V}"


def parse_week(text: str) -> date:
    """Return the Monday of a week such as 2026-W47.

    Raises:
        NoSuchWeekError: it is no week of ISO 8601.
    """
    found = _WEEK.fullmatch(text)
    with suppress(ValueError):  # a year of 52 weeks has no week 53
        if found and int(found[1]) < MAXYEAR:
            return date.fromisocalendar(int(found[1]), int(found[2]), 1)
    raise NoSuchWeekError(f"--week is {text!r}; allowed is a week of ISO 8601, such as 2026-W47.")


def find_week(  # noqa: PLR0913 - what a report is about
    snapshot: Snapshot,
    project_id: str,
    project: str,
    *,
    monday: date | None = None,
    min_people: int,
    problems: list[str],
) -> Week:
    """Collect the facts of a week from the published marts.

    Args:
        snapshot: the published marts.
        project_id: the project.
        project: its name.
        monday: the first day; None for the newest week that is over, or the first week of a project.
        min_people: topics of fewer people in the week are not named.
        problems: sentences about the data's quality.

    Raises:
        NoSuchWeekError: the project has no event in the week, no week is over yet, or sessions of the week, or of the
            week before, are not published.
    """
    view = _view(snapshot, project_id, monday)
    before = view.previous
    if before is None:  # a first day has a week before it, unless it is that of the calendar
        raise NoSuchWeekError("There is no week before the first week of the calendar.")
    field, filters = view.field, view.filters
    now, past = (look.row("headline", field=field) for look in (view, before))
    people = {row["topic_id"]: row["n_people"] for row in view.rows("topic_people", field=field)} if field else {}
    few = {topic_id for topic_id, n_people in people.items() if n_people < min_people}
    sizes = view.rows("topic_sizes", field=field) if field else []
    total = sum(row["n_messages"] for row in sizes)
    topics = [row for row in sizes if row["topic_id"] and row["topic_id"] not in few]
    changes = find_topic_changes(view, before) if field else []
    first = filters.first or date.min
    new = [(row["label"], row["n_messages"]) for row in topics if row["first_seen_at"] >= midnight(first)]
    begins = view.days[0]
    goals, n_goals_left_out = _goals(view, before, min_people)
    return Week(
        project=project,
        first=first,
        numbers=[(name, now[key], past[key]) for key, name in NUMBERS.items()],
        days=_days(view, before, first),
        changes=[one for one in changes if one.is_clear and one.topic_id not in few][:MAX_LISTED],
        new=new[:MAX_LISTED],
        n_new=len(new),
        is_over=view.days[1] is not None and view.last_day_over(view.days[1]) >= first + WEEK - timedelta(days=1),
        begins=begins if begins and begins > first - WEEK else None,
        largest=[(row["label"], row["n_messages"], row["n_messages"] / total) for row in topics[:MAX_LISTED]],
        friction=_friction(view, few),
        answers=_answers(view, few),
        late_after_s=late_after_s(view),
        feedback=_feedback(view, before, min_people),
        goals=goals,
        n_goals_left_out=n_goals_left_out,
        problems=problems,
        n_left_out=len(few),
        min_people=min_people,
    )


def _view(snapshot: Snapshot, project_id: str, monday: date | None) -> View:
    """Make the view of the week; the same as the pages of an address with these days."""
    whole = View(Address(project=project_id), snapshot, project_id)
    first_day, last_day = whole.days
    if first_day is None or last_day is None:
        raise NoSuchWeekError("The project has no published events yet.")
    if monday is None:
        over = whole.last_day_over(last_day) + timedelta(days=1)
        monday = over - timedelta(days=over.weekday()) - WEEK
        if monday + WEEK <= first_day:  # the project is in its first week
            monday += WEEK
    address = Address(
        project=project_id, period=CUSTOM, first=monday, last=monday + WEEK - timedelta(days=1), compare="before"
    )
    view = View(address, snapshot, project_id)
    if view.details_from and monday - WEEK < view.details_from:
        complete = view.details_from + timedelta(days=-view.details_from.weekday() % 7) + WEEK
        raise NoSuchWeekError(
            f"The week {monday:%G-W%V} is compared with the week before, which begins on {day(monday - WEEK)}, but "
            f"sessions are published from {day(view.details_from)} on (TURRET_PUBLISH_DETAIL_DAYS). Name a later week: "
            f"--week {complete:%G-W%V}"
        )
    if not view.n_events:
        raise NoSuchWeekError(
            f"The week {monday:%G-W%V} ({period(monday, monday + WEEK - timedelta(days=1))}) has no events; those of "
            f"the project are from {period(first_day, last_day)}. Name another: --week {last_day:%G-W%V}"
        )
    return view


def _days(view: View, before: View, first: date) -> list[tuple[date, int]]:
    """Count the messages of each day of both weeks."""
    found: dict[date, int] = {}
    if view.field:
        for look in (before, view):
            for row in look.rows("messages_by_day", field=view.field, shown=None, by_area=False):
                found[row["message_date"]] = found.get(row["message_date"], 0) + row["n_messages"]
    days = [first - WEEK + timedelta(days=number) for number in range(2 * WEEK.days)]
    return [(day, found.get(day, 0)) for day in days]


def _friction(view: View, few: set[str]) -> list[Friction]:
    rows = {row["topic_id"]: row for row in view.rows("friction")}
    _, clear = find_differences(view)
    found = [
        Friction(
            view.labels.get(topic_id, topic_id),
            rows[topic_id]["n_sessions"],
            *contrast.shares,
            excess_sessions=rows[topic_id]["excess_sessions"],
        )
        for topic_id, contrast in clear.items()
        if contrast.z > 0 and topic_id not in few
    ]
    return sorted(found, key=lambda one: (-one.excess_sessions, one.label))[:MAX_LISTED]


def _answers(view: View, few: set[str]) -> list[Answers]:
    _, clear = find_answers(view)
    found = sorted(
        (-contrast.n, view.labels.get(topic_id, topic_id), sign, contrast)
        for (sign, topic_id), contrast in clear.items()
        if contrast.z > 0 and topic_id not in few
    )
    return [Answers(label, sign, each.total, *each.shares) for _, label, sign, each in found[:MAX_LISTED]]


def _feedback(view: View, before: View, min_people: int) -> Feedback | None:
    both = view.with_filters(replace(view.filters, first=before.filters.first))
    since = midnight(view.filters.first or date.min)
    found = {
        (family, side): contrast
        for (family, side, item), contrast in contrasts(both, "alert_feedback", since=since, **ALL_SEGMENTS).items()
        if item == "negative"
    }
    people, past = (
        {row["family"]: row for row in look.rows("alert_feedback_people", **ALL_SEGMENTS)} for look in (view, before)
    )
    if people.get("", {}).get("n_people", 0) < min_people:
        return None
    total = found["", "now"]
    has_past = past.get("", {}).get("n_people", 0) >= min_people
    worst = [
        (view.labels.get(topic_id, topic_id), contrast.shares[0], contrast.total)
        for (topic_id, side), contrast in sorted(found.items(), key=lambda one: (-one[1].n, one[0]))
        if topic_id and side == "now" and people.get(topic_id, {}).get("n_negative_people", 0) >= min_people
    ]
    comments = [
        (view.labels[row["topic_id"]], row["n_comments"], row["n_negative"])
        for row in view.rows("comments_given")
        if row["n_people"] >= min_people and row["topic_id"] in view.labels
    ]
    return Feedback(
        n=total.total,
        n_outcomes=people[""]["n_outcomes"],
        share=total.shares[0],
        low=total.interval.low,
        high=total.interval.high,
        share_before=total.shares[1] if has_past else None,
        is_clear=has_past and bool(clear_among({"": total})),
        topics=worst[:MAX_LISTED],
        comments=comments[:MAX_LISTED],
    )


def _goals(view: View, before: View, min_people: int) -> tuple[list[Goal], int]:
    """Return the goals that at least so many people reached in the week, and the number of the others."""
    reached, reached_before = (
        {row["family"]: row["n_reached_people"] for row in look.rows("alert_goal_people")} for look in (view, before)
    )
    past: dict[str, Row] = {row["goal"]: row for row in before.rows("goal_conversions")}
    rows = view.rows("goal_conversions")
    found = [
        Goal(
            row["goal"],
            row["n_sessions"],
            row["n_reached"],
            row["reached_share"],
            row["reached_low"],
            row["reached_high"],
            past[row["goal"]]["reached_share"] if reached_before.get(row["goal"], 0) >= min_people else None,
        )
        for row in rows
        if reached[row["goal"]] >= min_people
    ]
    return found, len(rows) - len(found)
