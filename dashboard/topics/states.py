"""The states of topics on the Topics page: the choice which to list, the retired ones, and the form for several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard.actions import action_button, field_id
from dashboard.formatting import count, plural, shorten
from dashboard.sign_in import current_visitor
from dashboard.topic.editing import EFFECT, known_topics
from dashboard.ui.aria import labelled
from dashboard.ui.card import card
from dashboard.ui.tables.table import NUMBER, Column, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from dashboard.actions import ActionRequest
    from dashboard.data.published import Row
    from dashboard.data.view import View
    from projects.records import TopicState

ACTION = "choose-states"
NAMES: Mapping[TopicState, str] = {"proposed": "Proposed", "kept": "Kept", "retired": "Retired"}
NOTE = (
    "A kept topic keeps its messages and its name in every refit. The messages of a retired one count for the next "
    "nearest topic, or for none, and Turret does not offer it again."
)
LISTED_NOTE = (
    "Their messages count for the next nearest topic, or for none. “Propose” brings a topic back with all of them."
)
MAX_CHARACTERS = 80


def choose_states(request: ActionRequest) -> str:
    """Give several topics a state."""
    project_id, _, _ = request.target.partition("/")
    topic_ids = request.value("topics").split()
    state: TopicState = next((name for name in NAMES if name == request.value("state")), "proposed")
    edits = request.projects.topic_edits.choose_states(
        project_id, topic_ids, state, request.visitor.name, known_topics(request)
    )
    return f"{plural(len(edits), 'topic')} will be {state} {EFFECT}."


ACTIONS: Mapping[str, Callable[[ActionRequest], Any]] = {ACTION: choose_states}


def states_of(view: View) -> dict[str, TopicState]:
    """Return the state of each topic of the field that has messages or is retired, from the next run on."""
    states: dict[str, TopicState] = {topic["topic_id"]: topic["state"] for topic in view.topics}
    states |= dict.fromkeys((row["topic_id"] for row in _retired(view)), "retired")
    if view.projects is None:
        return states
    chosen = view.projects.topic_edits.choices(view.project_id).get(view.project_id)
    if chosen is None:
        return dict.fromkeys(states, "proposed")
    return {topic_id: "retired" if chosen.is_retired(topic_id) else chosen.state(topic_id) for topic_id in states}


def state_tabs(view: View, states: Mapping[str, TopicState]) -> Any:
    """Offer the states to list as links; nothing while all topics are proposed."""
    n_topics = {name: sum(state == name for state in states.values()) for name in NAMES}
    if n_topics["proposed"] == len(states):
        return None
    address = view.address
    tabs: dict[str | None, tuple[str, int]] = {None: ("All", len(view.topics))}
    tabs |= {name: (word, n_topics[name]) for name, word in NAMES.items()}
    links = [
        dcc.Link(
            f"{word} {count(n)}",
            href=address.but(state=name).href,
            className="tab is-current" if name == address.state else "tab",
        )
        for name, (word, n) in tabs.items()
    ]
    return html.Nav(links, className="tabs", **labelled("State of the topics"))


def retired_card(view: View, states: Mapping[str, TopicState]) -> Any:
    """List the retired topics of the field, those that the next run will retire too."""
    found = {row["topic_id"]: row for row in [*view.topics, *_retired(view)]}
    rows = [found[topic_id] for topic_id, state in states.items() if state == "retired"]
    if not rows:
        return card("No topic is retired", html.P(NOTE, className="card-note"))
    is_admin = view.projects is not None and current_visitor().is_admin
    columns = [Column("Topic"), Column("Messages", NUMBER), *([Column("")] if is_admin else [])]
    cells = [[_name(row), count(row["n_messages"]), *([_propose(view, row)] if is_admin else [])] for row in rows]
    return card(f"{plural(len(rows), 'retired topic')}", table(columns, cells), note=LISTED_NOTE)


def several_card(view: View, topics: Iterable[Row]) -> Any:
    """Lay out the form that gives several topics a state; nothing for a viewer."""
    if view.projects is None or not current_visitor().is_admin:
        return None
    target = f"{view.project_id}/{view.field}"
    chosen = dmc.MultiSelect(
        label="Topics (or tick them in the table)",
        id=field_id(ACTION, "topics", target),
        data=[{"value": topic["topic_id"], "label": shorten(topic["label"], MAX_CHARACTERS)} for topic in topics],
        searchable=True,
        clearable=True,
        placeholder="Topics",
        nothingFoundMessage="No match",
        size="xs",
        w=320,
    )
    state = dmc.Select(
        label="Will be",
        id=field_id(ACTION, "state", target),
        data=[{"value": name, "label": word.lower()} for name, word in NAMES.items()],
        value="kept",
        allowDeselect=False,
        size="xs",
        w=120,
    )
    form = html.Div([chosen, state, action_button("Apply", ACTION, target)], className="form-line")
    folded = [html.Summary("Keep or retire topics", className="text-link"), html.P(NOTE, className="card-note"), form]
    return html.Section(html.Details(folded), className="card edit-topic")


def _retired(view: View) -> list[Row]:
    return view.rows("retired_topics", field=view.field)


def _name(row: Row) -> Any:
    return html.Bdi(shorten(row["label"], MAX_CHARACTERS))


def _propose(view: View, row: Row) -> Any:
    return action_button("Propose", "propose-topic", f"{view.project_id}/{row['topic_id']}")
