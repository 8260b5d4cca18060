"""The names that a project's events have, as published: what a typed name is held against before it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cli.errors import NothingPublishedError, QueryError, TypoError
from cli.installation import load_settings
from cli.printing import say
from contracts.home import Home
from contracts.tables import DIM_FIELDS, DIM_TOPICS, FCT_EVENT_VALUES, FCT_EVENTS

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

    from projects.records import Project
    from projects.repository import Projects

MOST_VALUES = 1_000
"""An enum field with more values than these is one of ids: any value may come next."""

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
    " where project_id = $project_id and level = 0 order by n_messages desc, topic_id"
)
VALUES = (
    f"select enum_value from {FCT_EVENT_VALUES.qualified_name}"  # noqa: S608
    " where project_id = $project_id and field = $field and value_type = 'enum'"
    f" group by enum_value order by count(*) desc, enum_value limit {MOST_VALUES + 1}"
)


@dataclass(frozen=True)
class PublishedNames:
    """What a project's published events have; those with most events stand first.

    Args:
        project: Name of the project.
        fields: Effective type of each metadata field, by its dotted name.
        events: Names of the events.
        topics: Label of each topic, by its id.
        values: Values of the enum field that was asked for; empty where there are too many to tell a typo.
    """

    project: str
    fields: dict[str, str]
    events: list[str]
    topics: dict[str, str]
    values: list[str]

    def check_field(self, field: str) -> None:
        """Refuse a field that no event has.

        Raises:
            UnknownNameError: the sentence names the fields that come near.
        """
        from projects.known_names import check_known  # noqa: PLC0415 - not for every `turret --help`

        check_known("field", field, list(self.fields), self._where)

    def check_journey_field(self, field: str) -> None:
        """Refuse a field that no event has, or that is no text.

        Raises:
            UnknownNameError: no event has it.
            TypoError: it has another type, so journeys would go on without it.
        """
        self.check_field(field)
        texts = [repr(name) for name, type_ in self.fields.items() if type_ == "text"]
        if self.fields[field] != "text":
            has = f"it has {', '.join(texts)}" if texts else "it has none yet"
            raise TypoError(
                f"The field {field!r} of project {self.project!r} is of type {self.fields[field]}, and journeys "
                f"follow a text field: {has}."
            )

    def check_goal(self, kind: str, field: str | None, value: str) -> None:
        """Refuse a goal that nothing seen so far can have reached.

        Raises:
            UnknownNameError: no event has the name, field, value or topic.
        """
        from projects.known_names import check_known, check_known_topic  # noqa: PLC0415 - the same

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


def refuse_typos(
    projects: Projects, project: str, check: Callable[[PublishedNames], None], values_of: str | None = None
) -> None:
    """Hold names against those of the published marts, before they are stored; says so where there are none yet.

    Args:
        projects: The projects database.
        project: Id or name of the project.
        check: Refuses what is not known.
        values_of: Enum field whose values `check` needs.

    Raises:
        NotFoundError: there is no such project.
        TypoError: `check` refused.
        QueryError: the published file is damaged, or of another version.
    """
    from projects.errors import UnknownNameError  # noqa: PLC0415 - the same

    found = projects.get(project)
    names = _read_names(Home(load_settings().home), found, values_of)
    if names is None:
        say(f"No event of {found.name} is published yet, so nothing tells whether the name is right.")
        return
    names.fields.update({chosen.field: chosen.type for chosen in projects.list_overrides(project)})
    try:
        check(names)
    except (TypoError, UnknownNameError) as error:
        raise TypoError(f"{error} With --anyway it is set all the same.") from None


def _read_names(home: Home, project: Project, values_of: str | None) -> PublishedNames | None:
    """The names, or None where no event of the project is published."""
    import duckdb  # noqa: PLC0415 - the same

    from cli.published import open_published  # noqa: PLC0415 - the same

    try:
        with open_published(home) as marts:
            names = _read(marts, project, values_of)
    except NothingPublishedError:
        return None
    except duckdb.Error as error:
        raise QueryError("The published file lacks a table of this version; run `turret run` once.") from error
    return names if names.events else None


def _read(marts: duckdb.DuckDBPyConnection, project: Project, values_of: str | None) -> PublishedNames:
    whose = {"project_id": project.project_id}
    values = [row[0] for row in marts.execute(VALUES, {**whose, "field": values_of or ""}).fetchall()]
    return PublishedNames(
        project=project.name,
        fields=dict(marts.execute(FIELDS, whose).fetchall()),
        events=[row[0] for row in marts.execute(EVENTS, whose).fetchall()],
        topics=dict(marts.execute(TOPICS, whose).fetchall()),
        values=values if len(values) <= MOST_VALUES else [],
    )
