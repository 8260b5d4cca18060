"""What stands in place of a page that has nothing to show: what is missing, and what to do about it."""

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

TOPICS_NEED = "The topic model needs a few dozen different texts; the next run looks again."
"""When to expect topics, for pages that have none to show."""


def notice(title: str, *sentences: Any, command: str | None = None, link: Any = None) -> html.Section:
    """A calm message in the middle of the page; `command` is what to type."""
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
    """A page of a project that has no published events; its overview says how far they are."""
    return notice(
        "There are no numbers yet",
        ["The published data has no events of ", html.Bdi(shorten(name, 60)), "."],
        link=dcc.Link("See how far its events are", href=address.to().href, className="text-link"),
    )


def unknown_project() -> html.Section:
    """Explain that the address names a project that does not exist."""
    return notice(
        "This project is not here",
        "The address may be mistyped, or the project was deleted. The others are listed above.",
        link=dcc.Link("See the largest project", href="/", className="text-link"),
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
            ["Some of the values: ", html.Bdi(", ".join(f"“{shorten(value, 30)}”" for value in rows[0]["samples"]))],
            command=f"turret project field set {view.project_id} {quote(rows[0]['field'])} text",
        )
    return notice(
        "No texts in this project",
        "Its events arrived, but no field of their metadata holds text, and topics are made from texts. "
        "Put what the user said into a field such as “prompt”, and run the pipeline again.",
        command='{"name": "message", "metadata": {"prompt": "What the user said"}}',
    )


def no_topics(view: View) -> html.Section:
    """Explain that no topics exist yet, or that none of the selected messages has one."""
    if view.has_topics:
        return notice(
            "No topic has a message here",
            "There are topics in this project, but none of the chosen messages belongs to one.",
            link=dcc.Link("Clear the filters", href=_everything(view.address), className="text-link"),
        )
    return notice(
        "No topics yet",
        f"The messages are here, and none of them belongs to a topic so far. {TOPICS_NEED}",
        command="turret run",
    )


def nothing_chosen(address: Address) -> html.Section:
    """No event is left by the filters."""
    return notice(
        "Nothing matches these filters",
        "There are events in this project, but none on these days, of this name and with these values at once.",
        link=dcc.Link("Clear the filters", href=_everything(address), className="text-link"),
    )


def _everything(address: Address) -> str:
    """Return the address of the same page without filters."""
    return Address(path=address.path, project=address.project).href


def not_found(address: Address, what: str) -> html.Section:
    """Explain that nothing exists at the address."""
    return notice(
        f"{what} is not here",
        "The address may be mistyped, or a newer run has merged what it named into something else.",
        link=dcc.Link("See all topics", href=address.to("topics").href, className="text-link"),
    )


def failure(sentence: str) -> html.Section:
    """Something went wrong that a person has to mend."""
    return notice("This page could not be made", sentence, command="turret status")
