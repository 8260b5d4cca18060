"""Replay a project's edits of topics, from the first to the last, to get their result for each topic and text.

The functions are pure: edits in, overrides out. `history.py` stores the edits and decides which are allowed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from projects.records import TextOverride, TopicOverride

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from projects.records import EditKind, StepOverride, TopicEdit, TopicState

STATES: dict[EditKind, TopicState] = {"keep": "kept", "retire": "retired", "propose": "proposed"}
"""The state that a topic has after an edit of this kind."""


@dataclass
class AppliedEdits:
    """The result of a project's edits.

    Args:
        topics: the override of each edited topic.
        texts: the override of each moved text, by field and text hash.
    """

    topics: dict[str, TopicOverride] = field(default_factory=dict)
    texts: dict[tuple[str, str], TextOverride] = field(default_factory=dict)

    def chain(self, topic_id: str) -> list[str]:
        """Return the topic and those into which it is merged, one after the other; stop at a circle."""
        passed = [topic_id]
        while (choice := self.topics.get(passed[-1])) and choice.merged_into is not None:
            passed.append(choice.merged_into)
            if choice.merged_into in passed[:-1]:
                break
        return passed

    def root(self, topic_id: str) -> str:
        """Return the topic for which the topic's messages count: itself if it is not merged."""
        return self.chain(topic_id)[-1]

    def is_hidden(self, topic_id: str) -> bool:
        """Return whether the topic, or the one into which it is merged, is hidden."""
        choice = self.topics.get(self.root(topic_id))
        return choice is not None and choice.is_hidden

    def is_retired(self, topic_id: str) -> bool:
        """Return whether the topic, or the one into which it is merged, is retired."""
        choice = self.topics.get(self.root(topic_id))
        return choice is not None and choice.state == "retired"

    def state(self, topic_id: str) -> TopicState:
        """Return the topic's own state."""
        choice = self.topics.get(topic_id)
        return choice.state if choice else "proposed"

    def label(self, topic_id: str) -> str | None:
        """Return the name that people chose for the topic, if any."""
        choice = self.topics.get(topic_id)
        return choice.label if choice else None

    def is_merged(self, topic_id: str) -> bool:
        """Return whether the topic is merged into another."""
        choice = self.topics.get(topic_id)
        return choice is not None and choice.merged_into is not None

    def contradictions(self) -> set[str]:
        """Return contradictions, one sentence each: circular merges, and two topics of one name."""
        found = set()
        owners: dict[tuple[str, str], str] = {}
        for topic_id, choice in sorted(self.topics.items()):
            *before, last = self.chain(topic_id)
            if last in before:
                found.add(f"The topic {last} would be merged into itself.")
            if choice.label is None or choice.merged_into is not None:
                continue
            owner = owners.setdefault((choice.field, choice.label.casefold()), topic_id)
            if owner != topic_id:
                found.add(f"The topics {owner} and {topic_id} would both be called {choice.label!r}.")
        return found


def with_undone(history: Sequence[TopicEdit]) -> list[TopicEdit]:
    """Return the edits of one project in their order, with the current `undone_by`."""
    undone_by: dict[int, int] = {}
    for edit in reversed(history):
        if edit.undoes is not None and edit.number not in undone_by:
            undone_by[edit.undoes] = edit.number
    return [replace(edit, undone_by=undone_by.get(edit.number)) for edit in history]


def replay(history: Sequence[TopicEdit]) -> AppliedEdits:
    """Return the result of one project's edits, given in their order."""
    choices = AppliedEdits()
    for edit in with_undone(history):
        if edit.undone_by is None:
            _apply(choices, edit)
    return choices


def replay_each(history: Iterable[TopicEdit]) -> dict[str, AppliedEdits]:
    """Return the results of several projects' edits, by project."""
    by_project: defaultdict[str, list[TopicEdit]] = defaultdict(list)
    for edit in history:
        by_project[edit.project_id].append(edit)
    return {project_id: replay(edits) for project_id, edits in sorted(by_project.items())}


def _apply(choices: AppliedEdits, edit: TopicEdit) -> None:
    if edit.kind == "move":
        _move(choices, edit)
        return
    if edit.kind == "undo" or edit.topic_id is None:  # `with_undone` has counted it
        return
    before = choices.topics.pop(edit.topic_id, TopicOverride(edit.project_id, edit.field, edit.topic_id))
    after = _edited(before, edit)
    if not after.is_empty:
        choices.topics[edit.topic_id] = after


def _edited(before: TopicOverride, edit: TopicEdit) -> TopicOverride:
    match edit.kind:
        case "define":
            after = replace(before, label=edit.label, state="kept", definition=edit.definition)
        case "rename":
            own = before.definition.name if before.definition else None
            after = replace(before, label=edit.label or own)
        case "merge":
            after = replace(before, merged_into=edit.target_topic_id)
        case "hide" | "show":
            after = replace(before, is_hidden=edit.kind == "hide")
        case "keep" | "retire" | "propose":
            after = replace(before, state=STATES[edit.kind])
        case "step":
            after = replace(before, step=cast("StepOverride | None", edit.label))
        case _:
            after = before
    return after


def _move(choices: AppliedEdits, edit: TopicEdit) -> None:
    if edit.text_hash is None:
        return
    place = (edit.field, edit.text_hash)
    choices.texts.pop(place, None)
    if edit.target_topic_id is not None:
        choices.texts[place] = TextOverride(edit.project_id, *place, edit.target_topic_id)
