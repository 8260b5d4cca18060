"""The rows behind the pages as CSV, from the same queries with the same filters."""

from __future__ import annotations

import asyncio
import csv
import io
from datetime import datetime
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request  # noqa: TC002  # FastAPI reads the annotations at run time
from starlette.responses import PlainTextResponse, Response

from contracts.errors import TurretError
from dashboard.data.address import Address
from dashboard.data.areas import are_by_area
from dashboard.data.query_parameters import fields_looked_at, flow_choice, session_choice
from dashboard.data.significance import wilson
from dashboard.data.view import View, numbers_only_view
from dashboard.errors import NumbersOnlyError
from dashboard.sign_in import current_visitor

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.data.published import Published, Row

ALL_ROWS = 10_000_000
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")

_OF_TOPICS = {
    "topic_id", "from_topic_id", "to_topic_id", "other_topic_id", "target_topic_id", "asked_topic_id",
    "comment_topic_id", "source", "target", "path", "band",
}  # fmt: skip
"""Columns that hold topic ids."""

_INTERVALS = {
    "drop_off": ("n_exits", "n_visits", "drop_off_share"),
    "friction": ("n_friction", "n_sessions", "friction_share"),
    "topic_feedback": ("n_negative", "n_feedback", "negative_share"),
    "segment_feedback": ("n_negative", "n_feedback", "negative_share"),
    "comment_topics": ("n_negative", "n_comments", "negative_share"),
    "goal_topics": ("n_reached", "n_sessions", "reached_share"),
    "friction_by_day": ("n_friction", "n_sessions", "friction_share"),
    "friction_by_segment": ("n_friction", "n_sessions", "friction_share"),
    "retention": ("n_back", "n_users", "back_share"),
    "goal_variants": ("n_reached", "n_sessions", "reached_share"),
}
"""The pairs of counts whose share a page shows with an interval."""

Parameters = dict[str, object]


def _of_field(view: View) -> Parameters:
    return {"field": view.field}


def _of_topic(view: View) -> Parameters:
    return {"topic_id": (*view.address.parts, "", "")[1]}


def user_of(view: View) -> str | None:
    """Return the user whose page the address names."""
    match view.address.parts:
        case ("users", user_id):
            return user_id
    return None


def _enum_field(view: View) -> str | None:
    return _first_of(view.address.by, [row["field"] for row in view.rows("enum_fields")])


def _number_field(view: View) -> str | None:
    return _first_of(view.address.number, [row["field"] for row in view.rows("number_fields")])


def _number_and_middle(view: View) -> Parameters:
    number = _number_field(view)
    return {"number": number, "middle": view.row("number_summary", number=number)["median"]}


def _first_of(chosen: str | None, fields: list[str]) -> str | None:
    """Return the chosen field if it is one of these, else the first: the one that the page shows."""
    return chosen if chosen in fields else next(iter(fields), None)


def chosen_goal(view: View) -> str | None:
    """Return the goal that an address names, else the first; None without goals."""
    goals = [row["goal"] for row in view.snapshot.rows("goals", project_id=view.project_id)]
    return view.address.goal if view.address.goal in goals else next(iter(goals), None)


def _of_nothing(_view: View) -> Parameters:
    return {}


EXPORTS: dict[str, Callable[[View], Parameters]] = {
    "headline": _of_field,
    "message_statuses": _of_field,
    "messages_by_day": lambda view: {"field": view.field, "shown": None, "by_area": are_by_area(view.topics)},
    "message_map": lambda view: {"field": view.field, "most": ALL_ROWS},
    "topics": _of_field,
    "topics_daily": _of_field,
    "topic_daily": _of_topic,
    "topic_values": lambda view: _of_topic(view) | {"fields": fields_looked_at(view)},
    "topic_before": _of_topic,
    "topic_after": _of_topic,
    "topic_lineage": _of_topic,
    "topic_messages": lambda view: _of_topic(view) | {"page_size": ALL_ROWS, "offset": 0},
    "journey_flow": lambda view: flow_choice(view.address),
    "journey_variants": lambda view: {
        "min_steps": 2 if view.address.paths == "moving" else 0,
        "listed": ALL_ROWS,
    },
    "sessions": lambda view: session_choice(view, user_of(view), is_whole=True),
    "transitions": lambda _view: {"with_ends": True, "listed": ALL_ROWS},
    "transition_matrix": lambda view: {"top_n": view.address.top},
    "moves_made": _of_nothing,
    "topic_visits": _of_nothing,
    "drop_off": _of_nothing,
    "friction": _of_nothing,
    "friction_by_day": _of_nothing,
    "friction_by_segment": lambda view: {"by": _enum_field(view)},
    "retention": lambda view: {"topic": view.address.topic},
    "retention_topics": lambda view: {"topic": view.address.topic},
    "goal_conversions": _of_nothing,
    "goal_topics": lambda view: {"goal": chosen_goal(view)},
    "goal_variants": lambda view: {"goal": chosen_goal(view), "listed": ALL_ROWS},
    "topic_feedback": _of_nothing,
    "topic_comments": lambda view: _of_topic(view) | {"most": ALL_ROWS},
    "comment_topics": _of_nothing,
    "comments": lambda view: _of_topic(view) | {"order": view.address.comments, "page_size": ALL_ROWS, "offset": 0},
    "segment_feedback": lambda view: {"by": _enum_field(view)},
    "segment_sizes": lambda view: {"by": _enum_field(view), "top_n": ALL_ROWS},
    "segment_topics": lambda view: {"by": _enum_field(view), "field": view.field, "segments": None},
    "number_by_day": lambda view: {"number": _number_field(view)},
    "number_by_topic": lambda view: _number_and_middle(view) | {"field": view.field},
    "number_by_segment": lambda view: _number_and_middle(view) | {"by": _enum_field(view)},
    "user_transitions": lambda _view: {"listed": ALL_ROWS},
}
"""The queries that can be downloaded, and the parameters of each besides the project and the filters."""


