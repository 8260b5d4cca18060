"""The Metadata tab: fields with their values, their types and the reasons, and overrides."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import html

from dashboard.actions import action_button, field_id
from dashboard.data.period import parse_day
from dashboard.formatting import NOTHING, count, measure, plural, short_day, shorten
from dashboard.ui.aria import labelled
from dashboard.ui.card import card
from dashboard.ui.tables.table import Column, table
from projects.errors import InvalidValueError
from projects.validation import LATE_AFTER_S, MAX_LATE_AFTER_S

if TYPE_CHECKING:
    from dashboard.actions import ActionRequest
    from dashboard.data.published import Row
    from dashboard.settings.context import SettingsContext
    from projects import Projects

DETECTED = "detected"
BY_NAME = "by-name"
OUTCOMES = {"positive": "True is a good outcome", "negative": "True is a bad outcome", "none": "No outcome"}
BOOLEANS = {"true", "false"}
TYPES = {"number": "Number", "enum": "Enum", "text": "Text"}


def render(context: SettingsContext) -> Any:
    """Lay out the tab."""
    if context.project is None:
        return card("There is no project yet", html.P("Make one under Projects.", className="quiet"))
    rows = context.rows("fields")
    if not rows:
        return card("No fields yet", html.P("Fields appear after the first run that loads events.", className="quiet"))
    chosen = {
        override.field: str(override.type) for override in context.projects.list_overrides(context.project.project_id)
    }
    outcomes = {
        choice.field: str(choice.outcome) for choice in context.projects.list_field_outcomes(context.project.project_id)
    }
    columns = [
        Column("Field"),
        Column("Values", "quiet nowrap"),
        Column("Samples", "field-samples"),
        Column("Detected type and reason"),
        Column("Type and outcome"),
        Column(),
    ]
    project_id = context.project.project_id
    lines = [_cells(project_id, row, chosen.get(row["field"]), outcomes.get(row["field"])) for row in rows]
    return [
        card(
            f"{plural(len(rows), 'field')} in the metadata of events",
            table(columns, lines, "table fields"),
            note="Enum fields become filters and segments, numbers get means and medians, texts get topics. "
            "True and false can be outcomes, which count as feedback: by their names, resolved is a good one, and "
            "handoff and fallback are bad ones. Changes take effect with the next run, for past events too.",
        ),
        _journey(context, rows),
        _late_after(context),
    ]


def set_field(request: ActionRequest) -> str:
    """Choose a field's type, and what its true and false say about how a session went."""
    project_id, _, field = request.target.partition("/")
    said = _set_type(request.projects, project_id, field, request.value("type"))
    said += _set_outcome(request.projects, project_id, field, request.value("outcome"))
    return " ".join(said) or f"{shorten(field, 60)} stays as it was."


def _set_type(projects: Projects, project_id: str, field: str, type_: str) -> list[str]:
    current = {override.field: str(override.type) for override in projects.list_overrides(project_id)}
    if type_ == current.get(field, DETECTED):
        return []
    if type_ == DETECTED:
        projects.clear_field_override(project_id, field)
        return [f"The next run will detect the type of {shorten(field, 60)} again."]
    chosen = projects.set_field_override(project_id, field, type_)
    return [f"{shorten(chosen.field, 60)} will be a {chosen.type} field from the next run on."]


def _set_outcome(projects: Projects, project_id: str, field: str, outcome: str) -> list[str]:
    """Set an outcome; none is sent for a field of other values than true and false."""
    current = {choice.field: str(choice.outcome) for choice in projects.list_field_outcomes(project_id)}
    if not outcome or outcome == current.get(field, BY_NAME):
        return []
    if outcome == BY_NAME:
        projects.clear_field_outcome(project_id, field)
        return [f"The name of {shorten(field, 60)} decides from the next run on whether it is an outcome."]
    chosen = projects.set_field_outcome(project_id, field, outcome)
    return [f"{shorten(chosen.field, 60)} counts from the next run on: {OUTCOMES[chosen.outcome].lower()}."]


def set_journey_field(request: ActionRequest) -> str:
    """Choose the journey field."""
    project = request.projects.set_journey_field(request.target, request.value("field") or None)
    if project.journey_field is None:
        return "Journeys will follow the text field with most events from the next run on."
    return f"Journeys will follow {shorten(project.journey_field, 60)} from the next run on."


