"""The input of a page: its address, a snapshot of the marts, and the project."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from dashboard.charts.calendar import bucket_starts, whole_buckets
from dashboard.charts.theme import series_colours
from dashboard.charts.time_axis import is_weekly
from dashboard.data.address import Address
from dashboard.data.filters import Filters
from dashboard.data.period import NUMBERS_ONLY_PERIOD, chosen_days
from dashboard.errors import NothingPublishedError
from dashboard.formatting import bare_day

if TYPE_CHECKING:
    from datetime import date

    from dashboard.data.published import Row, Snapshot
    from projects import Projects


WEEK_DAYS = 7


def numbers_only_view(address: Address, snapshot: Snapshot, project_id: str) -> View:
    """Return a view for the role `numbers`: it takes no filters of the address, and no dates."""
    own = Address(
        path=address.path, project=project_id, period=NUMBERS_ONLY_PERIOD, by=address.by, number=address.number
    )
    return View(own, snapshot, project_id, own_filters=snapshot.numbers_only_filters(project_id))


@dataclass(frozen=True)
class View:
    """One view of one project. All queries run through it, so that no page can forget the project or the filters.

    Attributes:
        own_filters: filters that replace those of the address.
        projects: the projects database, for pages that show or change settings; None if it does not have the project.
    """

    address: Address
    snapshot: Snapshot
    project_id: str
    own_filters: Filters | None = None
    projects: Projects | None = None

    def rows(self, query: str, **parameters: object) -> list[Row]:
        """Return the rows of a query about this project, with the filters applied."""
        return self.snapshot.rows(query, self.filters, project_id=self.project_id, **parameters)

    def row(self, query: str, **parameters: object) -> Row:
        """Return the only row of a query about this project, with the filters applied."""
        return self.snapshot.row(query, self.filters, project_id=self.project_id, **parameters)

    @cached_property
    def days(self) -> tuple[date | None, date | None]:
        """The first and last day (UTC) with published events, regardless of the filters; None if there are none."""
        row = self.snapshot.row("project_days", project_id=self.project_id)
        return row["first_date"], row["last_date"]

    @property
    def details_from(self) -> date | None:
        """The day from which on the project's sessions are published; None if all are."""
        return self.snapshot.details_from.get(self.project_id)

    @cached_property
    def filters(self) -> Filters:
        """The filters that apply."""
        if self.own_filters is not None:
            return self.own_filters
        first, last = chosen_days(self.address, self.days[1])
        leaves_out = self.address.machines == "hidden" and self.n_automated > 0
        return Filters(
            first,
            last,
            self.address.event,
            self.address.values,
            without_automated=leaves_out,
            is_every_message_a_step=self.address.steps == "all",
            feedback_source={"ratings": "people", "outcomes": "metadata"}.get(self.address.rated),
        )

    @cached_property
    def n_automated(self) -> int:
        """The number of automated sessions of the project, regardless of filters."""
        return int(self.snapshot.row("automated", project_id=self.project_id)["n_sessions"])

    def with_filters(self, filters: Filters) -> View:
        """Return the same view with other filters."""
        return replace(self, own_filters=filters)

    @cached_property
    def previous(self) -> View | None:
        """The view of the preceding period of equal length; None unless the page compares with it."""
        if self.address.compare == "none" or self.own_filters is not None or self.previous_filters is None:
            return None
        return self.with_filters(self.previous_filters)

    @property
    def previous_filters(self) -> Filters | None:
        """The filters of the preceding period of equal length; None without one, or if not all of it is published."""
        before = self.filters.previous
        if before and before.first and self.details_from and before.first < self.details_from:
            return None
        return before

    @cached_property
    def unfinished_day(self) -> date | None:
        """The newest day with events, if a run has not yet covered all of it; else None."""
        last = self.days[1]
        run_at = self.snapshot.row("freshness", project_id=self.project_id)["run_at"]
        return None if last is None or (run_at is not None and run_at.date() > last) else last

    @cached_property
    def newest_week(self) -> tuple[View, View] | None:
        """The last seven complete days and the seven before, regardless of the filters; None with fewer days."""
        first, last = self.days
        if first is None or last is None:
            return None
        last = self.last_day_over(last)
        if (last - first).days + 1 < 2 * WEEK_DAYS:
            return None
        week = replace(self.filters, first=last - timedelta(days=WEEK_DAYS - 1), last=last)
        return (self.with_filters(week), self.with_filters(week.previous)) if week.previous else None

    def last_day_over(self, last: date) -> date:
        """Return the day itself, or the previous one while it is incomplete."""
        return last - timedelta(days=1) if last == self.unfinished_day else last

    @property
    def day_range(self) -> tuple[date, date]:
        """The first and last day that charts show: the chosen ones, limited to days with events.

        Raises:
            NothingPublishedError: the project has no events; such a view has no page.
        """
        first, last = self.days
        if first is None or last is None:
            message = f"Project {self.project_id} has no published events."
            raise NothingPublishedError(message)
        start, end = max(self.filters.first or first, first), min(self.filters.last or last, last)
        return start, max(start, end)

    @property
    def bucket_starts(self) -> list[date]:
        """The days, or for long periods the Mondays, at which the buckets of trends begin."""
        return bucket_starts(*self.day_range)

    @property
    def whole_buckets(self) -> list[bool]:
        """Whether each bucket is complete: all of its days are selected and over."""
        first, last = self.day_range
        return whole_buckets(self.bucket_starts, first, self.last_day_over(last))

    @property
    def trend_buckets(self) -> list[bool]:
        """Whether trends count each bucket: it is complete, and not the day of the project's first event."""
        starts = self.bucket_starts
        first = None if is_weekly(starts) else self.days[0]
        return [is_whole and start != first for start, is_whole in zip(starts, self.whole_buckets, strict=True)]

    @property
    def unfinished_note(self) -> str:
        """A sentence about what charts over time draw lighter; empty where every bucket is complete."""
        if all(self.whole_buckets):
            return ""
        last = self.day_range[1]
        if not is_weekly(self.bucket_starts):
            return f" {bare_day(last)} is not over yet and is drawn lighter."
        return " Incomplete weeks are drawn lighter."

    @cached_property
    def n_events(self) -> int:
        """The number of selected events; on the Overview it comes from a query that runs anyway."""
        row = self.row("events_chosen") if self.address.parts else self.row("headline", field=self.field)
        return int(row["n_events"])

    @cached_property
    def text_fields(self) -> list[str]:
        """The project's text fields, the journey field first."""
        return [row["field"] for row in self.rows("text_fields")]

    @property
    def field(self) -> str | None:
        """The text field of the view: the chosen one, else the journey field; None without text fields."""
        if self.address.field in self.text_fields:
            return self.address.field
        return self.text_fields[0] if self.text_fields else None

    @cached_property
    def topics(self) -> list[Row]:
        """The field's topics with selected messages, largest first."""
        return self.rows("topics", field=self.field)

    @cached_property
    def labels(self) -> dict[str, str]:
        """Labels of all topics and areas of the project, by id."""
        return {row["topic_id"]: row["label"] for row in self.rows("topic_labels")}

    @cached_property
    def mixed(self) -> frozenset[str]:
        """The project's mixed topics, whose label covers only part of their messages."""
        return frozenset(row["topic_id"] for row in self.rows("topic_labels") if row["is_mixed"])

    @cached_property
    def colours(self) -> dict[str, str]:
        """Colours of the field's topics, by topic id; a topic keeps its colour whatever the filters."""
        return self._ranked_colours(0)

    @property
    def has_topics(self) -> bool:
        """Whether the field has topics at all, regardless of the filters."""
        return bool(self.colours)

    @cached_property
    def area_colours(self) -> dict[str, str]:
        """Colours of the field's areas, by id, regardless of the filters."""
        return self._ranked_colours(1)

    def _ranked_colours(self, level: int) -> dict[str, str]:
        ranked = self.snapshot.rows("topic_order", project_id=self.project_id, field=self.field, level=level)
        return series_colours([topic["topic_id"] for topic in ranked])
