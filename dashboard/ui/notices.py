"""Empty states: what is missing, and what to do about it."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Any

from dash import dcc, html

from contracts.trouble import SHORT_ANSWERS
from dashboard.data.address import Address
from dashboard.formatting import END_ISOLATE, ISOLATE, count, shorten
from dashboard.ui.sentences import with_code

if TYPE_CHECKING:
    from dashboard.data.view import View

TOPICS_NEED = "Turret needs a few dozen different texts to find topics. It tries again with every run."
"""When to expect topics, for pages without any."""


def notice(title: str, *sentences: Any, command: str | None = None, link: Any = None) -> html.Section:
    """Lay out a calm message in the middle of the page; `command` is what to type."""
    return html.Section(
        [
            html.H1(title, className="notice-title"),
            *[html.P(with_code(each) if isinstance(each, str) else each) for each in sentences],
            html.Pre(html.Code(command), className="notice-command") if command else None,
            link,
        ],
        className="notice",
        role="status",
    )


def no_numbers(address: Address, name: str) -> html.Section:
    """Explain that a project has no published events, and link to their progress."""
    return notice(
        "No numbers yet",
        ["Nothing is published yet for ", html.Bdi(shorten(name, 60)), "."],
        link=dcc.Link("See the progress of its events", href=address.to().href, className="text-link"),
    )


def unknown_project() -> html.Section:
    """Explain that the address names a project that does not exist."""
    return notice(
        "Project not found",
        "The address may be wrong, or the project was deleted. Choose another project above.",
        link=dcc.Link("Open the largest project", href="/", className="text-link"),
    )


def no_text(view: View) -> html.Section:
    """Explain that no field holds text; suggest a field of short answers, where there is one."""
    rows = view.rows("short_answers")
    if rows:
        field, n_values = shorten(rows[0]["field"], 60), count(rows[0]["n_distinct_values"])
        sentence = SHORT_ANSWERS.format(field=f"{ISOLATE}{field}{END_ISOLATE}", n_distinct_values=n_values)
        return notice(
            "No texts in this project",
            f"{sentence[0].upper()}{sentence[1:]}",
            ["Some of its values: ", html.Bdi(", ".join(f"“{shorten(value, 30)}”" for value in rows[0]["samples"]))],
            command=f"turret project field set {view.project_id} {quote(rows[0]['field'])} text",
        )
    return notice(
        "No texts in this project",
        "Turret finds topics in text, but no metadata field of these events contains text. Put what the user "
        "said into a field such as “prompt”, then run the pipeline again.",
        command='{"name": "message", "metadata": {"prompt": "What the user said"}}',
    )


def no_topics(view: View) -> html.Section:
    """Explain that no topics exist yet, or that none of the selected messages has one."""
    if view.has_topics:
        return notice(
            "No topic has a message here",
            "This project has topics, but none of the selected messages belongs to one.",
            link=dcc.Link("Clear filters", href=_everything(view.address), className="text-link"),
        )
    return notice(
        "No topics yet",
        f"The messages have arrived, but none belongs to a topic yet. {TOPICS_NEED}",
        command="turret run",
    )


def nothing_chosen(address: Address) -> html.Section:
    """Explain that the filters leave no event."""
    return notice(
        "No events match these filters",
        "The project has events, but none that match the period, the event name and the values together.",
        link=dcc.Link("Clear filters", href=_everything(address), className="text-link"),
    )


def _everything(address: Address) -> str:
    """Return the address of the same page without filters."""
    return Address(path=address.path, project=address.project).href


def not_found(address: Address, what: str, reason: str = "The address may be wrong.") -> html.Section:
    """Explain that nothing exists at the address."""
    return notice(
        f"{what} was not found",
        reason,
        link=dcc.Link("Go to the Overview", href=address.to().href, className="text-link"),
    )


def failure(sentence: str) -> html.Section:
    """Explain an error that somebody has to fix."""
    return notice("This page could not be loaded", sentence, command="turret status")
