"""A project's published topics, with the edits that are applied or pending."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cli.errors import QueryError, TopicNameError
from cli.installation import load_settings
from cli.marts.published import open_published
from contracts.events import COMMENT_FIELD
from contracts.home import Home
from contracts.tables import (
    DIM_FIELDS,
    DIM_TOPIC_EDITS,
    DIM_TOPICS,
    FCT_FEEDBACK,
    FCT_MESSAGES,
    FCT_TOPIC_LINEAGE,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import duckdb

    from projects.records import Project, PublishedTopic, TopicDefinition, TopicEdit, TopicOverride, TopicState
    from projects.repository import Projects
    from projects.topic_edits.replay import AppliedEdits

TOPICS = f"""
select
    coalesce(topics.topic_id, edits.topic_id), coalesce(topics.field, edits.field),
    coalesce(edits.own_label, topics.label, edits.chosen_label, edits.topic_id), coalesce(topics.level, 0) = 1,
    coalesce(topics.n_messages, edits.n_messages), topics.label, edits.chosen_label,
    edits.merged_into_topic_id is not null, coalesce(edits.is_hidden, false), coalesce(edits.state, 'proposed'),
    edits.step_choice, coalesce(edits.is_found, true), coalesce(topics.is_mixed, false),
    edits.example_topic_ids, edits.shown_topic_id
from (from {DIM_TOPICS.qualified_name} where project_id = $project_id) as topics
full join (from {DIM_TOPIC_EDITS.qualified_name} where project_id = $project_id) as edits
    on topics.topic_id = edits.topic_id
order by 5 desc, 1
"""  # noqa: S608 - names of contracts, here and below
SUCCESSORS = f"""
select to_topic_id, from_topic_id, recorded_at from {FCT_TOPIC_LINEAGE.qualified_name}
where project_id = $project_id and to_topic_id != from_topic_id order by recorded_at, from_topic_id
"""  # noqa: S608
ABOUT = f"""
select description, keywords, first_seen_at, last_seen_at, example_event_ids from {DIM_TOPICS.qualified_name}
where project_id = $project_id and topic_id = $topic_id
"""  # noqa: S608
EXAMPLES = f"""
select text from {FCT_MESSAGES.qualified_name}
where project_id = $project_id and field = $field and list_contains($event_ids, event_id)
order by list_position($event_ids, event_id)
"""  # noqa: S608
COMMENTS = f"""
select comment from {FCT_FEEDBACK.qualified_name}
where project_id = $project_id and list_contains($event_ids, feedback_id)
order by list_position($event_ids, feedback_id)
"""  # noqa: S608
MESSAGE_TEXTS = f"""
select field, text, count(*) from {FCT_MESSAGES.qualified_name}
where project_id = $project_id and (field, text) in (
    select (field, text) from {FCT_MESSAGES.qualified_name}
    where project_id = $project_id and (event_id = $event_id or text = $text)
)
group by field, text order by field
"""  # noqa: S608
JOURNEY_FIELD = f"""
select field from {DIM_FIELDS.qualified_name} where project_id = $project_id and is_journey_field
"""  # noqa: S608
MOVED = f"""
select left(sha256(text), 32), any_value(text) from {FCT_MESSAGES.qualified_name}
where project_id = $project_id and list_contains($text_hashes, left(sha256(text), 32)) group by 1
"""  # noqa: S608


@dataclass(frozen=True)
class ListedTopic:
    """A topic with its state in the last run and the edits in force.

    Args:
        topic_id: the topic.
        field: the text field in which it was found.
        own_label: the labeller's name.
        is_area: whether it is an area over topics.
        n_messages: messages that count for it; for a hidden or merged one, those that the topic model assigns.
        published_label: its name in the marts; None if they leave it out.
        is_found: whether the topic model still has it.
        applied: the edits that the last run applied: chosen label, merged, hidden, state, step.
        choice: the result of the edits in force; None if nobody edited it.
        came_out_of: edited topics whose texts later refits moved into it.
        is_mixed: whether its name describes only part of its messages.
        example_topic_ids: topics of the examples by which it was defined, if the last run placed them.
        shown_topic_id: the topic for which its messages counted in the last run, if somebody edited it.
    """

    topic_id: str
    field: str
    own_label: str
    is_area: bool
    n_messages: int
    published_label: str | None
    is_found: bool
    applied: tuple[str | None, bool, bool, str, str | None]
    choice: TopicOverride | None = None
    came_out_of: tuple[str, ...] = ()
    is_mixed: bool = False
    example_topic_ids: list[str | None] | None = None
    shown_topic_id: str | None = None

    @property
    def outvoted(self) -> list[tuple[str, str | None]]:
        """The examples by which it was defined whose neighbours belong to another topic, or to none, with that one."""
        definition = self.choice.definition if self.choice else None
        return definition.outvoted(self.example_topic_ids, self.shown_topic_id) if definition else []

    @property
    def label(self) -> str:
        """Its name from the next run on."""
        return (self.choice and self.choice.label) or self.own_label

    @property
    def is_merged(self) -> bool:
        """Whether it is merged into another."""
        return self.choice is not None and self.choice.merged_into is not None

    @property
    def is_hidden(self) -> bool:
        """Whether it is hidden itself."""
        return self.choice is not None and self.choice.is_hidden

    @property
    def state(self) -> TopicState:
        """Its own state from the next run on."""
        return self.choice.state if self.choice else "proposed"

    @property
    def step(self) -> str | None:
        """The chosen `always` or `never` a step of a journey, if any."""
        return self.choice.step if self.choice else None

    @property
    def is_waiting_for_messages(self) -> bool:
        """Whether it was defined, and no message has belonged to it yet."""
        return not self.is_found and self.choice is not None and self.choice.definition is not None

    @property
    def waits(self) -> bool:
        """Whether an edit is waiting for the next run."""
        label = self.choice.label if self.choice else None
        return self.is_found and self.applied != (label, self.is_merged, self.is_hidden, self.state, self.step)


@dataclass(frozen=True)
class MessageText:
    """A text of a field, with its number of messages."""

    field: str
    text: str
    n_messages: int

    @property
    def text_hash(self) -> str:
        """The text's key in the warehouse."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:32]


