"""A candidate of topics: the card on the Topics page that asks for one, and the page that compares it with today."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard.actions import action_button, confirm_button, field_id
from dashboard.formatting import MINUS, count, moment, plural, share, shorten
from dashboard.sign_in import current_visitor
from dashboard.topic.editing import EFFECT
from dashboard.topics.comparison import NO_TOPIC, Candidate, find_candidate
from dashboard.ui.card import card, headline, headlines
from dashboard.ui.tables.table import NUMBER, Column, table
from dashboard.ui.topic_name import topic_link

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dashboard.actions import ActionRequest
    from dashboard.data.published import Row
    from dashboard.data.view import View
    from dashboard.topics.comparison import TopicChange
    from projects.records import TopicCandidate

MODES = {"automatic": "automatically, when messages drift", "manual": "only by hand"}
NOTE = (
    "A refit divides all messages into topics again. As a candidate, it changes nothing: you compare it with today's "
    "topics, and promote or drop it. It compares all messages, whatever the filters."
)
MAX_MOVES = 100
MAX_CHARACTERS = 80
WORDS = {"stays": "", "moves": "moves", "split": "splits off", "merged": "merges"}


def ask(request: ActionRequest) -> str:
    """Ask for a candidate of a field."""
    project_id, _, field = request.target.partition("/")
    names = request.known_names(project_id)
    made = request.projects.candidates.request(project_id, field, request.visitor.name, names)
    return f"Candidate {made.number} will be made {EFFECT}. Then you can compare it with today's topics."


def promote(request: ActionRequest) -> str:
    """Make a candidate live."""
    project_id, _, number = request.target.partition("/")
    request.projects.candidates.decide(project_id, int(number), "promoted", request.visitor.name)
    return f"Candidate {number} will be live {EFFECT}."


def drop(request: ActionRequest) -> str:
    """Drop a candidate."""
    project_id, _, number = request.target.partition("/")
    request.projects.candidates.decide(project_id, int(number), "dropped", request.visitor.name)
    return f"Candidate {number} is dropped. Today's topics stay."


def choose_refits(request: ActionRequest) -> str:
    """Choose whether drift refits topics, or only people do."""
    is_automatic = request.value("mode") != "manual"
    request.projects.set_refits(request.target, are_automatic=is_automatic)
    return f"Topics are refitted {MODES['automatic' if is_automatic else 'manual']}, from the next run on."


ACTIONS: Mapping[str, Callable[[ActionRequest], Any]] = {
    "request-candidate": ask,
    "promote-candidate": promote,
    "drop-candidate": drop,
    "choose-refits": choose_refits,
}


def refit_card(view: View) -> Any:
    """Lay out the newest candidate of the field and, folded up, the form for another; nothing for a viewer."""
    if view.projects is None or not current_visitor().is_admin:
        return None
    project = view.projects.get(view.project_id)
    mode = dmc.Select(
        label="Topics are refitted",
        id=field_id("choose-refits", "mode", view.project_id),
        data=[{"value": value, "label": words} for value, words in MODES.items()],
        value="automatic" if project.are_refits_automatic else "manual",
        allowDeselect=False,
        size="xs",
        w=250,
    )
    form = [
        view.field and action_button("Make a candidate", "request-candidate", f"{view.project_id}/{view.field}"),
        mode,
        action_button("Set", "choose-refits", view.project_id),
    ]
    folded = [
        html.Summary("Refit topics", className="text-link"),
        html.P(NOTE, className="card-note"),
        html.Div(form, className="form-line"),
    ]
    return html.Section([html.Details(folded), _newest(view)], className="card edit-topic")


def render(view: View) -> Any:
    """Lay out the page that compares the newest candidate of a field with today's topics."""
    title = html.H1("Candidate topics", className="page-title")
    candidate = find_candidate(view.snapshot, view.project_id, view.field) if view.field else None
    if candidate is None or not candidate.moves:
        words = "A candidate that is live, dropped or expired has nothing to compare." if candidate else NOTE
        link = dcc.Link("Topics", href=view.address.to("topics").href, className="text-link")
        return [title, card("There is no candidate to compare", html.P(words, className="quiet"), link)]
    row, flow = candidate.row, candidate.flow
    n_messages = row["n_messages"]
    changes = candidate.topics()
    n_now, n_then = (sum(bool(getattr(each, size)) for each in changes if each.topic_id) for size in SIZES)
    return [
        title,
        _state(view, row),
        headlines(
            headline(
                "Keep their topic",
                share(row["n_staying"] / n_messages),
                f"{count(row['n_staying'])} of {plural(n_messages, 'message')}",
            ),
            headline("Topics", count(n_then), f"in the candidate; {count(n_now)} today"),
            headline("Arrived since", count(row["n_later"]), "messages, which are not compared"),
        ),
        _topics(view, changes),
        _flow(view, flow, n_messages),
    ]


SIZES = ("n_before", "n_after")


