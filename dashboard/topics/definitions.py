"""Topics that people define by examples, on the Topics page: those that wait, and the form for a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import html

from dashboard.actions import action_button, field_id
from dashboard.formatting import plural, shorten
from dashboard.sign_in import current_visitor
from dashboard.topic.editing import EFFECT, known_topics
from projects.validation import MAX_EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dashboard.actions import ActionRequest
    from dashboard.data.view import View
    from projects import Projects
    from projects.records import TopicEdit

ACTION = "define-topic"
SCOPES = [
    {"value": "topics", "label": "the whole topics around the examples"},
    {"value": "closest", "label": "only the messages closest to the examples"},
]
NOTE = (
    f"Name a subject that you want counted, and write what users may say about it, one message per line: three "
    f"do well, {MAX_EXAMPLES} are allowed. Messages like them belong to your topic {EFFECT}, and stay there."
)


def define(request: ActionRequest) -> str:
    """Define a topic."""
    project_id, _, field = request.target.partition("/")
    examples = [line for line in request.value("examples").splitlines() if line.strip()]
    edit = request.projects.topic_edits.define(
        project_id,
        field,
        request.value("name"),
        examples,
        request.value("scope") or "topics",
        request.visitor.name,
        known_topics(request),
    )
    said = plural(len(examples), "example")
    return f"Messages like your {said} will count for “{shorten(edit.label or '', 80)}” {EFFECT}."


ACTIONS: Mapping[str, Callable[[ActionRequest], Any]] = {ACTION: define}


def definition_card(view: View) -> Any:
    """Lay out the definitions without messages and, folded up, the form for a new one; nothing for a viewer."""
    if view.projects is None or not current_visitor().is_admin:
        return None
    target = f"{view.project_id}/{view.field}"
    folded = [
        html.Summary("Define a topic", className="text-link"),
        html.P(NOTE, className="card-note"),
        html.Div(_form(target), className="form-line"),
    ]
    return html.Section([html.Details(folded), _waiting(view, view.projects)], className="card edit-topic")


def _form(target: str) -> list[Any]:
    name = dmc.TextInput(
        label="Name of the new topic",
        id=field_id(ACTION, "name", target),
        placeholder="Late delivery",
        size="xs",
        w=220,
    )
    examples = dmc.Textarea(
        label="Examples, one per line",
        id=field_id(ACTION, "examples", target),
        placeholder="my parcel has not come yet\nwhere is my order",
        autosize=True,
        minRows=3,
        maxRows=8,
        size="xs",
        w=320,
    )
    scope = dmc.Select(
        label="It takes",
        id=field_id(ACTION, "scope", target),
        data=SCOPES,
        value="topics",
        allowDeselect=False,
        size="xs",
        w=270,
    )
    return [name, examples, scope, action_button("Define", ACTION, target)]


def _waiting(view: View, projects: Projects) -> Any:
    """List the definitions of the field that no message belongs to yet."""
    known = {topic["topic_id"] for topic in view.topics}
    edits = [
        edit
        for edit in projects.topic_edits.history(view.project_id)
        if edit.kind == "define" and not edit.undone_by and edit.field == view.field and edit.topic_id not in known
    ]
    if not edits:
        return None
    return html.Ul([_line(view.project_id, edit) for edit in edits], className="movers edits")


def _line(project_id: str, edit: TopicEdit) -> Any:
    examples = edit.definition.examples if edit.definition else ()
    words: list[Any] = [
        html.Bdi(f"“{shorten(edit.label or '', 60)}”"),
        f" by {plural(len(examples), 'example')}: no message in this view belongs to it",
    ]
    undo = action_button("Undo", "undo-edit", f"{project_id}/{edit.number}", variant="subtle")
    return html.Li([html.Span(words), undo], className="mover")
