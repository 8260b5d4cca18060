"""The Masking tab: the kinds of data that are masked before anything is written, and patterns of the project's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import html

from contracts.masking.kinds import KINDS
from dashboard.actions import action_button, confirm_button, field_id
from dashboard.ui.card import card
from dashboard.ui.tables.table import Column, table

if TYPE_CHECKING:
    from contracts.masking.own_patterns import OwnPattern
    from dashboard.actions import ActionRequest
    from dashboard.settings.context import SettingsContext
    from projects.records import Project

WORDS = {
    "email": "E-mail addresses",
    "phone": "Telephone numbers",
    "card": "Card numbers",
    "iban": "Account numbers (IBAN)",
    "ip": "IP addresses",
    "secret": "API keys and other secrets",
}


def render(context: SettingsContext) -> Any:
    """Lay out the tab."""
    project = context.project
    if project is None:
        return card("There is no project yet", html.P("Make one under Projects.", className="quiet"))
    kinds = dmc.MultiSelect(
        label="Mask in new events",
        id=field_id("set-masked-kinds", "kinds", project.project_id),
        data=[{"value": kind, "label": words} for kind, words in WORDS.items()],
        value=[kind for kind in WORDS if kind in project.masking.kinds],
        placeholder="Nothing" if not project.masking.kinds else "",
        clearable=True,
        size="xs",
        w="100%",
        maw=420,
    )
    button = action_button("Set", "set-masked-kinds", project.project_id, variant="filled")
    return [
        card(
            _verdict(project),
            html.Div([kinds, button], className="form-line"),
            note="The kind takes the place of the data, such as ‹email›, before an event is written. Ids are not "
            "masked, nor are names of people and postal addresses. Running collectors apply a change within seconds; "
            "events that were written before stay as they are.",
        ),
        _patterns(project),
    ]


def set_kinds(request: ActionRequest) -> str:
    """Choose the kinds that are masked."""
    changed = request.projects.set_masked_kinds(request.target, request.value("kinds").split())
    return f"{_verdict(changed)}. Running collectors apply it within seconds."


def set_pattern(request: ActionRequest) -> str:
    """Add a pattern, or change the one of its name."""
    name = request.value("name")
    changed = request.projects.set_mask_pattern(request.target, name, request.value("pattern"))
    return f"What matches the pattern is masked as ‹{name}› in new events of {changed.name}."


def remove_pattern(request: ActionRequest) -> str:
    """Remove a pattern."""
    project_id, _, name = request.target.partition("/")
    request.projects.remove_mask_pattern(project_id, name)
    return f"The pattern {name} is removed; what matches it is written as it is sent."


def _verdict(project: Project) -> str:
    n_kinds, n_own = len(project.masking.kinds), len(project.masking.own)
    if project.masking.is_empty:
        return "Nothing is masked: events are written as they are sent"
    kinds = "All kinds of data" if n_kinds == len(KINDS) else f"{n_kinds} of {len(KINDS)} kinds of data"
    own = f", and {n_own} of your own" if n_own else ""
    return f"{kinds}{own} are masked before anything is written"


def _patterns(project: Project) -> Any:
    target = project.project_id
    name = dmc.TextInput(label="Name", id=field_id("set-mask-pattern", "name", target), size="xs", w=180)
    pattern = dmc.TextInput(
        label="Pattern", id=field_id("set-mask-pattern", "pattern", target), size="xs", w="100%", maw=340
    )
    button = action_button("Add pattern", "set-mask-pattern", target)
    own = project.masking.own
    columns = [Column("Name"), Column("Pattern"), Column()]
    return card(
        "Patterns of your own",
        table(columns, [_cells(project, one) for one in own]) if own else None,
        html.Div([name, pattern, button], className="form-line"),
        note="A regular expression of RE2, such as C-[0-9]{6}, of at most 200 characters. Its name takes the place of "
        "what matches.",
    )


def _cells(project: Project, own: OwnPattern) -> list[Any]:
    sentence = "New events are written with what matches it. Events that were masked stay masked."
    target = f"{project.project_id}/{own.name}"
    return [own.name, html.Code(own.pattern), confirm_button("Remove", sentence, "remove-mask-pattern", target)]