def _topics(view: View, changes: list[TopicChange]) -> Any:
    columns = [
        Column("Topic"),
        Column("What happens", "quiet"),
        Column("Messages today", NUMBER),
        Column("In the candidate", NUMBER),
        Column("Change", NUMBER),
    ]
    changed = [each for each in changes if each.what or each.n_after != each.n_before]
    rows = [
        [
            _name(view, each.topic_id if each.n_before else None, each.label),
            html.Bdi(shorten(each.what, 200)) if each.what else None,
            count(each.n_before),
            count(each.n_after),
            f"{each.n_after - each.n_before:+,}".replace("-", MINUS),
        ]
        for each in changed
    ]
    n_changed = sum(bool(each.what) for each in changed)
    n_same = sum(each.topic_id is not None for each in changes) - sum(each.topic_id is not None for each in changed)
    return card(
        f"{plural(n_changed, 'topic')} would split, merge, appear or vanish",
        table(columns, rows) if rows else None,
        note=f"Topics that change most come first. {plural(n_same, 'topic')} would keep as many messages as today.",
    )


def _name(view: View, topic_id: str | None, label: str | None) -> Any:
    """Link to a topic of today; the name of another is text."""
    if topic_id is None:
        return html.Bdi(shorten(label or NO_TOPIC, MAX_CHARACTERS))
    return topic_link(view.address, topic_id, label)


def _flow(view: View, flow: list[Row], n_messages: int) -> Any:
    if not flow:
        return card(
            "No message would change its topic", html.P("The candidate equals today's topics.", className="quiet")
        )
    n_moved = sum(move["n_messages"] for move in flow)
    columns = [
        Column("From"),
        Column("To"),
        Column("", "quiet"),
        Column("Messages", NUMBER),
        Column("Share of all", NUMBER),
        Column("For example", "quiet"),
    ]
    rows = [
        [
            _name(view, move["from_topic_id"], move["from_label"]),
            html.Bdi(shorten(move["to_label"] or NO_TOPIC, MAX_CHARACTERS)),
            WORDS[move["change"]],
            count(move["n_messages"]),
            share(move["n_messages"] / n_messages),
            html.Bdi(shorten(move["example"] or "", 120), dir="auto"),
        ]
        for move in flow[:MAX_MOVES]
    ]
    more = f" The largest {MAX_MOVES} of {plural(len(flow), 'move')} are listed." if len(flow) > MAX_MOVES else ""
    return card(
        f"{plural(n_moved, 'message')} would change topic",
        table(columns, rows),
        note=f"The largest moves come first.{more}",
    )


def _request(view: View, number: int) -> TopicCandidate | None:
    found = view.projects.candidates.list(view.project_id) if view.projects else []
    return next((each for each in found if each.number == number), None)


def _state(view: View, row: Row) -> Any:
    """Say what the candidate is, with the buttons to promote or drop it."""
    number = row["candidate_number"]
    words = [f"Candidate {number} was made on {moment(row['made_at'])}."]
    asked = _request(view, number)
    if asked is not None and asked.outcome == "dropped":
        words.append(f"{shorten(asked.decided_by or '', 40)} dropped it; the next run deletes it.")
    elif row["status"] == "outdated":
        words.append(
            "The topics have been refitted since, so it cannot be promoted any more. Make another one to compare."
        )
    elif asked is not None and asked.outcome == "promoted":
        words.append(f"{shorten(asked.decided_by or '', 40)} promoted it; it will be live {EFFECT}.")
    is_open = asked is not None and asked.outcome is None
    buttons = []
    if is_open and current_visitor().is_admin:
        target = f"{view.project_id}/{number}"
        sentence = (
            "The candidate replaces today's topics. Topics that continue keep their ids, names and edits; topics that "
            "people have kept or retired since keep their messages."
        )
        if row["status"] == "open":
            buttons.append(confirm_button("Promote", sentence, "promote-candidate", target))
        buttons.append(action_button("Drop", "drop-candidate", target))
    return html.Section([html.P(" ".join(words)), html.Div(buttons, className="form-line")], className="card")


def _newest(view: View) -> Any:
    """Say where the newest candidate of the field stands."""
    asked = view.projects.candidates.list(view.project_id) if view.projects else []
    newest = next((each for each in reversed(asked) if each.field == view.field and each.outcome != "dropped"), None)
    if newest is None:
        return None
    made: Candidate | None = find_candidate(view.snapshot, view.project_id, newest.field, newest.number)
    if made is None:
        return html.P(f"Candidate {newest.number} will be made {EFFECT}.", className="quiet")
    if not made.moves:
        return None
    staying = share(made.row["n_staying"] / made.row["n_messages"])
    words = f"Candidate {newest.number}: {staying} of the messages keep their topic. "
    link = dcc.Link(
        "Compare it with today's topics",
        href=view.address.to("candidate").but(field=view.field).href,
        className="text-link",
    )
    return html.P([words, link])
