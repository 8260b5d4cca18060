"""The examples of a person's own topic that are outvoted: messages like them count for another topic, or for none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import html

from dashboard.formatting import count, plural, shorten
from dashboard.ui.topic_name import topic_link

if TYPE_CHECKING:
    from dashboard.data.published import Row
    from dashboard.data.view import View

MAX_CHARACTERS = 80


def outvoted_card(view: View, topic: Row) -> Any:
    """Name the outvoted examples with the topics that messages like them count for; nothing without any."""
    rows = view.rows("placed_examples", topic_id=topic["topic_id"])
    if view.projects is None or not rows or not rows[0]["example_topic_ids"]:
        return None
    choices = view.projects.topic_edits.choices(view.project_id).get(view.project_id)
    choice = choices.topics.get(topic["topic_id"]) if choices else None
    if choice is None or choice.definition is None:
        return None
    found = choice.definition.outvoted(rows[0]["example_topic_ids"], topic["topic_id"])
    if not found:
        return None
    n_examples = len(choice.definition.examples)
    words = (
        f"{count(len(found))} of the {plural(n_examples, 'example')} by which people defined this topic "
        f"{'is' if len(found) == 1 else 'are'} outvoted: most of the messages nearest to "
        f"{'it' if len(found) == 1 else 'them'} belong elsewhere, so messages like "
        f"{'it' if len(found) == 1 else 'them'} do not count here."
    )
    lines = [html.Li(_line(view, example, other), className="mover") for example, other in found]
    return html.Section([html.P(words), html.Ul(lines, className="movers")], className="card")


def _line(view: View, example: str, topic_id: str | None) -> Any:
    where = topic_link(view.address, topic_id, view.labels.get(topic_id)) if topic_id else "no topic"
    return html.Span(["Like ", html.Bdi(f"“{shorten(example, MAX_CHARACTERS)}”"), ": ", where])
