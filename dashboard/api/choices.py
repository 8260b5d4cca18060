"""Parse the parameters of a request: the filters of the pages, under the same names, and the format of the answer.

A page ignores a value that is not allowed, so that a link always shows something. A program would then read other
numbers than it asked for, so the API refuses every such value and names it.
"""

from __future__ import annotations

from datetime import date  # pydantic reads the annotations
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from dashboard.api.problems import ApiProblem
from dashboard.data.address import MAX_CHOSEN_VALUES, MAX_NAME_CHARACTERS, VALUE_PREFIX, Address
from dashboard.data.period import CUSTOM, parse_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from urllib.parse import SplitResult

    from pydantic_core import ErrorDetails

    from dashboard.data.view import View

MAX_ROWS = 10_000
USUAL_ROWS = 100
FILTERS = ("project", "period", "from", "to", "event", "machines", "steps", "rated", "format")
"""What every resource takes, besides values of enum fields."""
MAX_NAMED = 10
PAGING = ("limit", "cursor")


def _day(text: object) -> date:
    day = parse_day(text) if isinstance(text, str) else None
    if day is None:
        raise ValueError
    return day


Day = Annotated[date, BeforeValidator(_day)]
_ALLOWED = {"from": "a day such as 2026-01-31", "to": "a day such as 2026-01-31", "limit": f"1 to {MAX_ROWS}"}


class Choices(BaseModel):
    """Every parameter of the API; each resource takes some of them."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    project: str | None = Field(
        None, description="The project's id, as in the address of a page. It must be the key's own project."
    )
    period: Literal["all", "7d", "30d", "90d", "dates"] = Field(
        "all", description="The last days that have events, or `dates` together with `from` and `to`."
    )
    first: Day | None = Field(None, alias="from", description="First day (UTC), such as 2026-01-31.")
    last: Day | None = Field(None, alias="to", description="Last day (UTC), inclusive.")
    event: str | None = Field(None, max_length=MAX_NAME_CHARACTERS, description="Only events of this name.")
    machines: Literal["hidden", "shown"] = Field("hidden", description="Whether automated sessions are included.")
    steps: Literal["wants", "all"] = Field(
        "wants",
        description="What counts as a step of a journey: a message that opens a topic, or every message that has one.",
    )
    rated: Literal["all", "ratings", "outcomes"] = Field(
        "all", description="Which feedback counts: that of people, outcomes that the app sent in metadata, or both."
    )
    format: Literal["json", "csv", "arrow"] | None = Field(
        None, description="Format of the answer; takes precedence over the Accept header."
    )
    limit: int = Field(USUAL_ROWS, ge=1, le=MAX_ROWS, description="Maximum number of rows.")
    cursor: str | None = Field(None, max_length=1_000, description="The `next_cursor` of the previous page.")
    field: str | None = Field(None, max_length=1_000, description="Text field; the journey field by default.")
    by: str | None = Field(None, max_length=1_000, description="Enum field to segment by.")
    number: str | None = Field(None, max_length=1_000, description="Number field.")
    goal: str | None = Field(None, max_length=MAX_NAME_CHARACTERS, description="Name of the goal.")
    reached: Literal["yes", "no"] = Field(
        "yes", description="Only sessions that reach `goal`, or only those that do not."
    )
    paths: Literal["moving", "all"] = Field("moving", description="Only paths of at least two steps, or all paths.")
    topic: str | None = Field(
        None,
        max_length=MAX_NAME_CHARACTERS,
        description="Only sessions with a message of this topic; for retention, users by their first session with it.",
    )
    feedback: Literal["any", "negative"] | None = Field(
        None, description="Only sessions with any feedback, or with negative feedback; about `topic`, if that is given."
    )
    visited: str | None = Field(
        None, max_length=MAX_NAME_CHARACTERS, description="Only sessions whose path has this topic."
    )
    variant: str | None = Field(
        None, max_length=MAX_NAME_CHARACTERS, description="Only sessions that took the path with this id."
    )
    source: str | None = Field(
        None,
        max_length=MAX_NAME_CHARACTERS,
        description="Only sessions with a transition from this topic; requires `target`.",
    )
    target: str | None = Field(
        None,
        max_length=MAX_NAME_CHARACTERS,
        description="Only sessions with a transition to this topic; requires `source`.",
    )
    user: str | None = Field(None, max_length=MAX_NAME_CHARACTERS, description="Only sessions of this user.")
    q: str | None = Field(
        None, min_length=1, max_length=200, description="Words and “quoted phrases” that a message must contain."
    )
    values: tuple[tuple[str, str], ...] = Field((), exclude=True)

    @classmethod
    def read(cls, pairs: Iterable[tuple[str, str]], taken: Iterable[str]) -> Choices:
        """Parse the parameters of a request to a resource that takes these.

        Raises:
            ApiProblem: 400: a parameter is unknown, repeated or has a value that is not allowed.
        """
        allowed = {*FILTERS, *taken}
        chosen: dict[str, Any] = {}
        values: list[tuple[str, str]] = []
        for name, value in pairs:
            if name.startswith(VALUE_PREFIX):
                values.append((name.removeprefix(VALUE_PREFIX), value))
            elif name not in allowed:
                raise ApiProblem(400, f"Unknown parameter {name!r}; allowed are {', '.join(sorted(allowed))}.")
            elif name in chosen:
                raise ApiProblem(400, f"The parameter {name} is given more than once.")
            else:
                chosen[name] = value
        try:
            choices = cls.model_validate(chosen | {"values": _checked(values)})
        except ValidationError as error:
            raise ApiProblem(400, sentence_of(error.errors()[0], _ALLOWED)) from None
        return choices._checked_together()  # noqa: SLF001  # its own

    def _checked_together(self) -> Choices:
        if (self.first or self.last) and self.period not in {"all", CUSTOM}:
            raise ApiProblem(400, f"period is {self.period!r}; with from and to allowed is dates, or none.")
        if self.first and self.last and self.last < self.first:
            raise ApiProblem(400, f"to is {self.last}; allowed is no day before from, which is {self.first}.")
        if (self.source is None) is not (self.target is None):
            raise ApiProblem(400, "source and target go together; one of them is missing.")
        return self

    def address(self, path: str, project_id: str) -> Address:
        """Return the address of the page with the same filters.

        Raises:
            ApiProblem: 404: the project is not the key's.
        """
        if self.project not in {None, project_id}:
            raise ApiProblem(404, f"This key reads no project {self.project!r}; it reads {project_id}.")
        period = CUSTOM if self.first or self.last else self.period
        same = ("event", "values", "machines", "steps", "rated", "field", "by", "number", "goal", "reached", "paths")
        where = ("first", "last", "topic", "feedback", "visited", "variant", "source", "target")
        return Address(
            path=path, project=project_id, period=period, **{name: getattr(self, name) for name in same + where}
        )

    def check_names(self, view: View) -> None:
        """Refuse names that the project does not have, which the pages would replace by a default.

        Raises:
            ApiProblem: 400: there is no such field, value, event name or goal.
        """
        of_field = {"field": "text_fields", "by": "enum_fields", "number": "number_fields"}
        for name, query in of_field.items():
            if (chosen := getattr(self, name)) is not None:
                _refuse_unknown(name, chosen, [row["field"] for row in view.rows(query)])
        if self.goal is not None:
            goals = view.snapshot.rows("goals", project_id=view.project_id)
            _refuse_unknown("goal", self.goal, [row["goal"] for row in goals])
        whole, own = view.snapshot, view.project_id
        known = [row["field"] for row in whole.rows("enum_fields", project_id=own)]
        for field, value in self.values:
            if field not in known:
                raise ApiProblem(
                    400, f"There is no enum field {field!r}; allowed are {', '.join(known[:20]) or 'none'}."
                )
            if not whole.row("has_value", project_id=own, field=field, value=value)["is_known"]:
                rows = whole.rows("largest_values", project_id=own, field=field)
                raise _unknown_value(f"{field} has no value {value!r}", [row["enum_value"] for row in rows])
        if self.event is not None and not whole.row("has_event_name", project_id=own, name=self.event)["is_known"]:
            rows = whole.rows("event_names", project_id=own)
            raise _unknown_value(f"No event has the name {self.event!r}", [row["name"] for row in rows])


def page_link(target: SplitResult, cursor: str) -> str:
    """Return the address of the next page: the request's own with another cursor."""
    kept = [part for part in target.query.split("&") if part and not part.startswith("cursor=")]
    return f"{target.path}?{'&'.join([*kept, f'cursor={cursor}'])}"