def aggregate_fields(view: View, kind: str) -> list[str]:
    """Return the fields of a kind (`enum` or `number`) with values of enough people."""
    return [row["field"] for row in view.rows("aggregate_fields") if row["effective_type"] == kind]


def chosen_aggregate_field(view: View) -> str | None:
    """Return the enum field that the address names, else the most informative; None without any."""
    return _first_of(view.address.by, aggregate_fields(view, "enum"))


def chosen_aggregate_number(view: View) -> str | None:
    """Return the number field that the address names, else the first; None without any."""
    return _first_of(view.address.number, aggregate_fields(view, "number"))


AGGREGATES: dict[str, Callable[[View], Parameters]] = {
    "aggregate_totals": _of_nothing,
    "aggregate_days": _of_field,
    "aggregate_topics": _of_field,
    "aggregate_moves": _of_nothing,
    "aggregate_goals": _of_nothing,
    "aggregate_fields": _of_nothing,
    "aggregate_segments": lambda view: {"by": chosen_aggregate_field(view)},
    "aggregate_number": lambda view: {"number": chosen_aggregate_number(view)},
    "aggregate_number_topics": lambda view: {"number": chosen_aggregate_number(view), "field": view.field},
}
"""The queries of the role `numbers`, all of which it can download."""


def register(server: FastAPI, published: Published) -> None:
    """Serve `/download/<query>.csv?at=<address of a page>`."""

    @server.get("/download/{query}.csv")
    async def download(query: str, request: Request) -> Response:
        address = Address.of_link(request.query_params.get("at", "/"))
        try:
            found = None if address is None else await asyncio.to_thread(_rows, published, query, address)
        except NumbersOnlyError as error:
            return PlainTextResponse(f"{error}\n", 403)
        except TurretError as error:
            return PlainTextResponse(f"{error}\n", 503)
        if found is None:
            return PlainTextResponse("There is no download of this name.\n", 404)
        headers = {"content-disposition": f'attachment; filename="{query}.csv"'}
        return Response(found, media_type="text/csv; charset=utf-8", headers=headers)


def _rows(published: Published, query: str, address: Address) -> str | None:
    snapshot = published.snapshot()
    only = current_visitor().sees_numbers_only
    exports = AGGREGATES if only else EXPORTS
    if only and query in EXPORTS:
        raise NumbersOnlyError("Your role sees numbers only, so it cannot download these rows.")
    if query not in exports or address.project not in {row["project_id"] for row in snapshot.rows("projects")}:
        return None
    if only:
        view = numbers_only_view(address, snapshot, str(address.project))
        return write_csv(view.rows(query, **exports[query](view)))
    view = View(address, snapshot, str(address.project))
    return write_csv([as_shown(query, row, view.labels) for row in view.rows(query, **exports[query](view))])


def as_shown(query: str, row: Row, labels: dict[str, str]) -> Row:
    """Add to a row what its page shows besides the query: labels of topics, and intervals of shares."""
    shown: Row = {}
    for name, value in row.items():
        shown[name] = value
        if name in _OF_TOPICS and _label_name(name) not in row:
            shown[_label_name(name)] = _label(value, labels)
    if query in _INTERVALS:
        hits, total, name = _INTERVALS[query]
        interval = None if row[hits] is None else wilson(row[hits], row[total])
        shown |= {f"{name}_low": interval and interval.low, f"{name}_high": interval and interval.high}
    return shown


def _label_name(name: str) -> str:
    """Name the label column of a topic id: `label` of `topic_id`, `from_label` of `from_topic_id`."""
    return f"{name.removesuffix('topic_id')}label" if name.endswith("topic_id") else f"{name}_label"


def _label(value: object, labels: dict[str, str]) -> object:
    """Return the label of a topic, or the labels of a path; START, END and OTHER stay as they are."""
    if isinstance(value, list):
        return [labels.get(topic_id, topic_id) for topic_id in value]
    return labels.get(value, value) if isinstance(value, str) else value


def write_csv(rows: list[Row]) -> str:
    """Write rows with a header line; a value that a spreadsheet may run as a formula gets an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    if rows:
        writer.writerow([_cell(name) for name in rows[0]])
    writer.writerows([_cell(value) for value in row.values()] for row in rows)
    return "\ufeff" + text.getvalue()  # Excel reads UTF-8 only after this byte order mark


def _cell(value: object) -> object:
    match value:
        case None:
            return ""
        case datetime():
            return value.isoformat(sep=" ")
        case list():
            return _cell(" → ".join(map(str, value)))
        case str() if value.startswith(_FORMULA_STARTS):
            return "'" + value
        case str():
            return value.replace("\x00", "")
    return value
