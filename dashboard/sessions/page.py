"""Sessions: those behind a number of another page, one conversation, and one user's sessions in order."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

from dash import dcc, html

from dashboard.actions import action_button, confirm_button
from dashboard.data.query_parameters import SESSIONS_PER_PAGE, session_choice
from dashboard.feedback.comments import session_feedback
from dashboard.formatting import all_of, count, day, duration, moment, plural, short_day, shorten
from dashboard.journeys.flow.graph import NAMES
from dashboard.sessions import erasure
from dashboard.sessions.erasure import erasure_offer
from dashboard.sessions.event_fields import EventFields
from dashboard.sign_in import current_visitor
from dashboard.ui.aria import labelled
from dashboard.ui.card import card, headline, headlines
from dashboard.ui.card_sources import source_links
from dashboard.ui.notices import not_found
from dashboard.ui.tables.pager import pager
from dashboard.ui.tables.session_table import session_path, session_table, user_link
from dashboard.ui.topic_name import chip

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from dashboard.actions import ActionRequest
    from dashboard.data.address import Address
    from dashboard.data.published import Row
    from dashboard.data.view import View

MAX_EVENTS = 500
SIGN_WORDS = {
    None: "with a message about ",
    "any": "that visited ",
    "friction": "with friction about ",
    "again": "that asked again about ",
    "circles": "that went in circles about ",
    "back": "followed by a return of the user to ",
    "last": "that ended with ",
    "late": "with a late answer about ",
    "missing": "with a missing answer about ",
}
"""Which sessions a sign of friction selects, before the name of the topic."""
FEEDBACK_WORDS = {"any": "with feedback", "negative": "with negative feedback"}
STATUS_WORDS = {"filler": "Filler", "noise": "Noise", "pending": "Pending"}


def render_list(view: View) -> Any:
    """Lay out the list of sessions that the address selects."""
    labels = view.labels
    return [
        html.H1("Sessions", className="page-title"),
        _table(view, labels, user=None, title=lambda n: [f"{plural(n, 'session')} ", *_which(view, labels)]),
    ]


def render_session(view: View, session_id: str) -> Any:
    """Lay out one session: its path, and all of its events."""
    found = view.rows("session", session_id=session_id)
    if not found:
        return not_found(view.address, "This session", _why_missing(view))
    session, labels = found[0], view.labels
    if view.filters.is_every_message_a_step:
        session = session | view.row("session_turns", session_id=session_id)
    events = view.rows("session_events", session_id=session_id, field=view.field, most=MAX_EVENTS)
    fields = _fields(view, events)
    deleted = _deleted_ids(view)
    return [
        _crumbs(view),
        html.H1(html.Span(["Session ", html.Bdi(shorten(session_id, 60))]), className="page-title"),
        headlines(
            _moment("Started", session["started_at"]),
            headline("Duration", duration(session["duration_s"]), f"{plural(session['n_events'], 'event')}"),
            headline("Messages", count(session["n_messages"]), f"{plural(session['n_steps'], 'step')} of the journey"),
            headline("User", user_link(view.address, session["user_id"]), _source(session), is_words=True),
        ),
        card(
            ["Path through topics", *(_overlong() if session["is_overlong"] else [])],
            session_path(view, session["path"], labels),
            fields.common_chips(),
        ),
        session_feedback(view, session_id),
        card(
            all_of(session["n_events"], "event"),
            html.Ol(
                [
                    _event(view, row, before, labels, fields, _deletion(view, row["event_id"], deleted))
                    for row, before in _with_before(events)
                ],
                className="events",
            ),
            note=None
            if len(events) == session["n_events"]
            else f"The first {count(len(events))} events are shown; query fct_events to get all of them.",
        ),
        erasure_offer(view, "session", session_id),
    ]


def render_user(view: View, user_id: str) -> Any:
    """Lay out one user: their sessions, the newest first."""
    found = view.rows("user", user=user_id)
    if not found:
        return not_found(view.address, "This user")
    user, labels = found[0], view.labels
    whole = user["n_sessions"]
    return [
        _crumbs(view),
        html.H1(html.Span(["User ", html.Bdi(shorten(user_id, 60))]), className="page-title"),
        headlines(
            headline("Sessions", count(user["n_sessions"]), "of all time"),
            headline("Events", count(user["n_events"]), "of all time"),
            _moment("First seen", user["first_seen_at"]),
            _moment("Last seen", user["last_seen_at"]),
        ),
        _table(view, labels, user=user_id, title=lambda n: _of_user(view, n, whole)),
        erasure_offer(view, "user", user_id),
    ]


def _of_user(view: View, shown: int, whole: int) -> str:
    """State how many of a user's sessions are listed, where the filters exclude some."""
    if view.filters.chooses_anything:
        return f"{count(shown)} of {plural(whole, 'session')}, within the filters"
    if view.details_from:
        return f"{count(shown)} of {plural(whole, 'session')}, since {day(view.details_from)}"
    return f"{plural(shown, 'session')} of this user"