def _checked(values: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    for pair in values:
        if max(map(len, pair)) > MAX_NAME_CHARACTERS:
            raise ApiProblem(
                400, f"The name or value of {VALUE_PREFIX}… has more than {MAX_NAME_CHARACTERS} characters."
            )
    distinct = sorted(set(values))
    if len(distinct) > MAX_CHOSEN_VALUES:
        raise ApiProblem(400, f"{len(distinct)} values of fields are chosen; allowed are {MAX_CHOSEN_VALUES}.")
    return tuple(distinct)


def _refuse_unknown(name: str, chosen: str, known: list[str]) -> None:
    if chosen not in known:
        allowed = f"allowed are {', '.join(known[:20])}{' …' if known[20:] else ''}" if known else "there is none"
        raise ApiProblem(400, f"{name} is {chosen!r}; {allowed}.")


def _unknown_value(what: str, known: list[str]) -> ApiProblem:
    """Build a sentence that names the unknown value and the most frequent values."""
    shown = ", ".join(repr(one[:100]) for one in known[:MAX_NAMED])
    return ApiProblem(400, f"{what}; the most frequent are {shown}." if known else f"{what}; there is none.")


def sentence_of(detail: ErrorDetails, allowed: Mapping[str, str] = MappingProxyType({})) -> str:
    """Build a sentence that names the value and what is allowed."""
    name = str(detail["loc"][0])
    if detail["type"] == "missing":
        return f"{name} is missing."
    reason = allowed.get(name, detail["msg"].removeprefix("Input should be ").removeprefix("String should have "))
    return f"{name} is {str(detail['input'])[:100]!r}; allowed is {reason}."
