"""The cards that compare two cohorts of sessions: segments, or periods."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dash import dcc, html

from dashboard.data.significance import LEVEL, Contrast, contrasts
from dashboard.data.view import View
from dashboard.formatting import count, duration, plural, ratio, share, shorten
from dashboard.journeys.cohorts import Cohorts, segment_values
from dashboard.journeys.differences import Counted, Finding, find_differences
from dashboard.journeys.side_by_side import Group, Sides, group_name, journeys_behind
from dashboard.ui import controls
from dashboard.ui.aria import DECORATIVE
from dashboard.ui.card import card
from dashboard.ui.card_sources import source_links
from dashboard.ui.tables.session_table import session_path
from dashboard.ui.tables.table import NUMBER, Column, table
from dashboard.ui.topic_name import topic_link

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_TESTED = 300
"""Of topics, transitions and paths, those of most journeys in both cohorts are tested."""
LISTS_ON_PAGE = 3
"""Topics, transitions and paths: each list is judged so strictly that all together keep the level."""
HOW_TESTED = "How this is tested, and the data"
WHOSE = {"topic": "that passed the topic", "move": "that made the move at least once", "path": "that took the path"}
NO_JOURNEYS = "No session matches. Choose other days, filters or values."


@dataclass(frozen=True)
class _ComparedKind:
    """A kind of thing to compare: its name, the address that selects its sessions, and its query."""

    what: str
    tested: list[tuple[Counted, Contrast]]
    name: Callable[[Counted], Any]
    choice: Callable[[Counted], dict[str, str]]
    query: str


@dataclass(frozen=True)
class CompareCards:
    """The cards that compare two cohorts."""

    view: View
    labels: dict[str, str]
    cohorts: Cohorts

    def render(self) -> list[Any]:
        """Lay out all cards; a cohort without journeys cannot be compared."""
        one, other = self.cohorts.groups
        if not one.n_journeys or not other.n_journeys:
            empty = other if one.n_journeys else one
            title = [html.Bdi(f"“{shorten(empty.name, 60)}”"), " has no journeys to compare"]
            return [card(title, note=NO_JOURNEYS, tools=compare_tools(self.view, self.cohorts))]
        pairs = self.find()
        alike = [(each, finding) for each, finding in pairs if not finding.differences]
        return [
            self._groups(),
            *[self._differences(each, finding) for each, finding in pairs if finding.differences],
            self._alike(alike) if alike else None,
        ]

    def find(self) -> list[tuple[_ComparedKind, Finding]]:
        """Compare topics, transitions and paths; both cohorts have journeys."""
        looked_at = [
            _ComparedKind(
                "topic",
                _tested(self.cohorts, "topic"),
                self._topic,
                lambda one: {"visited": one.key[0]},
                "topic_visits",
            ),
            _ComparedKind(
                "move",
                _tested(self.cohorts, "move"),
                self._move,
                lambda one: {"source": one.key[0], "target": one.key[1]},
                "moves_made",
            ),
            _ComparedKind(
                "path", _paths(self.cohorts), self._path, lambda one: {"variant": one.key[0]}, "journey_variants"
            ),
        ]
        one, other = self.cohorts.groups
        level = LEVEL / LISTS_ON_PAGE
        return [(each, find_differences(each.tested, one.n_journeys, other.n_journeys, level)) for each in looked_at]

    def _groups(self) -> Any:
        lines: list[tuple[str, list[Any]]] = [
            ("Journeys", [_journeys_link(group) for group in self.cohorts.groups]),
            ("Average steps", [ratio(summary["mean_steps"]) for summary in self.cohorts.summaries]),
            ("Single step", [_part(summary, "n_single") for summary in self.cohorts.summaries]),
            ("Came back to a topic", [_part(summary, "n_with_return") for summary in self.cohorts.summaries]),
            ("Median time", [duration(summary["median_duration_s"]) for summary in self.cohorts.summaries]),
        ]
        columns = [Column(is_row_head=True)] + [
            Column(group_name(group, is_second=place == 1), NUMBER, shorten(group.name, 40))
            for place, group in enumerate(self.cohorts.groups)
        ]
        return card(
            [html.Bdi(self.cohorts.groups[0].name), " against ", html.Bdi(self.cohorts.groups[1].name)],
            table(columns, [[name, *values] for name, values in lines], "table rows"),
            note="A session counts for the first value it has." if self.cohorts.field else None,
            tools=compare_tools(self.view, self.cohorts),
        )

    def _differences(self, each: _ComparedKind, finding: Finding) -> Any:
        """List the significant differences as a table."""
        n_found = len(finding.differences)
        verb = "differs" if n_found == 1 else "differ"
        return card(
            f"{plural(n_found, each.what)} of {count(finding.n_tested)} {verb} by more than chance",
            Sides(self.cohorts.groups, each.what.capitalize(), each.name, each.choice).table(finding),
            html.Details(
                [
                    html.Summary(HOW_TESTED, className="text-link"),
                    html.P(f"By {_how_tested(each.what, finding)}", className="card-note"),
                    *self._behind(each.query),
                ],
                className="how-tested",
            ),
            note=f"Shares of the group's journeys {WHOSE[each.what]}.",
        )

    def _alike(self, alike: list[tuple[_ComparedKind, Finding]]) -> Any:
        """State in one line what does not differ; the data is folded up."""
        names = _listed([f"no {each.what}" for each, _ in alike])
        tested = _listed([count(finding.n_tested) for _, finding in alike])
        folded: list[Any] = [html.Summary(HOW_TESTED, className="text-link")]
        for each, finding in alike:
            folded += [
                html.P(f"{each.what.capitalize()}s: {_how_tested(each.what, finding)}", className="card-note"),
                *self._behind(each.query),
            ]
        found = f"{names[0].upper()}{names[1:]} differs by more than chance ({tested} tested)"
        return card(
            found if any(finding.n_tested for _, finding in alike) else "Too few sessions to compare",
            html.Details(folded, className="how-tested"),
        )

    def _behind(self, query: str) -> list[Any]:
        """Offer both cohorts' rows as downloads."""
        return [
            html.Div(
                [
                    group_name(group, is_second=place == 1),
                    source_links(View(group.address.but(paths="all"), view.snapshot, view.project_id), query),
                ],
                className="behind-group",
            )
            for place, (group, view) in enumerate(zip(self.cohorts.groups, self.cohorts.views, strict=True))
        ]

    def _topic(self, one: Counted) -> Any:
        return self._link(one.key[0])

    def _move(self, one: Counted) -> Any:
        arrow = html.Span("→", className="arrow", **DECORATIVE)
        return html.Div([self._link(one.key[0]), arrow, self._link(one.key[1])], className="path")

    def _path(self, one: Counted) -> Any:
        return session_path(self.view, list(one.path), self.labels, 8)

    def _link(self, topic_id: str) -> Any:
        return topic_link(
            self.view.address,
            topic_id,
            self.labels.get(topic_id),
            self.view.colours.get(topic_id),
            is_mixed=topic_id in self.view.mixed,
        )


