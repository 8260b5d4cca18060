"""Make one edit of a topic in a transaction: check it and store it."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from sqlalchemy import select

from projects.errors import EditRefusedError
from projects.models import GoalRow, TopicEditRow
from projects.name_suggestions import check_known_topic
from projects.records import EditKind, PublishedTopic, TopicDefinition, TopicEdit, TopicOverride
from projects.topic_edits.replay import AppliedEdits, replay, with_undone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from projects.models import ProjectRow
    from projects.records import TopicState


class TopicEditor:
    """A project's published topics, the edits so far and their result; adds one edit.

    Args:
        session: a transaction that locks the project's row, so that edits of a project are serialized.
        owner: the project.
        editor: the name of the person.
        published: the project's topics by id.
    """

    def __init__(
        self, session: Session, owner: ProjectRow, editor: str, published: Mapping[str, PublishedTopic]
    ) -> None:
        self.owner = owner
        self.history = with_undone(read_history(session, owner.project_id))
        self.choices = replay(self.history)
        self._session = session
        self._editor = editor
        self._published = published

    # ------------------------------------------------------------------------------------------------ what there is

    def topic(self, topic_id: str) -> PublishedTopic:
        """Return the topic of this id.

        Raises:
            UnknownNameError: it is not published; the sentence says which come near.
        """
        labels = {topic.topic_id: self.label(topic) for topic in self._published.values()}
        check_known_topic(topic_id, labels, f"project {self.owner.name!r}")
        return self._published[topic_id]

    def choice(self, topic: PublishedTopic) -> TopicOverride:
        """Return the result of the edits so far for the topic."""
        nothing = TopicOverride(self.owner.project_id, topic.field, topic.topic_id)
        return self.choices.topics.get(topic.topic_id, nothing)

    def label(self, topic: PublishedTopic) -> str:
        """Return the topic's name from the next run on."""
        return self.choice(topic).label or topic.label

    def named(self, topic: PublishedTopic) -> str:
        """Name the topic at the beginning of a sentence."""
        return f"The topic {self.label(topic)!r} ({topic.topic_id})"

    def _named(self, topic_id: str) -> str:
        topic = self._published.get(topic_id)
        return f"{self.label(topic)!r} ({topic_id})" if topic else topic_id

    # --------------------------------------------------------------------------------------------- what is refused

    def refuse_area(self, *topics: PublishedTopic) -> None:
        """Refuse an area, which consists of topics."""
        for topic in topics:
            if topic.is_area:
                raise EditRefusedError(
                    f"{self.named(topic)} is an area over topics, which can only be renamed; edit the topics in it."
                )

    def refuse_merged(self, topic: PublishedTopic) -> None:
        """Refuse a topic that is merged into another."""
        if self.choices.is_merged(topic.topic_id):
            target = self._named(self.choices.root(topic.topic_id))
            raise EditRefusedError(f"{self.named(topic)} is merged into {target}; edit that topic, or undo the merge.")

    def refuse_hidden(self, *topics: PublishedTopic) -> None:
        """Refuse a topic that is hidden, by itself or with the one into which it is merged."""
        for topic in topics:
            if self.choices.is_hidden(topic.topic_id):
                raise EditRefusedError(f"{self.named(topic)} is hidden; `turret topic show-again` brings it back.")

    def refuse_retired(self, topic: PublishedTopic) -> None:
        """Refuse a topic that is retired, by itself or with the one into which it is merged."""
        if self.choices.is_retired(topic.topic_id):
            raise EditRefusedError(f"{self.named(topic)} is retired; `turret topic propose` brings it back.")

    def refuse_for_state(self, kind: EditKind, topic: PublishedTopic) -> None:
        """Refuse a topic that can have no state of its own, and to keep or retire a hidden one."""
        self.refuse_area(topic)
        self.refuse_merged(topic)
        if kind != "propose":
            self.refuse_hidden(topic)

    def refuse_state(self, topic: PublishedTopic, state: TopicState) -> None:
        """Refuse to choose the state that the topic has already."""
        if self.choice(topic).state == state:
            says = "neither kept nor retired" if state == "proposed" else f"already {state}"
            raise EditRefusedError(f"{self.named(topic)} is {says}.")

    def refuse_other_field(self, topic: PublishedTopic, field: str) -> None:
        """Refuse a topic of another field than `field`."""
        if topic.field != field:
            raise EditRefusedError(
                f"{self.named(topic)} is of the field {topic.field!r}; messages of the field {field!r} cannot count "
                "for it."
            )

    def refuse_circle(self, source: PublishedTopic, target: PublishedTopic) -> None:
        """Refuse to merge a topic into itself, directly or through others."""
        if source == target:
            raise EditRefusedError(f"{self.named(source)} cannot be merged into itself.")
        if self.choices.root(target.topic_id) == source.topic_id:
            raise EditRefusedError(
                f"{self.named(target)} is already merged into {self._named(source.topic_id)}; undo that merge first."
            )

    def refuse_unnamed(self, topic: PublishedTopic) -> None:
        """Refuse to restore the automatic name of a topic that nobody renamed."""
        if self.choice(topic).label is None:
            raise EditRefusedError(f"{self.named(topic)} already has its automatic name.")

    def refuse_taken(self, label: str, topic: PublishedTopic) -> None:
        """Refuse a name that another topic of the field has, ignoring case; areas are compared with areas only.

        Topics that are merged into others have no name of their own.
        """
        for other in self._published.values():
            is_of_a_kind = other != topic and (other.field, other.is_area) == (topic.field, topic.is_area)
            is_sibling = is_of_a_kind and not self.choices.is_merged(other.topic_id)
            if is_sibling and self.label(other).casefold() == label.casefold():
                raise EditRefusedError(
                    f"{self.named(other)} already has the name {label!r}; choose another name, or merge the two."
                )

    # ------------------------------------------------------------------------------------------- what is written down

    def add(
        self, kind: EditKind, topic: PublishedTopic, *, label: str | None = None, target: PublishedTopic | None = None
    ) -> TopicEdit:
        """Add an edit of a topic.

        Raises:
            EditRefusedError: a goal that the topic reaches could not be reached any more.
        """
        return self._add(
            self._next(
                kind,
                topic.field,
                topic_id=topic.topic_id,
                topic_label=self.label(topic),
                label=label,
                target_topic_id=target.topic_id if target else None,
                target_label=self.label(target) if target else None,
            )
        )

    def add_definition(self, field: str, definition: TopicDefinition) -> TopicEdit:
        """Add the definition of a topic, with a new id.

        Raises:
            EditRefusedError: another topic of the field has the name.
        """
        number = self._next_number()
        digest = hashlib.sha256(f"{self.owner.project_id}/{field}/defined {number}".encode()).hexdigest()
        topic = PublishedTopic(f"top_{digest[:16]}", field, definition.name)
        self.refuse_taken(definition.name, topic)
        edit = self._next("define", field, topic_id=topic.topic_id, label=definition.name, definition=definition)
        news = replay([*self.history, edit]).contradictions() - self.choices.contradictions()
        if news:
            raise EditRefusedError(min(news))
        return self._add(edit)

    def add_move(self, place: tuple[str, str], target: PublishedTopic | None) -> TopicEdit:
        """Add the move of a text, by its field and hash, to a topic or back."""
        field, text_hash = place
        return self._add(
            self._next(
                "move",
                field,
                text_hash=text_hash,
                target_topic_id=target.topic_id if target else None,
                target_label=self.label(target) if target else None,
            )
        )

    def add_undo(self, edit: TopicEdit) -> TopicEdit:
        """Add the undo of an edit.

        Raises:
            EditRefusedError: the remaining edits would contradict one another, or make a goal unreachable.
        """
        undo = self._next("undo", edit.field, topic_id=edit.topic_id, topic_label=edit.topic_label, undoes=edit.number)
        news = replay([*self.history, undo]).contradictions() - self.choices.contradictions()
        if news:
            raise EditRefusedError(
                f"Edit {edit.number} cannot be undone while later edits build on it: {min(news)} Undo those first."
            )
        return self._add(undo)

    def _next(self, kind: EditKind, field: str, **rest: str | int | TopicDefinition | None) -> TopicEdit:
        now = datetime.now(UTC)
        return TopicEdit(self.owner.project_id, self._next_number(), now, self._editor, kind, field, **rest)  # type: ignore[arg-type]

    def _next_number(self) -> int:
        return self.history[-1].number + 1 if self.history else 1

    def _add(self, edit: TopicEdit) -> TopicEdit:
        self._refuse_unreachable_goals(edit)
        self.history = with_undone([*self.history, edit])
        self.choices = replay(self.history)
        self._session.add(
            TopicEditRow(
                project_id=edit.project_id,
                number=edit.number,
                made_at=edit.made_at,
                made_by=edit.made_by,
                kind=edit.kind,
                field=edit.field,
                topic_id=edit.topic_id,
                topic_label=edit.topic_label,
                label=edit.label,
                target_topic_id=edit.target_topic_id,
                target_label=edit.target_label,
                text_hash=edit.text_hash,
                undoes=edit.undoes,
                definition=_as_json(edit.definition),
            )
        )
        return edit

    def _refuse_unreachable_goals(self, edit: TopicEdit) -> None:
        after = replay([*self.history, edit])
        query = select(GoalRow).where(GoalRow.project_id == self.owner.project_id, GoalRow.kind == "topic")
        for goal in self._session.scalars(query.order_by(GoalRow.name)):
            words = [
                word
                for word, is_gone in (("hidden", AppliedEdits.is_hidden), ("retired", AppliedEdits.is_retired))
                if is_gone(after, goal.value) and not is_gone(self.choices, goal.value)
            ]
            if words:
                raise EditRefusedError(
                    f"The goal {goal.name!r} is reached by the topic {self._named(goal.value)}, which would be "
                    f"{words[0]}; delete the goal first."
                )


