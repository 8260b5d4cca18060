"""The Goals tab: what sessions should reach, and how many do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import html

from dashboard.actions import action_button, confirm_button, field_id
from dashboard.formatting import count, plural, share, shorten
from dashboard.ui.aria import labelled
from dashboard.ui.card import card
from dashboard.ui.tables.table import Column, table
from projects.errors import UnknownNameError
from projects.validation import check_goal_name

if TYPE_CHECKING:
    from dashboard.actions import ActionRequest
    from dashboard.data.published import Row
    from dashboard.settings.context import SettingsContext
    from projects.records import Goal

KINDS = [
    {"value": "event", "label": "Event"},
    {"value": "topic", "label": "Topic"},
    {"value": "field", "label": "Value of a field"},
    {"value": "feedback", "label": "Feedback"},
]
FEEDBACK = [{"value": "positive", "label": "Positive"}, {"value": "negative", "label": "Negative"}]
ANY_NAME = "any"
NAMES = [{"value": "seen", "label": "Seen so far"}, {"value": ANY_NAME, "label": "Any"}]
"""Whether an event, value or topic must have been published already to be allowed in a goal."""


def render(context: SettingsContext) -> Any:
    """Lay out the tab."""
    if context.project is None:
        return card("There is no project yet", html.P("Make one under Projects.", className="quiet"))
    goals = context.projects.goals.list(context.project.project_id)
    judged = {row["goal"]: row for row in context.rows("goals")}
    labels = {row["topic_id"]: row["label"] for row in context.rows("topic_labels")}
    columns = [Column(head) for head in ("Goal", "Reached by", "Sessions that reach it", "")]
    return card(
        plural(len(goals), "goal") if goals else "No goal yet",
        table(columns, [_cells(goal, judged.get(goal.name), labels) for goal in goals]) if goals else None,
        _form(context, context.project.project_id),
        note="A session reaches a goal with an event, a value of a field, a topic, or feedback. The next run evaluates "
        "past sessions too. To catch typos, a name that no published event has is refused; choose “Any” to allow it.",
    )


def set_goal(request: ActionRequest) -> str:
    """Set a goal; the form has separate fields for events and topics."""
    kind = request.value("kind")
    field = request.value("field") if kind == "field" else None
    value = (request.value(kind) if kind in {"event", "topic", "feedback"} else "") or request.value("value")
    name = check_goal_name(request.value("name"))
    if request.value("names") != ANY_NAME and value:
        _refuse_typos(request, kind, field, value)
    goal = request.projects.goals.set(request.target, name, kind, value, field)
    return f"The goal {goal.name} counts from the next run on."


def _refuse_typos(request: ActionRequest, kind: str, field: str | None, value: str) -> None:
    """Refuse a name that no published event has; before the first publication, allow every name.

    Raises:
        UnknownNameError: no published event has it; the sentence suggests similar names.
        UnreadableFileError: the published file lacks a table.
    """
    names = request.known_names(request.target, field)
    if names is None:
        return
    try:
        names.check_goal(kind, field, value)
    except UnknownNameError as error:
        raise UnknownNameError(f"{error} Choose names “Any” to set it anyway.") from None


def clear_goal(request: ActionRequest) -> str:
    """Delete a goal."""
    project_id, _, name = request.target.partition("/")
    request.projects.goals.clear(project_id, name)
    return f"The goal {shorten(name, 60)} is deleted. The next run removes its numbers."


def _cells(goal: Goal, judged: Row | None, labels: dict[str, str]) -> list[Any]:
    reached = html.Span("after the next run", className="quiet")
    if judged is not None:
        interval = f"{share(judged['reached_low'])} to {share(judged['reached_high'])}"
        few = ", few sessions" if judged["is_small_cell"] else ""
        reached = html.Span(
            f"{count(judged['n_reached'])} of {count(judged['n_sessions'])} = {share(judged['reached_share'])} "
            f"({interval}{few})"
        )
    sentence = "The next run removes its numbers. You can bring them back by setting the goal again."
    return [
        html.Bdi(shorten(goal.name, 60)),
        html.Bdi(_reached_by(goal, labels)),
        reached,
        confirm_button("Delete", sentence, "clear-goal", f"{goal.project_id}/{goal.name}"),
    ]


def _reached_by(goal: Goal, labels: dict[str, str]) -> str:
    if goal.kind == "topic":
        return f"topic “{shorten(labels.get(goal.value, goal.value), 60)}”"
    if goal.kind == "field":
        return f"{shorten(goal.field or '', 40)} is {shorten(goal.value, 60)}"
    if goal.kind == "feedback":
        return f"{goal.value} feedback"
    return f"event {shorten(goal.value, 60)}"


def _form(context: SettingsContext, project_id: str) -> Any:
    """Lay out the form; the style sheet shows the inputs that the chosen kind of goal needs."""

    def control(kind: type, label: str, name: str, **options: Any) -> Any:
        return kind(label=label, id=field_id("set-goal", name, project_id), size="xs", **options)

    listed = {"searchable": True, "openOnFocus": False, "comboboxProps": {"shadow": "md"}, "w": 260}
    typed = {"limit": 50, "openOnFocus": False, "comboboxProps": {"shadow": "md"}, "w": 220}
    kind = dmc.SegmentedControl(
        data=KINDS,
        value="event",
        size="xs",
        id=field_id("set-goal", "kind", project_id),
        **labelled("Reached by"),
    )
    names = dmc.SegmentedControl(
        data=NAMES, value="seen", size="xs", id=field_id("set-goal", "names", project_id), **labelled("Names allowed")
    )
    parts = [
        control(dmc.TextInput, "Goal", "name", w=180),
        html.Div([html.Span("Reached by", className="form-label"), kind]),
        control(dmc.Autocomplete, "Name of the event", "event", data=_events(context), className="by-event", **typed),
        control(
            dmc.Select,
            "Topic",
            "topic",
            data=topic_choices(context),
            nothingFoundMessage="No such topic",
            className="by-topic",
            **listed,
        ),
        control(
            dmc.Select,
            "Field",
            "field",
            data=_fields(context),
            nothingFoundMessage="No such field",
            className="by-field",
            **listed,
        ),
        control(dmc.Autocomplete, "Value", "value", data=_field_values(context), className="by-field", **typed),
        control(
            dmc.Select, "Score", "feedback", data=FEEDBACK, value="positive", className="by-feedback", **listed
        ),
        html.Div([html.Span("Names allowed", className="form-label"), names]),
        action_button("Set goal", "set-goal", project_id, variant="filled"),
    ]  # fmt: skip
    return html.Div(parts, className="form-line goal-form")


def _events(context: SettingsContext) -> list[str]:
    return [row["name"] for row in context.rows("event_names")]


def topic_choices(context: SettingsContext) -> list[dict[str, Any]]:
    """Return topics by their text field, with their labels."""
    if context.snapshot is None or context.project is None:
        return []
    project_id = context.project.project_id
    by_field = {
        row["field"]: context.snapshot.rows("topic_choices", project_id=project_id, field=row["field"])
        for row in context.rows("text_fields")
    }
    return [
        {
            "group": shorten(field, 40),
            "items": [{"value": row["topic_id"], "label": shorten(row["label"], 60)} for row in rows],
        }
        for field, rows in by_field.items()
        if rows
    ]


def _fields(context: SettingsContext) -> list[dict[str, str]]:
    return [{"value": row["field"], "label": shorten(row["field"], 60)} for row in context.rows("enum_fields")]


def _field_values(context: SettingsContext) -> list[str]:
    """Return values of enum fields, each once: several fields may have the same value."""
    return list(dict.fromkeys(row["enum_value"] for row in context.rows("filter_values")))