def set_late_after(request: ActionRequest) -> str:
    """Choose after how many seconds an answer is late."""
    seconds = request.value("seconds").strip()
    if seconds and not (seconds.isascii() and seconds.isdigit() and len(seconds) <= len(str(MAX_LATE_AFTER_S))):
        raise InvalidValueError(
            f"Answers are late after {shorten(seconds, 60)!r}; enter 1 to {MAX_LATE_AFTER_S} whole seconds, or leave "
            f"it empty for {LATE_AFTER_S}."
        )
    changed = request.projects.set_late_after(request.target, int(seconds) if seconds else None)
    after = plural(changed.late_after_s or LATE_AFTER_S, "second")
    return f"Answers are late after {after} from the next run on."


def _cells(project_id: str, row: Row, chosen: str | None, outcome: str | None) -> list[Any]:
    target = f"{project_id}/{row['field']}"
    choice = dmc.Select(
        id=field_id("set-field", "type", target),
        data=[{"value": DETECTED, "label": f"As detected ({row['detected_type']})"}]
        + [{"value": key, "label": word} for key, word in TYPES.items()],
        value=chosen or DETECTED,
        allowDeselect=False,
        size="xs",
        w=190,
        **labelled(f"Type of {shorten(row['field'], 60)}"),
    )
    waits = (chosen or None) != row["override_type"]
    return [
        [html.Bdi(shorten(row["field"], 60)), _mark("journeys") if row["is_journey_field"] else None],
        f"{count(row['n_values'])}, {count(row['n_distinct_values'])} distinct",
        html.Bdi(_samples(row), dir="auto"),
        [html.Strong(row["detected_type"]), html.P(_reason(row["reason"]), className="quiet")],
        [
            choice,
            html.P("applies with the next run", className="quiet") if waits else None,
            _outcome(row, target, outcome),
        ],
        action_button("Set", "set-field", target),
    ]


def _outcome(row: Row, target: str, chosen: str | None) -> Any:
    """Offer the choice of an outcome for a field of true and false."""
    if not row["samples"] or not {value.lower() for value in row["samples"]} <= BOOLEANS:
        return None
    return dmc.Select(
        id=field_id("set-field", "outcome", target),
        data=[{"value": BY_NAME, "label": "Outcome by its name"}]
        + [{"value": key, "label": word} for key, word in OUTCOMES.items()],
        value=chosen or BY_NAME,
        allowDeselect=False,
        size="xs",
        w=190,
        mt=6,
        **labelled(f"Outcome of {shorten(row['field'], 60)}"),
    )


def _reason(text: str) -> str:
    """Write why a field has its type, with days in the pages' format."""
    return re.sub(r"\b\d{4}-\d\d-\d\d\b", _day, text)


def _day(found: re.Match[str]) -> str:
    day = parse_day(found[0])
    return short_day(day) if day else found[0]


def _mark(words: str) -> html.Span:
    return html.Span(words, className="mark-word")


def _samples(row: Row) -> str:
    if row["effective_type"] == "number" and row["least"] is not None:
        return f"{measure(row['least'])} to {measure(row['greatest'])}"
    if row["samples"]:
        return ", ".join(shorten(value, 30) for value in row["samples"])
    return f"“{shorten(row['sample_text'], 90)}”" if row["sample_text"] else NOTHING


def _journey(context: SettingsContext, rows: list[Row]) -> Any:
    if context.project is None:
        return None
    texts = [row["field"] for row in rows if row["effective_type"] == "text"]
    choice = dmc.Select(
        label="Field",
        id=field_id("set-journey-field", "field", context.project.project_id),
        data=[{"value": "", "label": "The text field with most events"}]
        + [{"value": field, "label": shorten(field, 60)} for field in texts],
        value=context.project.journey_field or "",
        allowDeselect=False,
        size="xs",
        w=260,
    )
    button = action_button("Set", "set-journey-field", context.project.project_id)
    return card("Journeys are made of the topics of one text field", html.Div([choice, button], className="form-line"))


def _late_after(context: SettingsContext) -> Any:
    if context.project is None:
        return None
    seconds = context.project.late_after_s
    project_id = context.project.project_id
    choice = dmc.TextInput(
        label=f"Seconds (empty: {LATE_AFTER_S})",
        id=field_id("set-late-after", "seconds", project_id),
        value="" if seconds is None else str(seconds),
        size="xs",
        w=160,
    )
    return card(
        "Answers that take longer are late",
        html.Div([choice, action_button("Set", "set-late-after", project_id)], className="form-line"),
        note="Journeys → Friction counts late and missing answers by topic, if the app sends latency_ms, reply_ms, "
        "answered or error.",
    )
