"""Edits of a topic on its page: rename, merge, hide, keep, retire, choose steps. They take effect with the next run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import html

from contracts.events import COMMENT_FIELD
from dashboard.actions import action_button, confirm_button, field_id
from dashboard.formatting import duration, moment, plural, shorten
from projects.records import PublishedTopic

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dashboard.actions import ActionRequest
    from dashboard.data.published import Row
    from dashboard.data.view import View
    from projects import Projects
    from projects.records import StepOverride, TopicEdit, TopicOverride, TopicState

EFFECT = "with the next run of the pipeline"
NOTICED_WITHIN_S = 5
"""Seconds until a run starts: the sensor sees an edit in one, the queue looks every two, and the process is forked."""
MIN_RUNS = 2
RECENT = timedelta(days=1)
NOTE = (
    "Rename, merge, hide, keep or retire this topic, or choose whether it counts as a step of journeys. Edits take "
    "effect with the next run, last, and can be undone."
)
COMMENTS_NOTE = (
    "Rename, merge, hide, keep or retire this topic of comments. Edits take effect with the next run, last, and can be "
    "undone."
)
EDITS_LISTED = 8
MAX_TARGETS = 500
STEP_WORDS: Mapping[str | None, str] = {
    "always": "always a step",
    "never": "never a step",
    None: "a step or not, depending on how people use it",
}


def rename(request: ActionRequest) -> str:
    """Rename a topic; an empty name restores the automatic one."""
    project_id, topic_id = _place(request)
    label = request.value("label") or None
    edit = request.projects.topic_edits.rename(project_id, topic_id, label, request.visitor.name, known_topics(request))
    if edit.label is None:
        return f"The topic will get its automatic name back {_effect(request)}."
    return f"The topic will be called “{shorten(edit.label, 80)}” {_effect(request)}."


def merge(request: ActionRequest) -> str:
    """Merge a topic into another."""
    project_id, topic_id = _place(request)
    edit = request.projects.topic_edits.merge(
        project_id, topic_id, request.value("into"), request.visitor.name, known_topics(request)
    )
    return f"Its messages will count for “{shorten(edit.target_label or '', 80)}” {_effect(request)}."


def hide(request: ActionRequest) -> str:
    """Hide a topic from lists and journeys."""
    project_id, topic_id = _place(request)
    request.projects.topic_edits.hide(project_id, topic_id, request.visitor.name, known_topics(request))
    return (
        f"The topic will be hidden from lists and journeys {_effect(request)}. Its messages still count in totals, "
        "like filler."
    )


def show(request: ActionRequest) -> str:
    """Show a hidden topic again."""
    project_id, topic_id = _place(request)
    request.projects.topic_edits.show(project_id, topic_id, request.visitor.name, known_topics(request))
    return f"The topic will be shown again {_effect(request)}."


def keep(request: ActionRequest) -> str:
    """Keep a topic through every refit."""
    project_id, topic_id = _place(request)
    request.projects.topic_edits.keep(project_id, topic_id, request.visitor.name, known_topics(request))
    return "The topic is kept. Refits leave it its messages and its name."


def retire(request: ActionRequest) -> str:
    """Retire a topic."""
    project_id, topic_id = _place(request)
    request.projects.topic_edits.retire(project_id, topic_id, request.visitor.name, known_topics(request))
    return (
        f"The topic will be retired {_effect(request)}. Its messages will count for the next nearest one, or for none."
    )


def propose(request: ActionRequest) -> str:
    """Take back that a topic was kept or retired."""
    project_id, topic_id = _place(request)
    request.projects.topic_edits.propose(project_id, topic_id, request.visitor.name, known_topics(request))
    return f"The topic will be proposed again {_effect(request)}. Refits may merge or dissolve it."


def choose_step(request: ActionRequest, *, step: StepOverride | None) -> str:
    """Choose whether a topic makes a step of a journey."""
    project_id, topic_id = _place(request)
    request.projects.topic_edits.choose_step(project_id, topic_id, step, request.visitor.name, known_topics(request))
    return f"The topic will be {STEP_WORDS[step]} {_effect(request)}."


def undo(request: ActionRequest) -> str:
    """Undo an edit."""
    project_id, number = _place(request)
    edit = request.projects.topic_edits.undo(project_id, int(number), request.visitor.name)
    return f"Edit {edit.undoes} will be undone {_effect(request)}."


ACTIONS: Mapping[str, Callable[[ActionRequest], Any]] = {
    "rename-topic": rename,
    "merge-topic": merge,
    "hide-topic": hide,
    "show-topic": show,
    "keep-topic": keep,
    "retire-topic": retire,
    "propose-topic": propose,
    "step-always": partial(choose_step, step="always"),
    "step-never": partial(choose_step, step="never"),
    "step-auto": partial(choose_step, step=None),
    "undo-edit": undo,
}


def known_topics(request: ActionRequest) -> list[PublishedTopic]:
    """Return the published topics, against which edits are checked."""
    rows = request.published.snapshot().rows("known_topics", project_id=_place(request)[0])
    return [PublishedTopic(row["topic_id"], row["field"], row["own_label"], is_area=row["is_area"]) for row in rows]


def edit_card(view: View, topic: Row, projects: Projects) -> Any:
    """Lay out the edits of a topic and, folded up, the form for new ones."""
    target = f"{view.project_id}/{topic['topic_id']}"
    choice = {found.topic_id: found for found in projects.topic_edits.topic_choices(view.project_id)}.get(
        topic["topic_id"]
    )
    edits = [
        edit
        for edit in projects.topic_edits.history(view.project_id)
        if topic["topic_id"] in {edit.topic_id, edit.target_topic_id}
    ]
    undone = {edit.undoes for edit in projects.topic_edits.history(view.project_id) if edit.undoes}
    is_of_comments = topic["field"] == COMMENT_FIELD
    switches = _switches(target, choice, has_steps=not is_of_comments)
    controls = [*_renaming(topic, target), *_merging(view, topic, target), *switches]
    folded = [
        html.Summary("Edit this topic", className="text-link"),
        html.P(COMMENTS_NOTE if is_of_comments else NOTE, className="card-note"),
        html.Div(controls, className="form-line"),
    ]
    history = _history(view.project_id, edits[-EDITS_LISTED:][::-1], undone)
    return html.Section([html.Details(folded), history], className="card edit-topic")


def _renaming(topic: Row, target: str) -> list[Any]:
    name = dmc.TextInput(
        label="Name (leave empty for the automatic one)",
        id=field_id("rename-topic", "label", target),
        value=topic["label"],
        size="xs",
        w=260,
    )
    return [name, action_button("Rename", "rename-topic", target)]


def _merging(view: View, topic: Row, target: str) -> list[Any]:
    others = [
        {"value": other["topic_id"], "label": shorten(other["label"], 80)}
        for other in view.rows("topic_choices", field=topic["field"])[:MAX_TARGETS]
        if other["topic_id"] != topic["topic_id"]
    ]
    into = dmc.Select(
        label="Merge into",
        id=field_id("merge-topic", "into", target),
        data=others,
        searchable=True,
        placeholder="Another topic",
        size="xs",
        w=260,
    )
    return [into, action_button("Merge", "merge-topic", target)]


def _switches(target: str, choice: TopicOverride | None, *, has_steps: bool) -> list[Any]:
    state = choice.state if choice is not None else "proposed"
    is_hidden = choice is not None and choice.is_hidden
    states = state_buttons(target, state)
    if is_hidden:
        return [*states, action_button("Show again", "show-topic", target)]
    sentence = (
        "This hides the topic from lists and journeys. Its messages still count in totals, like filler. "
        "You can show it again at any time."
    )
    step = choice.step if choice is not None else None
    steps = [("Step: always", "always"), ("Step: never", "never"), ("Step: automatic", None)] if has_steps else []
    choosing = [action_button(label, f"step-{value or 'auto'}", target) for label, value in steps if value != step]
    return [*states, *choosing, confirm_button("Hide", sentence, "hide-topic", target)]


def state_buttons(target: str, state: TopicState) -> list[Any]:
    """Return the buttons that give a topic another state."""
    sentence = (
        "This retires the topic. Its messages will count for the next nearest topic, or for none if no topic is near "
        "enough, and Turret will not offer it again. You can take that back at any time."
    )
    buttons = {
        "kept": action_button("Keep", "keep-topic", target),
        "retired": confirm_button("Retire", sentence, "retire-topic", target),
        "proposed": action_button("Propose again", "propose-topic", target),
    }
    return [button for other, button in buttons.items() if other != state]


def _history(project_id: str, edits: list[TopicEdit], undone: set[int]) -> Any:
    if not edits:
        return None
    lines = [
        html.Li(
            [
                html.Span([f"{moment(edit.made_at)}: ", _what(edit), " by ", html.Bdi(shorten(edit.made_by, 40))]),
                html.Span("undone", className="quiet")
                if edit.number in undone
                else action_button("Undo", "undo-edit", f"{project_id}/{edit.number}", variant="subtle")
                if edit.kind != "undo"
                else None,
            ],
            className="mover",
        )
        for edit in edits
    ]
    return html.Ul(lines, className="movers edits")


def _what(edit: TopicEdit) -> Any:
    match edit.kind:
        case "define":
            n_examples = len(edit.definition.examples) if edit.definition else 0
            return f"defined by {plural(n_examples, 'example')}"
        case "rename":
            new = html.Bdi(f"“{shorten(edit.label, 60)}”") if edit.label else "its automatic name"
            return html.Span(["renamed to ", new])
        case "merge":
            source, target = (
                html.Bdi(f"“{shorten(label or '', 60)}”") for label in (edit.topic_label, edit.target_label)
            )
            return html.Span([source, " merged into ", target])
        case "step":
            return STEP_WORDS[edit.label]
        case "undo":
            return f"edit {edit.undoes} undone"
    words = {"hide": "hidden", "show": "shown again", "keep": "kept", "retire": "retired", "propose": "proposed again"}
    return words.get(edit.kind, "a message moved")


def _effect(request: ActionRequest) -> str:
    run = request.published.snapshot().row("seconds_of_run", project_id=_place(request)[0])
    return effect_after(run, datetime.now(UTC))


def effect_after(run: Row, now: datetime) -> str:
    """Say when an edit takes effect, with the time that the last run took, if there was one within a day."""
    if run["n_runs"] < MIN_RUNS or run["started_at"].replace(tzinfo=UTC) < now - RECENT:
        return EFFECT
    return f"{EFFECT}, in about {duration(NOTICED_WITHIN_S + run['seconds'])}"


def _place(request: ActionRequest) -> tuple[str, str]:
    """Return the project and the topic (or the number of the edit) that a button names."""
    project_id, _, rest = request.target.partition("/")
    return request.projects.get(project_id).project_id, rest
