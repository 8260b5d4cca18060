"""The goal cards: how many sessions reach a goal, by topic and by path, and which topics make a difference."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from dash import dcc, html

from dashboard.data.downloads import chosen_goal
from dashboard.data.significance import Contrast, Interval, contrasts, wilson
from dashboard.formatting import count, duration, plural, ratio, share, shorten
from dashboard.journeys.differences import Counted, Finding, find_differences
from dashboard.journeys.paths import more_paths
from dashboard.journeys.side_by_side import Group, Sides
from dashboard.ui import controls
from dashboard.ui.card import card
from dashboard.ui.card_sources import source_links
from dashboard.ui.tables.session_table import session_path
from dashboard.ui.tables.share_interval import SHARE_COLUMNS, IntervalScale, interval_words
from dashboard.ui.tables.table import NUMBER, Column, table
from dashboard.ui.topic_name import topic_link

if TYPE_CHECKING:
    from dashboard.data.published import Row
    from dashboard.data.view import View


@dataclass(frozen=True)
class GoalCards:
    """The cards about the chosen goal."""

    view: View
    labels: dict[str, str]
    conversions: list[Row]
    goal: str

    @classmethod
    def of(cls, view: View, labels: dict[str, str]) -> GoalCards | None:
        """Read the goals that a run has evaluated; None without any."""
        conversions = view.rows("goal_conversions")
        goal = chosen_goal(view)
        return cls(view, labels, conversions, goal) if goal and conversions else None

    def render(self) -> list[Any]:
        """Lay out all cards."""
        return [self._conversions(), self._sides(), self._topics(), self._paths()]

    @cached_property
    def _topic_rows(self) -> list[Row]:
        return self.view.rows("goal_topics", goal=self.goal)

    @cached_property
    def _topic_contrasts(self) -> dict[str, Contrast]:
        found = contrasts(self.view, "goal_topic", goal=self.goal)
        return {topic_id: contrast for (_, topic_id, _), contrast in found.items()}

    @property
    def _base(self) -> float:
        """The share of all sessions that reaches the goal."""
        return next(float(row["reached_share"]) for row in self.conversions if row["goal"] == self.goal)

    def _conversions(self) -> Any:
        chosen = next(row for row in self.conversions if row["goal"] == self.goal)
        shares = {goal: found for (goal, _, _), found in contrasts(self.view, "goal_share").items()}
        interval = interval_words(_interval(chosen, shares.get(self.goal)))
        interval_scale = _rail(self.conversions, "goal", shares)
        words = {controls.piece("goal", row["goal"]): row["goal"] for row in self.conversions}
        columns = [
            Column("Goal"),
            Column("Reached by", "quiet"),
            *_numbers("Sessions", "Sessions that reach it"),
            *SHARE_COLUMNS,
            *_numbers("Median time", "Median steps"),
        ]
        title = f" is reached by {share(chosen['reached_share'])} of sessions ({interval})"
        return card(
            [html.Bdi(f"“{shorten(self.goal, 60)}”"), title],
            table(columns, [self._conversion(row, interval_scale, shares) for row in self.conversions]),
            source_links(self.view, "goal_conversions"),
            note="The range is a 95% confidence interval (Wilson, sessions clustered by user). "
            "Times and steps are counted from the start of the session to the goal.",
            tools=controls.select("Goal", words, controls.piece("goal", self.goal), "goal") if len(words) > 1 else None,
        )

    def _conversion(self, row: Row, interval_scale: IntervalScale, shares: dict[str, Contrast]) -> list[Any]:
        steps = row["median_steps_to_goal"]
        return [
            html.Bdi(shorten(row["goal"], 60)),
            html.Bdi(self._reached_by(row)),
            count(row["n_sessions"]),
            self._behind(row["n_reached"], goal=row["goal"]),
            *_share(row, interval_scale, shares.get(row["goal"])),
            duration(row["median_time_to_goal_s"]),
            None if steps is None else ratio(steps),
        ]

    def _reached_by(self, row: Row) -> str:
        if row["kind"] == "topic":
            return f"a message about “{shorten(self.labels.get(row['value']) or row['value'], 50)}”"
        if row["kind"] == "field":
            return f"{shorten(row['field'] or '', 40)} is {shorten(row['value'], 40)}"
        return f"event {shorten(row['value'], 50)}"

    def _topics(self) -> Any:
        rows = self._topic_rows
        shown = rows[: self.view.address.listed]
        interval_scale = _rail(shown, "topic_id", self._topic_contrasts, self._base)
        columns = [Column("Topic"), *_numbers("Sessions there", "Reach the goal", "After it"), *SHARE_COLUMNS]
        small = [row["is_small_cell"] for row in shown]
        return card(
            "By topic: how many of the sessions that were there reach the goal",
            table(columns, [self._topic(row, interval_scale) for row in shown], small=small) if rows else _nothing(),
            more_paths(self.view.address, len(shown), len(rows), "Show more topics"),
            source_links(self.view, "goal_topics"),
            note=f"The thin line is all sessions, {share(self._base)}. “After it” counts those that reach the goal at "
            "or after their first visit to the topic. Topics with fewer than 30 sessions stand last.",
        )

    def _topic(self, row: Row, interval_scale: IntervalScale) -> list[Any]:
        topic_id = row["topic_id"]
        return [
            self._name(topic_id),
            self._behind(row["n_sessions"], visited=topic_id),
            self._behind(row["n_reached"], visited=topic_id, goal=self.goal),
            count(row["n_reached_after"]),
            *_share(row, interval_scale, self._topic_contrasts.get(topic_id)),
        ]

    def _paths(self) -> Any:
        listed = self.view.address.listed
        rows = self.view.rows("goal_variants", goal=self.goal, listed=listed + 1)
        found = contrasts(self.view, "goal_path", goal=self.goal, listed=listed)
        shares = {variant: contrast for (_, variant, _), contrast in found.items()}
        interval_scale = _rail(rows[:listed], "variant_id", shares, self._base)
        columns = [Column("Path"), *_numbers("Sessions", "Reach the goal"), *SHARE_COLUMNS, *_numbers("Median time")]
        small = [row["is_small_cell"] for row in rows[:listed]]
        lines = [self._path(row, interval_scale, shares) for row in rows[:listed]]
        return card(
            "By path: the most frequent paths, and how many of their sessions reach the goal",
            table(columns, lines, small=small) if rows else _nothing(),
            more_paths(self.view.address, listed, len(rows)),
            source_links(self.view, "goal_variants"),
            note=f"The thin line is all sessions, {share(self._base)}. Repeats of one topic next to each other are one "
            "step.",
        )

    def _path(self, row: Row, interval_scale: IntervalScale, shares: dict[str, Contrast]) -> list[Any]:
        variant = row["variant_id"]
        return [
            session_path(self.view, row["path"], self.labels, 8),
            self._behind(row["n_sessions"], variant=variant),
            self._behind(row["n_reached"], variant=variant, goal=self.goal),
            *_share(row, interval_scale, shares.get(variant)),
            duration(row["median_time_to_goal_s"]),
        ]

    def _behind(self, number: int, **choice: str) -> Any:
        if not number:
            return count(number)
        href = self.view.address.to("sessions").but(**choice).href
        return dcc.Link(count(number), href=href, className="text-link")

    def _sides(self) -> Any:
        """Topics of journeys that reach the goal against those of journeys that do not."""
        journeys = self.view.row("goal_journeys", goal=self.goal)
        n_reached, n_unreached = journeys["n_reached"], journeys["n_unreached"]
        if not n_reached or not n_unreached:
            return card("All journeys or none reach the goal: there is nothing to set against each other")
        finding = self.find_differences(n_reached, n_unreached)
        address = self.view.address
        groups = (
            Group("Reach the goal", n_reached, address.but(goal=self.goal, reached="yes")),
            Group("Do not", n_unreached, address.but(goal=self.goal, reached="no")),
        )
        sides = Sides(groups, "Topic", lambda one: self._name(one.key[0]), lambda one: {"visited": one.key[0]})
        n_found = len(finding.differences)
        verb = "is" if n_found == 1 else "are"
        return card(
            f"{plural(n_found, 'topic')} {verb} by more than chance more or less frequent in journeys that reach it"
            if n_found
            else "Journeys that reach the goal passed no topic more or less often than chance explains",
            sides.table(finding) if n_found else None,
            note=f"Shares of {plural(n_reached, 'journey')} that reach the goal, and of {count(n_unreached)} that do "
            f"not. Of {plural(finding.n_tested, 'topic')} looked at, those that differ by more than chance "
            "(tested by user and session, Holm's correction, 5% for the whole list). A topic that is the goal itself "
            "differs of course.",
        )

    def find_differences(self, n_reached: int, n_unreached: int) -> Finding:
        """Judge each topic: whether journeys that passed it reach the goal more or less often than all others."""
        tested = [
            (
                Counted((row["topic_id"],), row["n_reached"], row["n_sessions"] - row["n_reached"]),
                self._topic_contrasts[row["topic_id"]],
            )
            for row in self._topic_rows
        ]
        return find_differences(tested, n_reached, n_unreached)

    def _name(self, topic_id: str) -> Any:
        return topic_link(
            self.view.address,
            topic_id,
            self.labels.get(topic_id),
            self.view.colours.get(topic_id),
            is_mixed=topic_id in self.view.mixed,
        )


def _rail(rows: list[Row], key: str, shares: dict[str, Contrast], base: float | None = None) -> IntervalScale:
    return IntervalScale.over([_interval(row, shares.get(row[key])) for row in rows], base)


def _interval(row: Row, contrast: Contrast | None) -> Interval:
    """Return the interval of a share; without any hit there is no variance between users to account for."""
    return contrast.interval if contrast else wilson(row["n_reached"], row["n_sessions"])


def _share(row: Row, interval_scale: IntervalScale, contrast: Contrast | None) -> list[Any]:
    return interval_scale.cells(row["reached_share"], _interval(row, contrast), is_small_cell=row["is_small_cell"])


def _numbers(*heads: str) -> list[Column]:
    return [Column(head, NUMBER) for head in heads]


def _nothing() -> html.P:
    return html.P("No journey matches the filters.", className="quiet")


def no_goal(view: View) -> Any:
    """Explain how to set a goal, where none was evaluated yet."""
    link = dcc.Link("Create a goal", href=view.address.to("settings", "goals").href, className="text-link")
    return card(
        "No goal yet",
        html.P(link),
        note="A goal is what you want sessions to reach: an event, a value of a field, or a topic. Past sessions are "
        "judged too, with the next run.",
    )