class PublishedTopics:
    """The topics of one project in the newest published marts, with the edits in force.

    Args:
        projects: the projects database.
        project: id or name of the project.

    Raises:
        NotFoundError: there is no such project.
        NothingPublishedError: no run has published yet.
        QueryError: the published file is damaged, or of another version.
    """

    def __init__(self, projects: Projects, project: str) -> None:
        from projects.topic_edits.replay import replay  # noqa: PLC0415 - not for every `turret --help`

        self.project: Project = projects.get(project)
        self._history = projects.topic_edits.history(self.project.project_id)
        self.choices: AppliedEdits = replay(self._history)
        found = self._rows(TOPICS)
        successors = _successors(self._rows(SUCCESSORS), self.choices, self._history)
        self.topics = {row[0]: _listed(row, self.choices, successors) for row in found}
        for topic_id, choice in self.choices.topics.items():
            if choice.definition is not None and topic_id not in self.topics:
                self.topics[topic_id] = _defined(choice, choice.definition)

    def as_known(self) -> list[PublishedTopic]:
        """Return the topics in the form against which edits are checked."""
        from projects.records import PublishedTopic  # noqa: PLC0415 - the same

        return [
            PublishedTopic(topic.topic_id, topic.field, topic.own_label, topic.is_area)
            for topic in self.topics.values()
            if topic.is_found
        ]

    def in_field(self, field: str | None) -> list[ListedTopic]:
        """Return the topics of a field; None for those of all fields of messages, so not of comments of feedback."""
        return [
            topic
            for topic in self.topics.values()
            if topic.field == field or (field is None and topic.field != COMMENT_FIELD)
        ]

    def find(self, id_or_label: str) -> ListedTopic:
        """Return the topic with this id or label, ignoring case; a label that the next run changes still counts.

        Topics take precedence over merged topics, these over areas, and all of these over topics of comments.

        Raises:
            UnknownNameError: there is none; the sentence suggests similar names.
            TopicNameError: several topics have that label.
        """
        if topic := self.topics.get(id_or_label):
            return topic
        wanted = _folded(id_or_label)
        topics = self.topics.values()
        named = [topic for topic in topics if _folded(topic.label) == wanted]
        named = named or [topic for topic in topics if _folded(topic.published_label or "") == wanted]
        if not named:
            self._refuse(id_or_label)
        first = min(_rank(topic) for topic in named)
        best = [topic for topic in named if _rank(topic) == first]
        if len(best) > 1:
            which = ", ".join(f"{topic.topic_id} (field {topic.field!r})" for topic in best)
            raise TopicNameError(f"{len(best)} topics are called {id_or_label!r}: {which}; use an id instead.")
        return best[0]

    def _refuse(self, id_or_label: str) -> None:
        from projects.name_suggestions import check_known_topic  # noqa: PLC0415 - the same

        labels = {topic.topic_id: topic.label for topic in self.topics.values()}
        check_known_topic(id_or_label, labels, f"project {self.project.name!r}")

    def label(self, topic_id: str) -> str:
        """Return a topic's name from the next run on; its id if it is no longer published."""
        topic = self.topics.get(topic_id)
        return topic.label if topic else topic_id

    def journey_field(self) -> str | None:
        """Return the text field whose topics are the steps of journeys, if the last run found one."""
        return next((str(field) for (field,) in self._rows(JOURNEY_FIELD)), None)

    def about(self, topic: ListedTopic, n_examples: int) -> dict[str, Any]:
        """Return description, keywords, first and last message, and examples of a published topic; empty for others."""
        rows = self._rows(ABOUT, topic_id=topic.topic_id)
        if not rows:
            return {}
        description, keywords, first_seen_at, last_seen_at, event_ids = rows[0]
        is_of_comments = topic.field == COMMENT_FIELD
        values = {} if is_of_comments else {"field": topic.field}
        examples = self._rows(COMMENTS if is_of_comments else EXAMPLES, event_ids=event_ids[:n_examples], **values)
        return {
            "description": description,
            "keywords": keywords,
            "first_seen_at": first_seen_at.isoformat() + "Z" if first_seen_at else None,
            "last_seen_at": last_seen_at.isoformat() + "Z" if last_seen_at else None,
            "examples": [text for (text,) in examples],
        }

    def message_texts(self, event_id: str | None, text: str | None) -> list[MessageText]:
        """Return the texts of an event, or the fields in which a text was said."""
        return [MessageText(*row) for row in self._rows(MESSAGE_TEXTS, event_id=event_id, text=text)]

    def moved_texts(self) -> dict[str, str]:
        """Return the published texts that edits have moved, by their hashes."""
        text_hashes = [edit.text_hash for edit in self._history if edit.text_hash]
        return dict(self._rows(MOVED, text_hashes=text_hashes)) if text_hashes else {}

    def _rows(self, sql: str, **values: object) -> list[tuple[Any, ...]]:
        import duckdb  # noqa: PLC0415 - the same

        with open_published(Home(load_settings().home)) as marts:
            try:
                return _fetch(marts, sql, {"project_id": self.project.project_id, **values})
            except (duckdb.CatalogException, duckdb.BinderException) as error:
                raise QueryError(
                    "The published file was written by another version of Turret; run `turret run` once."
                ) from error