def read_history(session: Session, project_id: str | None) -> list[TopicEdit]:
    """Return the edits of a project, or of all, in their order."""
    query = select(TopicEditRow).order_by(TopicEditRow.project_id, TopicEditRow.number)
    if project_id is not None:
        query = query.where(TopicEditRow.project_id == project_id)
    return [_edit(row) for row in session.scalars(query)]


def _edit(row: TopicEditRow) -> TopicEdit:
    return TopicEdit(
        project_id=row.project_id,
        number=row.number,
        made_at=row.made_at,
        made_by=row.made_by,
        kind=cast("EditKind", row.kind),
        field=row.field,
        topic_id=row.topic_id,
        topic_label=row.topic_label,
        label=row.label,
        target_topic_id=row.target_topic_id,
        target_label=row.target_label,
        text_hash=row.text_hash,
        undoes=row.undoes,
        definition=_definition(row),
    )


def _as_json(definition: TopicDefinition | None) -> str | None:
    if definition is None:
        return None
    return json.dumps({"examples": definition.examples, "scope": definition.scope}, ensure_ascii=False)


def _definition(row: TopicEditRow) -> TopicDefinition | None:
    if row.definition is None:
        return None
    stored = json.loads(row.definition)
    return TopicDefinition(row.label or "", tuple(stored["examples"]), stored["scope"])