def nothing_to_compare(view: View) -> Any:
    """Explain what can be compared, where nothing suitable is chosen."""
    return card(
        "Nothing to compare yet",
        html.P(
            "Select a period above to compare it with the previous one, or send a field with few values, such as "
            "a plan, with your events to compare its values.",
            className="quiet",
        ),
        tools=compare_tools(view, None),
    )


def compare_tools(view: View, cohorts: Cohorts | None) -> Any:
    """Lay out the controls that choose the cohorts."""
    fields = segment_values(view)
    days_before = controls.piece("compare", "before")
    words = {days_before: "Previous period"} if view.previous_filters is not None else {}
    words |= {controls.piece("by", field): field for field in fields}
    if not words:
        return None
    field = cohorts.field if cohorts else None
    shown = controls.piece("by", field) if field else days_before if cohorts else ""
    parts = [controls.select("Field", words, shown, "compare", "by", "a", "b")]
    if cohorts and field:
        for key, word, group in zip("ab", ("First", "Second"), cohorts.groups, strict=True):
            names = {controls.piece(key, value): value for value in fields[field]}
            parts.append(controls.select(word, names, controls.piece(key, group.name), key))
    return html.Div(parts, className="choices")


def _journeys_link(group: Group) -> Any:
    return dcc.Link(count(group.n_journeys), href=journeys_behind(group.address), className="text-link")


def _part(summary: dict[str, Any], key: str) -> str:
    return share(summary[key] / summary["n_journeys"]) if summary["n_journeys"] else share(None)


def _how_tested(what: str, finding: Finding) -> str:
    """Explain how a list was made."""
    few = f" {plural(finding.n_too_few, what)} of too few journeys left out." if finding.n_too_few else ""
    if not finding.n_tested:
        return f"none was tested.{few}"
    return (
        f"a two-proportion test of {plural(finding.n_tested, what)} by user and session, with Holm's correction for "
        f"that many and for all three lists: where nothing differs, the page names anything in 5 of 100 cases.{few}"
    )


def _listed(words: list[str]) -> str:
    """Join names: a; a and b; a, b and c."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _tested(cohorts: Cohorts, what: str) -> list[tuple[Counted, Contrast]]:
    """Return the things of one kind: their ids, the journeys of both cohorts that have them, and their contrasts."""
    found = contrasts(cohorts.both, "compared", **cohorts.sides, kind=what, most=MAX_TESTED)
    return [
        (Counted(tuple(item.split(" ")), contrast.n, contrast.n_other), contrast)
        for (_, side, item), contrast in found.items()
        if side == "a"
    ]


def _paths(cohorts: Cohorts) -> list[tuple[Counted, Contrast]]:
    tested = _tested(cohorts, "path")
    rows = cohorts.both.rows("path_sessions", variant_ids=sorted(counted.key[0] for counted, _ in tested))
    paths = {row["variant_id"]: tuple(row["path"]) for row in rows}
    return [(replace(counted, path=paths[counted.key[0]]), contrast) for counted, contrast in tested]
