"""The Overview of a project without numbers: the call to make, and how far its events have come."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import dcc, html

from contracts.run_progress import STARTING
from dashboard.actions import action_button, field_id
from dashboard.formatting import duration, plural, shorten
from dashboard.sign_in import current_visitor
from dashboard.ui.card import card
from dashboard.ui.notices import notice

if TYPE_CHECKING:
    from contracts.run_progress import RunProgress
    from dashboard.first_events.arrival import Arrival
    from projects.records import Project

LIVE = "first-events"
BEAT = "first-events-beat"
BEAT_S = 2.0
"""Seconds between two updates of the page, until the project has numbers."""


def render(project: Project, arrival: Arrival, now: datetime) -> list[Any]:
    """Lay out the page."""
    name = html.Bdi(shorten(project.name, 60))
    return [
        html.H1("Overview", className="page-title"),
        card(
            ["The first numbers of ", name],
            _call(project),
            html.Div(progress(arrival, now), id=LIVE),
            dcc.Interval(id=BEAT, interval=round(BEAT_S * 1000)),
            note="This page updates by itself. Turret needs a few dozen different texts to find topics.",
        ),
    ]


def progress(arrival: Arrival, now: datetime) -> html.Ol:
    """List the progress of the events as of `now` (UTC, aware)."""
    is_here = arrival.n_events > 0 or arrival.has_landed
    steps = [
        ("Events", _arrived(arrival, now), "done" if is_here else "now"),
        ("Run", _run(arrival, now, is_here=is_here), "now" if is_here else "later"),
        ("Numbers and topics", "They appear here as soon as the run has published them.", "later"),
    ]
    return html.Ol([_step(*step) for step in steps], className="progress-steps")


def no_project() -> Any:
    """Lay out the page of an installation without projects."""
    if not current_visitor().is_admin:
        return notice("There is no project yet", "Ask an admin to make one.")
    return [
        html.H1("Overview", className="page-title"),
        card(
            "There is no project yet",
            create_form(),
            note="Create a project to get an API key and a ready-made call that sends your first event.",
        ),
    ]


def create_form() -> html.Div:
    """Lay out the form that creates a project."""
    name = dmc.TextInput(label="Name of a new project", id=field_id("create-project", "name"), size="xs", w=240)
    return html.Div([name, action_button("Create project", "create-project", variant="filled")], className="form-line")


def _call(project: Project) -> Any:
    if not current_visitor().is_admin:
        return html.P("You need an API key of the project to send events. Ask an admin for one.", className="quiet")
    return html.Div(
        [
            action_button("Create a key and show the call", "create-key", project.project_id, variant="filled"),
            html.Span(
                "Existing keys keep working. Turret stores only their hashes, so it cannot show them again.",
                className="quiet",
            ),
        ],
        className="call-line",
    )


def _step(name: str, words: Any, state: str) -> html.Li:
    return html.Li(
        [html.Strong(name), dmc.Loader(type="dots", size="xs", ml=8) if state == "now" else None, html.P(words)],
        className=f"progress-step is-{state}",
    )


def _arrived(arrival: Arrival, now: datetime) -> str:
    if not arrival.n_events:
        return "Waiting for the first event. This line updates within seconds of its arrival."
    ago = (
        ""
        if arrival.last_at is None
        else f", the last {duration(max(0.0, (now - arrival.last_at).total_seconds()))} ago"
    )
    return f"{plural(arrival.n_events, 'event')} arrived{ago}."


def _run(arrival: Arrival, now: datetime, *, is_here: bool) -> Any:
    if arrival.run is not None:
        return _under_way(arrival.run, now)
    if not is_here:
        return "Starts by itself once events have arrived."
    start = [
        "While ",
        html.Code("turret up"),
        " is running, the next run starts by itself; ",
        html.Code("turret run"),
        " starts one at once.",
    ]
    if arrival.broken is None:
        return ["The events are waiting for a pipeline run. ", *start]
    words = f"The last run ended early, in the stage “{arrival.broken.title}”; "
    return [words, html.Code("turret status"), " and Dagster's page say why. ", *start]


def _under_way(run: RunProgress, now: datetime) -> str:
    if run == STARTING:
        return "A run has started."
    naive = now.astimezone(UTC).replace(tzinfo=None)
    stage, whole = (max(0.0, (naive - since).total_seconds()) for since in (run.stage_started_at, run.run_started_at))
    return f"A run has been under way for {duration(whole)}: {run.title} ({duration(stage)} so far)."
