"""Edits of topics, as an append-only history. `Projects.topic_edits` is the entry point.

An edit is checked against the published topics and the edits in force; one that contradicts either is refused with a
sentence. Runs of the pipeline read the result of all edits (`topic_choices`, `text_choices`) when they begin, so an
edit takes effect with the next run.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from projects.errors import EditRefusedError, NotFoundError
from projects.topic_edits.editor import TopicEditor, read_history
from projects.topic_edits.replay import STATES, replay_each, with_undone
from projects.transactions import find_project, reading, writing
from projects.validation import check_definition, check_editor, check_field, check_text_hash, check_topic_label

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from sqlalchemy import Engine

    from projects.records import (
        EditKind,
        PublishedTopic,
        StepOverride,
        TextOverride,
        TopicEdit,
        TopicOverride,
        TopicState,
    )
    from projects.topic_edits.replay import AppliedEdits


class TopicEdits:
    """Edits of topics of all projects. Every method is one transaction, callable from any thread.

    Methods that edit take `published`: the project's topics as the published marts have them, hidden and merged ones
    too. All of them raise `NotFoundError` where there is no such project, `UnknownNameError` for a topic that is not
    among those, `EditRefusedError` for a contradiction, and `InvalidValueError` for a name that is not allowed.

    Each may raise `DatabaseError` when the database cannot be read or written.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def rename(
        self, project: str, topic_id: str, label: str | None, by: str, published: Collection[PublishedTopic]
    ) -> TopicEdit:
        """Name a topic or area; no labeller changes the name until None restores the automatic one.

        Raises:
            EditRefusedError: another topic of the field has the name, the topic is merged into another, or it has the
                labeller's name already.
        """
        checked = None if label is None else check_topic_label(label)
        with self._editor(project, by, published) as editor:
            topic = editor.topic(topic_id)
            editor.refuse_merged(topic)
            if checked is None:
                editor.refuse_unnamed(topic)
            else:
                editor.refuse_taken(checked, topic)
            return editor.add("rename", topic, label=checked)

    def define(  # noqa: PLR0913, PLR0917  # a definition has four parts
        self,
        project: str,
        field: str,
        name: str,
        examples: Sequence[str],
        scope: str,
        by: str,
        published: Collection[PublishedTopic] = (),
    ) -> TopicEdit:
        """Define a topic by examples; from the next run on, messages like them belong to it.

        Args:
            project: id or name of the project.
            field: text field of the messages.
            name: name of the topic.
            examples: texts that belong to it.
            scope: `topics` for the whole topics that the examples fall into, `closest` for only their closest texts.
            by: the name of the person.
            published: the project's topics.

        Raises:
            EditRefusedError: another topic of the field has the name.
        """
        definition = check_definition(name, examples, scope)
        with self._editor(project, by, published) as editor:
            return editor.add_definition(check_field(field), definition)

    def merge(
        self, project: str, from_id: str, into_id: str, by: str, published: Collection[PublishedTopic]
    ) -> TopicEdit:
        """Merge a topic, with past and future messages, into another of the same field.

        Raises:
            EditRefusedError: the one is merged, hidden or retired already, the other is hidden, retired or merged into
                the one, one of them is an area, or they are of two fields.
        """
        with self._editor(project, by, published) as editor:
            source, target = editor.topic(from_id), editor.topic(into_id)
            editor.refuse_area(source, target)
            editor.refuse_merged(source)
            editor.refuse_hidden(source, target)
            editor.refuse_retired(source)
            editor.refuse_retired(target)
            editor.refuse_other_field(target, source.field)
            editor.refuse_circle(source, target)
            return editor.add("merge", source, target=target)

    def hide(self, project: str, topic_id: str, by: str, published: Collection[PublishedTopic]) -> TopicEdit:
        """Hide a topic from lists and journeys; its messages still count in totals, like filler.

        Raises:
            EditRefusedError: it is already hidden, retired or merged, is an area, or reaches a goal.
        """
        with self._editor(project, by, published) as editor:
            topic = editor.topic(topic_id)
            editor.refuse_area(topic)
            editor.refuse_merged(topic)
            editor.refuse_hidden(topic)
            editor.refuse_retired(topic)
            return editor.add("hide", topic)

    def show(self, project: str, topic_id: str, by: str, published: Collection[PublishedTopic]) -> TopicEdit:
        """Show a hidden topic again.

        Raises:
            EditRefusedError: it is not hidden.
        """
        with self._editor(project, by, published) as editor:
            topic = editor.topic(topic_id)
            if not editor.choice(topic).is_hidden:
                raise EditRefusedError(f"{editor.named(topic)} is not hidden.")
            return editor.add("show", topic)

    def keep(self, project: str, topic_id: str, by: str, published: Collection[PublishedTopic]) -> TopicEdit:
        """Keep a topic: refits leave it its texts and its name.

        Raises:
            EditRefusedError: it is already kept, hidden or merged, or is an area.
        """
        return self._choose_state("keep", project, topic_id, by, published)

    def retire(self, project: str, topic_id: str, by: str, published: Collection[PublishedTopic]) -> TopicEdit:
        """Retire a topic: its messages count for the next nearest topic or for none, and no later fit offers it again.

        Raises:
            EditRefusedError: it is already retired, hidden or merged, is an area, or reaches a goal.
        """
        return self._choose_state("retire", project, topic_id, by, published)

    def propose(self, project: str, topic_id: str, by: str, published: Collection[PublishedTopic]) -> TopicEdit:
        """Take back that a topic was kept or retired.

        Raises:
            EditRefusedError: it is neither kept nor retired, is merged, or is an area.
        """
        return self._choose_state("propose", project, topic_id, by, published)

    def choose_states(
        self,
        project: str,
        topic_ids: Sequence[str],
        state: TopicState,
        by: str,
        published: Collection[PublishedTopic],
    ) -> list[TopicEdit]:
        """Give several topics a state, all or none; those that have it already stay as they are.

        Raises:
            EditRefusedError: there is nothing to do, or a topic may not have the state, as by `keep` and `retire`.
        """
        kind = next(kind for kind, after in STATES.items() if after == state)
        with self._editor(project, by, published) as editor:
            topics = [editor.topic(topic_id) for topic_id in dict.fromkeys(topic_ids)]
            others = [topic for topic in topics if editor.choice(topic).state != state]
            if not others:
                raise EditRefusedError(
                    f"None of the {len(topics)} topics would change: choose topics that are not {state}."
                )
            for topic in others:
                editor.refuse_for_state(kind, topic)
            return [editor.add(kind, topic) for topic in others]

    def _choose_state(
        self, kind: EditKind, project: str, topic_id: str, by: str, published: Collection[PublishedTopic]
    ) -> TopicEdit:
        with self._editor(project, by, published) as editor:
            topic = editor.topic(topic_id)
            editor.refuse_for_state(kind, topic)
            editor.refuse_state(topic, STATES[kind])
            return editor.add(kind, topic)

    def choose_step(
        self, project: str, topic_id: str, step: StepOverride | None, by: str, published: Collection[PublishedTopic]
    ) -> TopicEdit:
        """Choose whether a topic is always or never a step of journeys; None decides by its use.

        Raises:
            EditRefusedError: the choice is in force already, the topic is hidden, retired or merged, or it is an area.
        """
        with self._editor(project, by, published) as editor:
            topic = editor.topic(topic_id)
            editor.refuse_area(topic)
            editor.refuse_merged(topic)
            editor.refuse_hidden(topic)
            editor.refuse_retired(topic)
            if editor.choice(topic).step == step:
                says = f"{step} a step" if step else "a step depending on its use"
                raise EditRefusedError(f"{editor.named(topic)} is already {says}.")
            return editor.add("step", topic, label=step)

    def move_text(  # noqa: PLR0913, PLR0917  # the place of a text has two parts
        self,
        project: str,
        field: str,
        text_hash: str,
        topic_id: str | None,
        by: str,
        published: Collection[PublishedTopic],
    ) -> TopicEdit:
        """Move all messages of one text to a topic, regardless of refits; None lets the topic model decide again.

        Args:
            project: id or name of the project.
            field: text field of the messages.
            text_hash: first 32 hexadecimal digits of the text's SHA-256.
            topic_id: the topic, of the same field.
            by: the name of the person.
            published: the project's topics.

        Raises:
            EditRefusedError: the topic is hidden, retired, merged, an area or of another field, or the text was not
                moved.
        """
        place = (check_field(field), check_text_hash(text_hash))
        with self._editor(project, by, published) as editor:
            if topic_id is None:
                if place not in editor.choices.texts:
                    raise EditRefusedError(f"The text {text_hash} of the field {field!r} was not moved.")
                return editor.add_move(place, None)
            topic = editor.topic(topic_id)
            editor.refuse_area(topic)
            editor.refuse_merged(topic)
            editor.refuse_hidden(topic)
            editor.refuse_retired(topic)
            editor.refuse_other_field(topic, field)
            return editor.add_move(place, topic)

    def undo(self, project: str, number: int, by: str) -> TopicEdit:
        """Undo an edit, or restore one by undoing its undo; later edits stay.

        Raises:
            NotFoundError: there is no such project, or it has no edit of this number.
            EditRefusedError: it is already undone, or later edits would contradict one another without it.
        """
        with self._editor(project, by, ()) as editor:
            edit = next((edit for edit in editor.history if edit.number == number), None)
            if edit is None:
                raise NotFoundError(
                    f"Project {editor.owner.name!r} has no edit {number}; `turret topic history` lists its edits."
                )
            if edit.undone_by is not None:
                raise EditRefusedError(f"Edit {number} is already undone, by edit {edit.undone_by}.")
            return editor.add_undo(edit)

    def history(self, project: str) -> list[TopicEdit]:
        """Return the project's edits, the oldest first.

        Raises:
            NotFoundError: there is no such project.
        """
        with reading(self._engine) as session:
            return with_undone(read_history(session, find_project(session, project).project_id))

    def topic_choices(self, project: str | None = None) -> list[TopicOverride]:
        """Return the result of the edits in force for topics of one project, or of all, ordered by project and topic.

        Raises:
            NotFoundError: there is no such project.
        """
        found = [choice for choices in self.choices(project).values() for choice in choices.topics.values()]
        return sorted(found, key=lambda choice: (choice.project_id, choice.topic_id))

    def text_choices(self, project: str | None = None) -> list[TextOverride]:
        """Return the moved texts of one project, or of all, ordered by project, field and text.

        Raises:
            NotFoundError: there is no such project.
        """
        found = [choice for choices in self.choices(project).values() for choice in choices.texts.values()]
        return sorted(found, key=lambda choice: (choice.project_id, choice.field, choice.text_hash))

    def choices(self, project: str | None = None) -> dict[str, AppliedEdits]:
        """Return the result of the edits in force in one project, or in each that has edits, by project_id.

        Raises:
            NotFoundError: there is no such project.
        """
        with reading(self._engine) as session:
            owner = None if project is None else find_project(session, project).project_id
            return replay_each(read_history(session, owner))

    @contextmanager
    def _editor(self, project: str, by: str, published: Collection[PublishedTopic]) -> Iterator[TopicEditor]:
        """Collect everything against which one edit is checked, in its transaction."""
        editor = check_editor(by)
        with writing(self._engine) as session:
            owner = find_project(session, project, for_update=True)
            yield TopicEditor(session, owner, editor, {topic.topic_id: topic for topic in published})