def _why_missing(view: View) -> str:
    if view.details_from is None:
        return "The address may be wrong."
    return (
        f"The address may be wrong, or the session began before {day(view.details_from)}: older ones are not published."
    )


def _crumbs(view: View) -> html.Nav:
    link = dcc.Link("Sessions", href=view.address.to("sessions").href, className="text-link")
    return html.Nav([link], className="crumbs", **labelled("Where this page is"))


def _moment(label: str, when: datetime) -> html.Div:
    return headline(label, short_day(when), f"{when:%H:%M} UTC")


def _table(view: View, labels: dict[str, str], *, user: str | None, title: Any) -> Any:
    rows = view.rows("sessions", **session_choice(view, user))
    n_found = rows[0]["n_found"] if rows else 0
    pages = max(ceil(n_found / SESSIONS_PER_PAGE), 1)
    if not rows:
        return card(title(0), html.P("No session matches the filters above.", className="quiet"))
    return card(
        title(n_found),
        session_table(view, rows, labels, has_user=user is None),
        pager(view.address, min(view.address.page, pages), pages),
        source_links(view, "sessions"),
        note="Newest first.",
    )


def _which(view: View, labels: dict[str, str]) -> list[Any]:
    """Describe in words which sessions the address selects."""
    address = view.address
    words: list[Any] = [*_moved(address, labels)]
    if address.feedback:
        words += [FEEDBACK_WORDS[address.feedback]]
    if address.topic:
        about = " about " if address.feedback else SIGN_WORDS[address.sign]
        words += [about, _named(address.topic, labels)]
    if address.visited:
        words += [" that passed " if words else "that passed ", _named(address.visited, labels)]
    if address.variant:
        words += [" that took the same path" if words else "that took the same path"]
    if address.goal:
        verb = "reach" if address.reached == "yes" else "do not reach"
        joint = " and " if words else "that "
        words += [f"{joint}{verb} the goal ", html.Bdi(f"“{shorten(address.goal, 60)}”")]
    return words


def _moved(address: Address, labels: dict[str, str]) -> list[Any]:
    """Describe the transition that the address selects; in a flow from or up to a topic, also its position."""
    source, target = address.source, address.target
    if not address.step:
        if not (source and target):
            return []
        return ["that went from ", _named(source, labels), " to ", _named(target, labels)]
    anchor = address.from_topic or address.to_topic
    if address.to_topic:
        source, target = target, source
    if source and target:
        ways = ["that went from ", _named(source, labels), " to ", _named(target, labels)]
    else:
        ways = ["that came to ", _named(target, labels)] if target else ["that left ", _named(source or "", labels)]
    if anchor is None:
        return [*ways, f" at step {address.step}"]
    side = "before" if address.to_topic else "after"
    return [*ways, f", {plural(address.step, 'step')} {side} their first visit to ", _named(anchor, labels)]


