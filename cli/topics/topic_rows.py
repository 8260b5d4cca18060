"""Topics and their edits as rows for programs, and as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.marts.rows import printable
from contracts.events import COMMENT_FIELD

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cli.printing import Row
    from cli.topics.published_topics import ListedTopic, PublishedTopics
    from projects.records import TopicEdit, TopicState

MAX_TEXT_CHARACTERS = 60


def topic_row(topic: ListedTopic, found: PublishedTopics) -> dict[str, object]:
    """Return a topic as a row for programs."""
    return {
        "topic_id": topic.topic_id,
        "label": topic.label,
        "own_label": topic.own_label,
        "field": topic.field,
        "is_area": topic.is_area,
        "is_mixed": topic.is_mixed,
        "n_messages": topic.n_messages,
        "is_hidden": found.choices.is_hidden(topic.topic_id),
        "merged_into": found.choices.root(topic.topic_id) if topic.is_merged else None,
        "state": _state(topic, found),
        "is_pinned": topic.state == "kept",  # deprecated
        "step": topic.step,
        "is_found": topic.is_found,
        "examples": list(topic.choice.definition.examples) if topic.choice and topic.choice.definition else None,
        "outvoted_examples": [{"example": example, "topic_id": other} for example, other in topic.outvoted],
        "came_out_of": list(topic.came_out_of),
        "waits_for_next_run": topic.waits,
    }


def short_row(topic: ListedTopic, found: PublishedTopics) -> Row:
    """Return a topic as a row for people."""
    return {
        "topic_id": topic.topic_id,
        "topic": topic.label,
        "field": topic.field,
        "comments" if topic.field == COMMENT_FIELD else "messages": topic.n_messages,
        "notes": "; ".join(_notes(topic, found)) or None,
    }


def _notes(topic: ListedTopic, found: PublishedTopics) -> Iterator[str]:
    """Describe a topic's edits and its state."""
    yield from (word for word, holds in (("area", topic.is_area), ("mixed", topic.is_mixed)) if holds)
    if topic.label != topic.own_label:
        yield f"was {topic.own_label!r}"
    if topic.is_merged:
        yield f"merged into {found.label(found.choices.root(topic.topic_id))!r}"
    if found.choices.is_hidden(topic.topic_id):
        yield "hidden"
    if (state := _state(topic, found)) in {"kept", "retired"}:
        yield str(state)
    if topic.step:
        yield f"{topic.step} a step"
    for source in topic.came_out_of:
        edited = "hidden" if found.choices.is_hidden(source) else "merged"
        yield f"came out of {found.label(source)!r}, which is {edited}"
    if topic.is_waiting_for_messages:
        was_tried = topic.applied[3] == "kept"  # by the last run
        yield "defined; no message is like its examples yet" if was_tried else "defined; from the next run on"
    elif not topic.is_found:
        yield "gone"
    if topic.waits:
        yield "from the next run on"
    yield from (outvoted(example, other, found) for example, other in topic.outvoted)


def outvoted(example: str, topic_id: str | None, found: PublishedTopics) -> str:
    """Say where messages like an example of a defined topic count instead."""
    where = repr(found.label(topic_id)) if topic_id else "no topic"
    return f"outvoted: messages like {cut(example)} count for {where}"


def _state(topic: ListedTopic, found: PublishedTopics) -> TopicState | None:
    """Return the topic's state from the next run on; None for an area."""
    if topic.is_area:
        return None
    return "retired" if found.choices.is_retired(topic.topic_id) else topic.state


def edit_row(edit: TopicEdit, texts: Mapping[str, str]) -> dict[str, object]:
    """Return an edit as a row for programs; `texts` are those of moves, by hash."""
    return {
        "edit": edit.number,
        "at": made_at(edit),
        "by": edit.made_by,
        "kind": edit.kind,
        "field": edit.field,
        "topic_id": edit.topic_id,
        "topic_label": edit.topic_label,
        "label": edit.label,
        "target_topic_id": edit.target_topic_id,
        "target_label": edit.target_label,
        "text_hash": edit.text_hash,
        "text": texts.get(edit.text_hash or ""),
        "undoes": edit.undoes,
        "undone_by": edit.undone_by,
    }


def what_was_done(edit: TopicEdit, texts: Mapping[str, str]) -> str:
    """Describe an edit."""
    topic, target = repr(edit.topic_label), repr(edit.target_label)
    match edit.kind:
        case "define":
            done = f"defined {edit.label!r} by {_n_examples(edit)}"
        case "rename":
            done = f"renamed {topic} to {edit.label!r}" if edit.label else f"gave {topic} its automatic name back"
        case "merge":
            done = f"merged {topic} into {target}"
        case "move":
            message_texts = texts.get(edit.text_hash or "")
            text = cut(message_texts) if message_texts else f"a text ({edit.text_hash})"
            done = f"moved {text} to {target}" if edit.target_topic_id else f"let the topic model place {text} again"
        case "step":
            done = f"made {topic} {edit.label} a step" if edit.label else f"made {topic} a step depending on its use"
        case "undo":
            done = f"undid edit {edit.undoes}"
        case _:
            verbs = {"hide": "hid", "show": "showed", "keep": "kept", "retire": "retired", "propose": "proposed"}
            done = f"{verbs[edit.kind]} {topic}{' again' if edit.kind in {'show', 'propose'} else ''}"
    return done


def _n_examples(edit: TopicEdit) -> str:
    n_examples = len(edit.definition.examples) if edit.definition else 0
    return "1 example" if n_examples == 1 else f"{n_examples} examples"


def undone(edit: TopicEdit) -> str:
    """Return the end of a sentence about an edit that is undone."""
    return f", undone by edit {edit.undone_by}" if edit.undone_by else ""


def cut(text: str) -> str:
    """Return the beginning of a text, on one line."""
    shown = printable(text)
    return f"“{shown if len(shown) <= MAX_TEXT_CHARACTERS else shown[:MAX_TEXT_CHARACTERS] + '…'}”"


def shown(value: object) -> str:
    """Format a value of a topic on one line."""
    if isinstance(value, list):
        return printable(", ".join(map(str, value))) or "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else printable(str(value))


def made_at(edit: TopicEdit) -> str:
    """Format the time of an edit as ISO 8601."""
    return edit.made_at.strftime("%Y-%m-%dT%H:%M:%SZ")
