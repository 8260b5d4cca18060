"""Two cohorts side by side: a table of significant differences, each number with a link to its sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dash import dcc, html

from contracts.tables import START
from dashboard.formatting import count, points, share, shorten
from dashboard.ui.aria import DECORATIVE
from dashboard.ui.tables.table import NUMBER, Column, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.data.address import Address
    from dashboard.journeys.differences import Counted, Difference, Finding

MAX_SHOWN = 12


@dataclass(frozen=True)
class Group:
    """A cohort of journeys: its name, their number, and the address that selects its sessions."""

    name: str
    n_journeys: int
    address: Address


@dataclass(frozen=True)
class Sides:
    """A table of differences between two cohorts.

    `what` is the head of its first column, `name` makes the cell, and `choice` returns the parameters that select the
    sessions of the row.
    """

    groups: tuple[Group, Group]
    what: str
    name: Callable[[Counted], Any]
    choice: Callable[[Counted], dict[str, str]]

    def table(self, finding: Finding) -> html.Div:
        """List the largest differences."""
        names = [group_name(group, is_second=place == 1) for place, group in enumerate(self.groups)]
        both = html.Span([names[0], " and ", names[1]], className="group-name")
        shown = finding.differences[:MAX_SHOWN]
        differences = table(
            [Column(self.what), Column(both, head_style="is-groups"), Column("Difference", NUMBER)],
            [self._cells(one, max(map(_largest, shown))) for one in shown],
            "table differences",
            is_stacked=False,
        )
        n_more = len(finding.differences) - len(shown)
        more = html.P(f"{count(n_more)} smaller differences are not shown.", className="quiet") if n_more else None
        return html.Div([differences, more])

    def _cells(self, one: Difference, longest: float) -> list[Any]:
        values = [(one.counted.n_a, one.share_a), (one.counted.n_b, one.share_b)]
        bars = [
            self._side(one, self.groups[place], number, value, value / longest, is_second=place == 1)
            for place, (number, value) in enumerate(values)
        ]
        return [self.name(one.counted), html.Div(bars, className="sides"), points(one.share_a, one.share_b)]

    def _side(  # noqa: PLR0913  # all of what a bar says
        self, one: Difference, group: Group, number: int, value: float, width: float, *, is_second: bool
    ) -> html.Div:
        href = group.address.to("sessions").but(**_goal_of(group.address), **self.choice(one.counted)).href
        fill = html.Span(className="side-fill", style={"width": f"{width:.2%}"})
        counted: Any = f"({count(number)})"
        link = dcc.Link(counted, href=href, className="text-link", title=shorten(group.name, 120))
        return html.Div(
            [
                html.Span(fill, className="side-track", **DECORATIVE),
                html.Span([share(value), " ", link if number else counted], className="side-number"),
            ],
            className="side-line is-b" if is_second else "side-line",
        )


def group_name(group: Group, *, is_second: bool) -> html.Span:
    """Name a cohort with the colour of its bars."""
    mark = html.Span(className="group-mark is-b" if is_second else "group-mark", **DECORATIVE)
    return html.Span([mark, html.Bdi(shorten(group.name, 40))], className="group-name")


def journeys_behind(address: Address) -> str:
    """Return the address of the list of all sessions with a journey: those that leave START."""
    return address.to("sessions").but(source=START, step=1).href


def _largest(one: Difference) -> float:
    return max(one.share_a, one.share_b)


def _goal_of(address: Address) -> dict[str, Any]:
    """Return the goal parameters, which select sessions but are not filters that go along by themselves."""
    return {"goal": address.goal, "reached": address.reached} if address.goal else {}