def _fetch(marts: duckdb.DuckDBPyConnection, sql: str, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
    return marts.execute(sql, values).fetchall()


def _listed(row: Sequence[Any], choices: AppliedEdits, successors: Mapping[str, list[str]]) -> ListedTopic:
    (
        topic_id,
        topic_field,
        own_label,
        is_area,
        n_messages,
        published_label,
        *applied,
        is_found,
        is_mixed,
        placed,
        shown,
    ) = row
    return ListedTopic(
        topic_id=topic_id,
        field=topic_field,
        own_label=own_label,
        is_area=is_area,
        n_messages=n_messages,
        published_label=published_label,
        is_found=is_found,
        applied=(applied[0], applied[1], applied[2], applied[3], applied[4]),
        choice=choices.topics.get(topic_id),
        came_out_of=tuple(successors.get(topic_id, ())),
        is_mixed=is_mixed,
        example_topic_ids=placed,
        shown_topic_id=shown,
    )


def _defined(choice: TopicOverride, definition: TopicDefinition) -> ListedTopic:
    """Return a topic that was defined since the last run."""
    return ListedTopic(
        topic_id=choice.topic_id,
        field=choice.field,
        own_label=definition.name,
        is_area=False,
        n_messages=0,
        published_label=None,
        is_found=False,
        applied=(None, False, False, "proposed", None),
        choice=choice,
    )


def _successors(
    links: Iterable[tuple[Any, ...]], choices: AppliedEdits, history: Iterable[TopicEdit]
) -> dict[str, list[str]]:
    """Return topics that got texts of edited (merged or hidden) topics in later refits, with these topics.

    Nobody has merged or hidden these successors yet, but people may want to. A successor that is merged
    into the same topic needs nothing.
    """
    edited_at = {
        edit.topic_id: edit.made_at for edit in history if edit.kind in {"merge", "hide"} and not edit.undone_by
    }
    successors: defaultdict[str, list[str]] = defaultdict(list)
    for successor, source, recorded_at in links:
        choice = choices.topics.get(source)
        if choice is None or not (choice.is_hidden or choice.merged_into) or source not in edited_at:
            continue
        is_later = recorded_at > edited_at[source].replace(tzinfo=None)
        is_open = choices.root(successor) != choices.root(source) and not choices.is_hidden(successor)
        if is_later and is_open and source not in successors[successor]:
            successors[successor].append(source)
    return dict(successors)


def _rank(topic: ListedTopic) -> int:
    of_comments = 3 if topic.field == COMMENT_FIELD else 0
    return of_comments + (2 if topic.is_area else int(topic.is_merged))


def _folded(label: str) -> str:
    return unicodedata.normalize("NFC", label).strip().casefold()
