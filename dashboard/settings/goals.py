"""Goals: what a session is hoped to reach, and how many do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import html

from dashboard.actions import do_button, field_id, sure_button
from dashboard.parts.card import card
from dashboard.wording import count, plural, share, shorten

if TYPE_CHECKING:
    from dashboard.actions import Act
    from dashboard.published import Row
    from dashboard.settings.desk import Desk
    from projects.records import Goal

KINDS = [
    {"value": "event", "label": "An event of this name"},
    {"value": "field", "label": "This value of the field"},
    {"value": "topic", "label": "A message of this topic"},
]


def render(desk: Desk) -> Any:
    """Lay out the tab."""
    if desk.project is None:
        return card("There is no project yet", html.P("Make one under Projects.", className="quiet"))
    goals = desk.projects.goals.list(desk.project.project_id)
    judged = {row["goal"]: row for row in desk.rows("goals")}
    labels = {row["topic_id"]: row["label"] for row in desk.rows("topic_labels")}
    heads = ("Goal", "Reached by", "Sessions that reach it", "")
    table = html.Table(
        [
            html.Thead(html.Tr([html.Th(head, scope="col") if head else html.Td() for head in heads])),
            html.Tbody([_line(goal, judged.get(goal.name), labels) for goal in goals]),
        ],
        className="table",
    )
    return card(
        plural(len(goals), "goal") if goals else "No goal yet",
        html.Div(table, className="table-scroll") if goals else None,
        _form(desk.project.project_id),
        note="A goal is reached by an event, by a value of a field, or by a topic. Past sessions are judged too, with "
        "the next run.",
    )


def set_goal(act: Act) -> str:
    """Set a goal, or change the one of that name."""
    kind = act.value("kind")
    field = act.value("field") if kind == "field" else None
    goal = act.projects.goals.set(act.target, act.value("name"), kind, act.value("value"), field)
    return f"The goal {goal.name} counts from the next run on."


def clear_goal(act: Act) -> str:
    """Forget a goal."""
    project_id, _, name = act.target.partition("/")
    act.projects.goals.clear(project_id, name)
    return f"The goal {shorten(name, 60)} is forgotten from the next run on."


def _line(goal: Goal, judged: Row | None, labels: dict[str, str]) -> html.Tr:
    reached = html.Span("with the next run", className="quiet")
    if judged is not None:
        interval = f"{share(judged['reached_low'])} to {share(judged['reached_high'])}"
        few = ", few sessions" if judged["is_small_cell"] else ""
        reached = html.Span(
            f"{count(judged['n_reached'])} of {count(judged['n_sessions'])} = {share(judged['reached_share'])} "
            f"({interval}{few})"
        )
    sentence = "Its numbers are gone with the next run; setting it again brings them back."
    return html.Tr(
        [
            html.Td(html.Bdi(shorten(goal.name, 60))),
            html.Td(html.Bdi(_reached_by(goal, labels))),
            html.Td(reached),
            html.Td(sure_button("Forget", sentence, "clear-goal", f"{goal.project_id}/{goal.name}")),
        ]
    )


def _reached_by(goal: Goal, labels: dict[str, str]) -> str:
    if goal.kind == "topic":
        return f"topic “{shorten(labels.get(goal.value, goal.value), 60)}”"
    if goal.kind == "field":
        return f"{shorten(goal.field or '', 40)} is {shorten(goal.value, 60)}"
    return f"event {shorten(goal.value, 60)}"


def _form(project_id: str) -> Any:
    def text(label: str, name: str, width: int) -> Any:
        return dmc.TextInput(label=label, id=field_id("set-goal", name, project_id), size="xs", w=width)

    kind = dmc.Select(
        label="Reached by",
        id=field_id("set-goal", "kind", project_id),
        data=KINDS,
        value="event",
        allowDeselect=False,
        size="xs",
        w=200,
    )
    parts = [
        text("Goal", "name", 160),
        kind,
        text("Field (for a value)", "field", 160),
        text("Name, value or topic id", "value", 220),
        do_button("Set goal", "set-goal", project_id, variant="filled"),
    ]
    return html.Div(parts, className="form-line")
