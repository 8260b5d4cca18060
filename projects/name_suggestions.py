"""Catch typos: check a name that people typed against the names that a project's events have."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from contracts.events import COMMENT_FIELD
from contracts.tables import DIM_FIELDS, DIM_TOPICS, FCT_EVENT_VALUES, FCT_EVENTS
from projects.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import duckdb

    from projects.records import FieldOverride, Project

MAX_SUGGESTIONS = 3
MAX_SHOWN = 8
MIN_SIMILARITY = 0.6
MAX_VALUES = 1_000
"""An enum field with more values is treated as ids: new values are expected."""

FIELDS = (
    f"select field, effective_type from {DIM_FIELDS.qualified_name}"  # noqa: S608 - names of contracts, here and below
    " where project_id = $project_id and n_values > 0 order by n_values desc, field"
)
EVENTS = (
    f"select name from {FCT_EVENTS.qualified_name}"  # noqa: S608
    " where project_id = $project_id group by name order by count(*) desc, name"
)
TOPICS = (
    f"select topic_id, label from {DIM_TOPICS.qualified_name}"  # noqa: S608
    f" where project_id = $project_id and level = 0 and field != '{COMMENT_FIELD}' order by n_messages desc, topic_id"
)
VALUES = (
    f"select enum_value from {FCT_EVENT_VALUES.qualified_name}"  # noqa: S608
    " where project_id = $project_id and field = $field and value_type = 'enum'"
    f" group by enum_value order by count(*) desc, enum_value limit {MAX_VALUES + 1}"
)


@dataclass(frozen=True)
class KnownNames:
    """The names in a project's published events, the most frequent first.

    Args:
        project: name of the project.
        fields: effective type of each metadata field, by its dotted name.
        events: names of the events.
        topics: label of each topic of messages, by its id.
        values: values of the requested enum field; empty if there are too many to detect a typo.
    """

    project: str
    fields: dict[str, str]
    events: list[str]
    topics: dict[str, str]
    values: list[str]

    @classmethod
    def read(
        cls,
        marts: duckdb.DuckDBPyConnection,
        project: Project,
        overrides: Iterable[FieldOverride],
        values_of: str | None = None,
    ) -> KnownNames | None:
        """Read the names from published marts.

        Args:
            marts: connection to a published file, used by nobody else.
            project: the project whose names are read.
            overrides: overridden types of the project's fields; such a field is known before any event has it.
            values_of: enum field whose values to read.

        Returns:
            The names; None if no event of the project is published, so that typos cannot be detected.

        Raises:
            duckdb.Error: the file lacks a table, or cannot be read.
        """
        whose = {"project_id": project.project_id}
        events = [row[0] for row in marts.execute(EVENTS, whose).fetchall()]
        if not events:
            return None
        values = [row[0] for row in marts.execute(VALUES, {**whose, "field": values_of or ""}).fetchall()]
        return cls(
            project=project.name,
            fields=dict(marts.execute(FIELDS, whose).fetchall()) | {chosen.field: chosen.type for chosen in overrides},
            events=events,
            topics=dict(marts.execute(TOPICS, whose).fetchall()),
            values=values if len(values) <= MAX_VALUES else [],
        )

    def check_field(self, field: str) -> None:
        """Refuse a field that no event has.

        Raises:
            UnknownNameError: the sentence suggests similar fields.
        """
        check_known("field", field, list(self.fields), self._where)

    def check_text_field(self, field: str, users: str) -> None:
        """Refuse a field that no event has, or that is not text.

        Args:
            field: dotted name of the field.
            users: what needs a text field, for the sentence: `journeys`, `topics`.

        Raises:
            UnknownNameError: no event has it, or it has another type.
        """
        self.check_field(field)
        texts = [repr(name) for name, type_ in self.fields.items() if type_ == "text"]
        if self.fields[field] != "text":
            has = f"it has {', '.join(texts)}" if texts else "it has none yet"
            raise UnknownNameError(
                f"The field {field!r} of project {self.project!r} is of type {self.fields[field]}, but {users} "
                f"need a text field: {has}."
            )

    def check_segment(self, field: str, value: str) -> None:
        """Refuse a segment that no published event is of.

        Raises:
            UnknownNameError: no event has the field or the value, or the field is no enum.
        """
        self.check_field(field)
        if self.fields[field] != "enum":
            raise UnknownNameError(
                f"The field {field!r} of project {self.project!r} is of type {self.fields[field]}, but a segment needs "
                "an enum field."
            )
        if self.values:
            check_known("value", value, self.values, f"the field {field!r} of {self._where}")

    def check_goal(self, kind: str, field: str | None, value: str) -> None:
        """Refuse a goal that no published event reaches.

        Raises:
            UnknownNameError: no event has the name, field, value or topic.
        """
        if kind == "event":
            check_known("event", value, self.events, self._where)
        elif kind == "topic":
            check_known_topic(value, self.topics, self._where)
        elif field is not None:
            self.check_field(field)
            if self.values:
                check_known("value", value, self.values, f"the field {field!r} of {self._where}")

    @property
    def _where(self) -> str:
        return f"project {self.project!r}"


def check_known(what: str, name: str, known: Sequence[str], where: str) -> None:
    """Check that a name is known.

    Args:
        what: the kind of name, for the sentence: `field`, `event`, `value`.
        name: the name as typed.
        known: all known names, those to show first at the front.
        where: where they were seen, for the sentence: `project 'shop'`.

    Raises:
        UnknownNameError: it is not known; the sentence suggests similar names.
    """
    if name in known:
        return
    shown = [repr(one) for one in known]
    raise UnknownNameError(f"No {what} {name!r} was seen in {where}; {meant(name, known) or _known(shown)}")


def check_known_topic(topic_id: str, labels: Mapping[str, str], where: str) -> None:
    """Check that a topic's id is known.

    Args:
        topic_id: the id as typed; a topic's label is a likely mistake.
        labels: all topics' labels by id, those to show first at the front.
        where: where they were found, for the sentence.

    Raises:
        UnknownNameError: it is not known; the sentence suggests similar topics, by label or by id.
    """
    if topic_id in labels:
        return
    spellings = {known.casefold(): known for known in labels} | {
        label.casefold(): known for known, label in labels.items()
    }
    shown = {known: f"{known} ({label!r})" for known, label in labels.items()}
    likely = [shown[known] for known in _nearest(topic_id, spellings)]
    hint = _question(likely) or _known(list(shown.values()))
    raise UnknownNameError(f"There is no topic {topic_id!r} in {where}; {hint}")


def meant(name: str, known: Sequence[str]) -> str:
    """Suggest similar names, as `did you mean 'shop'?`; empty without any."""
    return _question([repr(match) for match in _nearest(name, _spellings(known))])


def _spellings(known: Sequence[str]) -> dict[str, str]:
    """Return variants of a name: in lower case, and without the path before its last dot."""
    last_parts = {name.casefold().rsplit(".", 1)[-1]: name for name in reversed(known)}
    return last_parts | {name.casefold(): name for name in reversed(known)}


def _nearest(typed: str, spellings: Mapping[str, str]) -> list[str]:
    """Return the similar known names, the nearest first."""
    matches = get_close_matches(typed.casefold(), spellings, MAX_SUGGESTIONS, MIN_SIMILARITY)
    return list(dict.fromkeys(spellings[match] for match in matches))


def _question(likely: Sequence[str]) -> str:
    if not likely:
        return ""
    *others, last = likely
    return f"did you mean {', '.join(others)}{' or ' if others else ''}{last}?"


def _known(shown: Sequence[str]) -> str:
    """Return the end of the sentence without a suggestion: the known names."""
    if not shown:
        return "none is known yet."
    more = f" and {len(shown) - MAX_SHOWN} more" if len(shown) > MAX_SHOWN else ""
    return f"known are {', '.join(shown[:MAX_SHOWN])}{more}."