def _named(topic_id: str, labels: dict[str, str]) -> Any:
    if topic_id in NAMES:
        return NAMES[topic_id].lower()
    return html.Bdi(f"“{shorten(labels.get(topic_id, topic_id), 60)}”")


def _source(session: Row) -> str:
    words = {
        "given": "session id from the app",
        "stitched": "session made from the user's events",
        "single": "a single event",
    }
    return words.get(session["session_source"], str(session["session_source"]))


def _overlong() -> list[Any]:
    return [html.Span(", longer than the maximum, so excluded from the numbers about journeys", className="quiet")]


def _with_before(events: list[Row]) -> list[tuple[Row, Row | None]]:
    return list(zip(events, [None, *events[:-1]], strict=True))


def _fields(view: View, events: list[Row]) -> EventFields:
    quick = [row["field"] for kind in ("enum_fields", "number_fields") for row in view.rows(kind)]
    return EventFields.of({row["event_id"]: row["metadata"] for row in events}, tuple(quick), view.field)


def delete_event(request: ActionRequest) -> str:
    """Delete an event, as `turret event delete` does."""
    project_id, _, event_id = request.target.partition("/")
    request.projects.deleted_events.add(project_id, [event_id])
    return f"The event {shorten(event_id, 60)} will be deleted by the next run. Until then, you can restore it here."


def restore_event(request: ActionRequest) -> str:
    """Restore a deleted event."""
    project_id, _, event_id = request.target.partition("/")
    request.projects.deleted_events.remove(project_id, [event_id])
    return f"The event {shorten(event_id, 60)} will count again after the next run."


ACTIONS: Mapping[str, Callable[[ActionRequest], Any]] = {
    "delete-event": delete_event,
    "restore-event": restore_event,
    **erasure.ACTIONS,
}


def _deleted_ids(view: View) -> set[str] | None:
    """Return the ids of the project's deleted events, which are in the marts until the next run; None for viewers."""
    if view.projects is None or not current_visitor().is_admin:
        return None
    deleted = view.projects.deleted_events.list()
    return {event.event_id for event in deleted if event.project_id == view.project_id}


def _deletion(view: View, event_id: str, deleted: set[str] | None) -> Any:
    """Offer an admin to delete an event, or to restore it."""
    if deleted is None:
        return None
    target = f"{view.project_id}/{event_id}"
    if event_id in deleted:
        words = html.Span("Will be deleted by the next run.", className="quiet")
        return html.Div(
            [words, action_button("Restore", "restore-event", target, variant="subtle")], className="buttons"
        )
    sentence = (
        "The next run removes the event from all numbers. Until then you can restore it here; after that, use "
        "“turret event restore”."
    )
    return confirm_button("Delete", sentence, "delete-event", target)


def _event(  # noqa: PLR0913, PLR0917  # what a line is made of
    view: View, row: Row, before: Row | None, labels: dict[str, str], fields: EventFields, deletion: Any
) -> html.Li:
    gap = (row["occurred_at"] - before["occurred_at"]).total_seconds() if before else None
    when = moment(row["occurred_at"]) if gap is None else f"after {duration(gap)}"
    head = [html.Span(when, className="quiet nowrap"), html.Bdi(shorten(row["name"], 60), className="event-name")]
    if row["topic_id"]:
        topic = row["topic_id"]
        head.append(chip(view.address, topic, labels.get(topic), view.colours.get(topic)))
    elif row["topic_status"]:
        status = row["topic_status"] if view.has_topics else "pending"
        head.append(html.Span(STATUS_WORDS.get(status, status), className="place"))
    said = html.P(html.Bdi(row["text"], dir="auto"), className="event-text") if row["text"] is not None else None
    head += fields.chips(row["event_id"])
    foot = html.Div([fields.rest(row["event_id"]), deletion], className="event-foot")
    is_detail = row["message_role"] == "continues"
    if is_detail:
        head.append(html.Span("continues the step", className="quiet"))
    return html.Li([html.Div(head, className="event-head"), said, foot], className="detail" if is_detail else None)
