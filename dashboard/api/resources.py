"""The resources of the API. Each is a query of a page with the parameters that the page binds, so the figures agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson

from contracts.tables import MARTS
from dashboard.api import rows as models
from dashboard.api.problems import ApiProblem
from dashboard.data.downloads import EXPORTS, as_shown
from dashboard.data.filters import Filters
from dashboard.data.query_parameters import session_choice
from dashboard.overview.comparison import Comparison
from dashboard.overview.topic_changes import find_topic_changes
from dashboard.search.search_pattern import bindings_of, terms_of
from dashboard.topics.comparison import find_candidate

if TYPE_CHECKING:
    from pydantic import BaseModel

    from dashboard.api.choices import Choices
    from dashboard.data.published import Row
    from dashboard.data.view import View
    from dashboard.topics.comparison import Candidate

MAX_EVENTS = 10_000
_BOUND_PAGE = {
    "topic_messages": ("page_size", "offset"),
    "sessions": ("page_size", "offset"),
    "transitions": ("listed", None),
    "journey_variants": ("listed", None),
    "goal_variants": ("listed", None),
    "topic_comments": ("most", None),
    "comments": ("page_size", "offset"),
}
"""Queries that take a limit and an offset, with the names of these two parameters."""


@dataclass(frozen=True)
class Asked:
    """A request for rows.

    Attributes:
        view: the view; its address is the page with the same figures.
        choices: the parameters of the request.
        what: the id in the path, if it has one.
        offset: rows to skip.
        most: maximum number of rows.
    """

    view: View
    choices: Choices
    what: str
    offset: int
    most: int


Find = Callable[[Asked], "list[Row]"]


@dataclass(frozen=True)
class Resource:
    """A resource of the API.

    Attributes:
        path: the path below /api/v1; `{id}` stands for an id.
        model: the model of a row.
        find: returns at most `most` rows from `offset` on.
        page: the path of the page with the same figures; {id} as above.
        takes: the parameters besides the filters.
        is_one: whether it is a single object, not a list.
        thing: what the id in the path, or the single object, is called in an error.
        is_of_version: whether the answer depends on nothing but the published version.
    """

    path: str
    model: type[BaseModel]
    find: Find
    page: str = "/"
    takes: tuple[str, ...] = ()
    is_one: bool = False
    thing: str = ""
    is_of_version: bool = True

    @property
    def name(self) -> str:
        """The path as an identifier, for clients generated from the OpenAPI document."""
        words = self.path.replace("{id}", "one").replace("{id:path}", "one").strip("/")
        return words.replace("/", "_").replace("-", "_")


def _query(name: str) -> Find:
    """Return the rows of a query, as in its download."""

    def find(asked: Asked) -> list[Row]:
        return _ask(asked, name, EXPORTS[name](asked.view))

    return find


def _ask(asked: Asked, name: str, parameters: dict[str, Any]) -> list[Row]:
    """Return the rows of a query with labels and intervals; slice them here where the query has no limit of its own."""
    view, end = asked.view, asked.offset + asked.most
    if name in _BOUND_PAGE:
        most, before = _BOUND_PAGE[name]
        parameters = parameters | ({most: end} if before is None else {most: asked.most, before: asked.offset})
        rows = view.rows(name, **parameters)
        rows = rows if before else rows[asked.offset : end]
    else:
        rows = view.rows(name, **parameters)[asked.offset : end]
    labels = view.labels
    return [as_shown(name, row, labels) for row in rows]


def _one(query: str, key: str) -> Find:
    def find(asked: Asked) -> list[Row]:
        return _ask(asked, query, {key: asked.what})

    return find


def _project(asked: Asked) -> list[Row]:
    view = asked.view
    first, last = view.days
    name = view.projects.get(view.project_id).name if view.projects else view.project_id
    sizes = {row["project_id"]: row["n_events"] for row in view.snapshot.rows("projects")}
    whole, own = view.snapshot, view.project_id
    return [
        {
            "project_id": view.project_id,
            "name": name,
            "n_events": sizes[view.project_id],
            "first_date": first,
            "last_date": last,
            "fresh_until": whole.row("freshness", project_id=own)["fresh_until"],
            "text_fields": view.text_fields,
            "enum_fields": [row["field"] for row in view.rows("enum_fields")],
            "number_fields": [row["field"] for row in view.rows("number_fields")],
            "event_names": [row["name"] for row in whole.rows("event_names", project_id=own)],
            "goals": [row["goal"] for row in whole.rows("goals", project_id=own)],
        }
    ]


def _overview(asked: Asked) -> list[Row]:
    view = asked.view
    return [view.row("headline", field=view.field) | view.row("message_statuses", field=view.field)]


def _changes(asked: Asked) -> list[Row]:
    """Return every change of a topic's share, of which the Overview shows the largest.

    Raises:
        ApiProblem: 400, 404: there is no preceding period to compare with.
    """
    view = asked.view
    compared = Comparison.of(replace(view, address=view.address.but(compare="before")))
    if view.filters.has_days and (compared is None or not compared.is_chosen):
        if view.filters.previous and view.details_from:
            raise ApiProblem(
                400,
                f"The preceding period begins on {view.filters.previous.first}, and sessions are published from "
                f"{view.details_from} on; give fewer or later days.",
            )
        raise ApiProblem(400, "There is no preceding period to compare with; give both from and to, or neither.")
    if compared is None or view.field is None:
        raise ApiProblem(
            404, "There is nothing to compare; give from and to, or wait until there are two weeks of events."
        )
    now, before = compared.now.filters, compared.previous.filters
    days = {"first_day": now.first, "last_day": now.last}
    days |= {"first_day_before": before.first, "last_day_before": before.last}
    changes = find_topic_changes(compared.now, compared.previous)[asked.offset : asked.offset + asked.most]
    return [
        {
            "topic_id": change.topic_id,
            "label": change.label,
            "n_messages": change.n,
            "n_messages_before": change.n_before,
            "share": change.share,
            "share_before": change.share_before,
            "change": change.delta,
            "is_clear": change.is_clear,
        }
        | days
        for change in changes
    ]


def _candidates(asked: Asked) -> list[Row]:
    view = asked.view
    rows = view.snapshot.rows("candidates", project_id=view.project_id, field=view.field)
    return rows[asked.offset : asked.offset + asked.most]


def _candidate_topics(asked: Asked) -> list[Row]:
    """Return what the newest candidate makes of each topic, as its page does."""
    found = _newest_candidate(asked)
    return (
        [
            {
                "candidate_number": found.row["candidate_number"],
                "topic_id": change.topic_id,
                "label": change.label,
                "n_messages_before": change.n_before,
                "n_messages_after": change.n_after,
                "change": change.what or None,
            }
            for change in found.topics()[asked.offset : asked.offset + asked.most]
        ]
        if found
        else []
    )


def _candidate_moves(asked: Asked) -> list[Row]:
    found = _newest_candidate(asked)
    moves = found.moves[asked.offset : asked.offset + asked.most] if found else []
    return [{"candidate_number": found.row["candidate_number"]} | move for move in moves] if found else []


def _newest_candidate(asked: Asked) -> Candidate | None:
    view = asked.view
    return find_candidate(view.snapshot, view.project_id, view.field) if view.field else None


def _numbers(asked: Asked) -> list[Row]:
    fields = [row["field"] for row in asked.view.rows("number_fields")]
    chosen = [field for field in fields if asked.choices.number in {None, field}]
    shown = chosen[asked.offset : asked.offset + asked.most]
    return [{"field": field} | asked.view.row("number_summary", number=field) for field in shown]


def _sessions(asked: Asked) -> list[Row]:
    return _ask(asked, "sessions", session_choice(asked.view, asked.choices.user))


def _session(asked: Asked) -> list[Row]:
    """Return one session; where every message is a step, with the path of all its topics, as on its page."""
    rows = _one("session", "session_id")(asked)
    if rows and asked.view.filters.is_every_message_a_step:
        turns = asked.view.row("session_turns", session_id=asked.what)
        rows = [as_shown("session", rows[0] | turns | {"path_label": None}, {})]
        labels = asked.view.labels
        rows[0]["path_label"] = [labels.get(step, step) for step in rows[0]["path"]] if rows[0]["path"] else None
    return rows


def _session_events(asked: Asked) -> list[Row]:
    parameters = {"session_id": asked.what, "field": asked.view.field, "most": asked.offset + asked.most}
    rows = _ask(asked, "session_events", parameters)
    return [row | {"metadata": orjson.loads(row["metadata"]) if row["metadata"] else None} for row in rows]


def _search(asked: Asked) -> list[Row]:
    terms = terms_of(asked.choices.q or "")
    if not terms:
        raise ApiProblem(400, "q has no word to search for; give at least one.")
    most = asked.offset + asked.most
    return _ask(asked, "found_messages", {**bindings_of(terms), "most": most})


def _tables(asked: Asked) -> list[Row]:
    columns = [
        {
            "table": table.name,
            "grain": table.grain,
            "column": one.name,
            "type": one.type,
            "description": one.description,
        }
        for table in MARTS
        for one in table.columns
    ]
    return columns[asked.offset : asked.offset + asked.most]


def has_thing(asked: Asked, thing: str) -> bool:
    """Return whether the project has the object that the path names, regardless of the filters."""
    view = asked.view.with_filters(Filters())
    return bool(view.rows(thing, **{f"{thing}_id": asked.what}))


_TOPIC, _SESSION = "/topics/{id}", "/sessions/{id:path}"

RESOURCES = (
    Resource("/projects", models.ProjectRow, _project, is_of_version=False),
    Resource("/overview", models.OverviewRow, _overview, takes=("field",), is_one=True),
    Resource("/changes", models.ChangeRow, _changes, takes=("field", "limit", "cursor")),
    Resource("/topics", models.TopicRow, _query("topics"), "/topics", ("field", "limit", "cursor")),
    Resource("/topics/by-day", models.TopicDayRow, _query("topics_daily"), "/topics", ("field", "limit", "cursor")),
    Resource(_TOPIC, models.TopicDetailRow, _one("topic", "topic_id"), _TOPIC, is_one=True, thing="topic"),
    Resource(
        f"{_TOPIC}/messages", models.MessageRow, _query("topic_messages"), _TOPIC, ("limit", "cursor"), thing="topic"
    ),
    Resource(
        f"{_TOPIC}/comments", models.CommentRow, _query("topic_comments"), _TOPIC, ("limit", "cursor"), thing="topic"
    ),
    Resource(f"{_TOPIC}/by-day", models.DayRow, _query("topic_daily"), _TOPIC, ("limit", "cursor"), thing="topic"),
    Resource(
        f"{_TOPIC}/before", models.NeighbourRow, _query("topic_before"), _TOPIC, ("limit", "cursor"), thing="topic"
    ),
    Resource(f"{_TOPIC}/after", models.NeighbourRow, _query("topic_after"), _TOPIC, ("limit", "cursor"), thing="topic"),
    Resource("/candidates", models.CandidateRow, _candidates, "/candidate", ("field", "limit", "cursor")),
    Resource(
        "/candidates/topics", models.CandidateTopicRow, _candidate_topics, "/candidate", ("field", "limit", "cursor")
    ),
    Resource(
        "/candidates/moves", models.CandidateMoveRow, _candidate_moves, "/candidate", ("field", "limit", "cursor")
    ),
    Resource("/journeys", models.JourneyRow, _query("journey_variants"), "/journeys", ("paths", "limit", "cursor")),
    Resource("/transitions", models.TransitionRow, _query("transitions"), "/journeys", ("limit", "cursor")),
    Resource("/drop-off", models.DropOffRow, _query("drop_off"), "/journeys", ("limit", "cursor")),
    Resource("/friction", models.FrictionRow, _query("friction"), "/journeys/friction", ("limit", "cursor")),
    Resource(
        "/friction/by-day", models.FrictionDayRow, _query("friction_by_day"), "/journeys/friction", ("limit", "cursor")
    ),
    Resource(
        "/friction/by-segment",
        models.FrictionSegmentRow,
        _query("friction_by_segment"),
        "/journeys/friction",
        ("by", "limit", "cursor"),
    ),
    Resource(
        "/retention",
        models.RetentionRow,
        _query("retention"),
        "/journeys/retention",
        ("topic", "limit", "cursor"),
    ),
    Resource(
        "/retention/topics",
        models.RetentionTopicRow,
        _query("retention_topics"),
        "/journeys/retention",
        ("topic", "limit", "cursor"),
    ),
    Resource("/feedback/topics", models.TopicFeedbackRow, _query("topic_feedback"), "/topics", ("limit", "cursor")),
    Resource(
        "/feedback/segments",
        models.SegmentFeedbackRow,
        _query("segment_feedback"),
        "/segments",
        ("by", "limit", "cursor"),
    ),
    Resource("/feedback/comments", models.CommentTopicRow, _query("comment_topics"), "/", ("limit", "cursor")),
    Resource(
        "/feedback/comments/{id}",
        models.CommentOfTopicRow,
        _query("comments"),
        _TOPIC,
        ("limit", "cursor"),
        thing="topic",
    ),
    Resource("/segments", models.SegmentRow, _query("segment_sizes"), "/segments", ("by", "limit", "cursor")),
    Resource(
        "/segments/topics",
        models.SegmentTopicRow,
        _query("segment_topics"),
        "/segments",
        ("by", "field", "limit", "cursor"),
    ),
    Resource("/numbers", models.NumberRow, _numbers, "/numbers", ("number", "limit", "cursor")),
    Resource(
        "/numbers/by-day", models.NumberDayRow, _query("number_by_day"), "/numbers", ("number", "limit", "cursor")
    ),
    Resource(
        "/numbers/by-topic",
        models.NumberTopicRow,
        _query("number_by_topic"),
        "/numbers",
        ("number", "field", "limit", "cursor"),
    ),
    Resource(
        "/numbers/by-segment",
        models.NumberSegmentRow,
        _query("number_by_segment"),
        "/numbers",
        ("number", "by", "limit", "cursor"),
    ),
    Resource("/goals", models.GoalRow, _query("goal_conversions"), "/journeys", ("limit", "cursor")),
    Resource("/goals/topics", models.GoalTopicRow, _query("goal_topics"), "/journeys", ("goal", "limit", "cursor")),
    Resource(
        "/goals/journeys", models.GoalJourneyRow, _query("goal_variants"), "/journeys", ("goal", "limit", "cursor")
    ),
    Resource(
        "/sessions",
        models.SessionRow,
        _sessions,
        "/sessions",
        ("topic", "feedback", "visited", "variant", "source", "target", "goal", "reached", "user", "limit", "cursor"),
    ),
    Resource(
        f"{_SESSION}/events",
        models.SessionEventRow,
        _session_events,
        _SESSION,
        ("field", "limit", "cursor"),
        thing="session",
    ),
    Resource(_SESSION, models.SessionDetailRow, _session, _SESSION, is_one=True, thing="session"),
    Resource("/search", models.FoundMessageRow, _search, "/search", ("q", "limit", "cursor")),
    Resource("/tables", models.TableRow, _tables, takes=("limit", "cursor")),
)
"""Resources in the order in which paths are matched: a fixed word comes before an id."""
