"""The results of the tools: each combines a few resources of the read API, all of one published version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from contracts.events import COMMENT_FIELD
from contracts.tables import MARTS
from dashboard.api.choices import Choices
from dashboard.api.formats import write_json
from dashboard.api.problems import ApiProblem
from dashboard.api.reading import short_name
from dashboard.api.resources import RESOURCES
from dashboard.api.sql import SqlFailedError, SqlQuestion
from dashboard.data.address import VALUE_PREFIX
from dashboard.mcp.texts import for_assistant, mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboard.api.reading import Reader
    from dashboard.api.sql import SqlRunner
    from dashboard.data.published import Row, Snapshot

Document = dict[str, Any]
_BY_PATH = {resource.path: resource for resource in RESOURCES}
_SESSION = "/sessions/{id:path}"
MAX_LISTED = 50
_OF_TOPICS = {"topics": "/topics", "feedback": "/feedback/topics", "comments": "/feedback/comments"}
_OF_CANDIDATES = {"candidates": "/candidates", "topics": "/candidates/topics", "moves": "/candidates/moves"}
_OF_SEGMENTS = {"topics": "/segments/topics", "feedback": "/feedback/segments"}


@dataclass(frozen=True)
class Look:
    """The period and the segments of a tool's call."""

    period: str = "all"
    first_day: str | None = None
    last_day: str | None = None
    segments: Sequence[str] = ()

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Return the parameters of the read API.

        Raises:
            ApiProblem: 400: a segment is not field=value.
        """
        chosen = {"from": self.first_day, "to": self.last_day, "period": self.period if self.period != "all" else None}
        pairs = [(name, value) for name, value in chosen.items() if value]
        for segment in self.segments:
            field, sign, value = segment.partition("=")
            if not sign:
                raise ApiProblem(400, f"The segment {segment[:100]!r} is not valid; use field=value, such as plan=pro.")
            pairs.append((VALUE_PREFIX + field, value))
        return pairs


@dataclass(frozen=True)
class Tools:
    """The tools for one project, over the version that was newest when they were called.

    Attributes:
        reader: reads the published file.
        runner: runs SQL.
        project_id: the only project that is read.
        with_texts: whether the texts of users are shown.
    """

    reader: Reader
    runner: SqlRunner
    project_id: str
    with_texts: bool

    def overview(self, look: Look) -> Document:
        """Return totals, and the names of fields, events and goals."""
        snapshot = self.reader.snapshot()
        [project] = self._rows(snapshot, "/projects", Look())
        [numbers] = self._rows(snapshot, "/overview", look)
        goals = self._rows(snapshot, "/goals", look)
        return self._document(snapshot, project=project, numbers=numbers, goals=goals)

    def changes(self, look: Look) -> Document:
        """Compare a period with the preceding one: totals, topics, goals, numbers and where people leave."""
        snapshot = self.reader.snapshot()
        topics = self._rows(snapshot, "/changes", look, limit=MAX_LISTED)
        if not topics:
            raise ApiProblem(404, "There are no messages in this period, or none in the preceding one.")
        now, before = (
            Look(
                first_day=str(topics[0][f"first_day{side}"]),
                last_day=str(topics[0][f"last_day{side}"]),
                segments=look.segments,
            )
            for side in ("", "_before")
        )
        days = {name: topics[0][name] for name in topics[0] if "_day" in name}
        pairs = {"totals": ("/overview", ()), "goals": ("/goals", ("goal",)), "numbers": ("/numbers", ("field",))}
        compared = {
            name: _beside(self._rows(snapshot, path, now), self._rows(snapshot, path, before), key)
            for name, (path, key) in pairs.items()
        }
        compared["drop_off"] = _beside(
            self._rows(snapshot, "/drop-off", now), self._rows(snapshot, "/drop-off", before), ("topic_id", "label")
        )[:MAX_LISTED]
        moves = [{name: value for name, value in row.items() if "_day" not in name} for row in topics]
        return self._document(snapshot, days=days, topics=moves, **compared)

    def topics(self, look: Look, limit: int) -> Document:
        """Return topics, feedback about them, and what comments are about: the largest or most negative first."""
        snapshot = self.reader.snapshot()
        rows = {name: self._rows(snapshot, path, look, limit=limit) for name, path in _OF_TOPICS.items()}
        return self._document(snapshot, **rows)

    def topic(self, topic_id: str, look: Look, n_messages: int) -> Document:
        """Return one topic: its days, the steps before and after it on journeys, its newest messages and comments.

        A topic of comments has nothing but comments.
        """
        snapshot, path = self.reader.snapshot(), "/topics/{id}"
        [topic] = self._rows(snapshot, path, look, topic_id)
        parts = {
            part: self._rows(snapshot, f"{path}/{part}", look, topic_id, limit=MAX_LISTED)
            for part in ("before", "after")
        }
        by_day = self._rows(snapshot, f"{path}/by-day", look, topic_id, limit=400)
        shown = n_messages if self.with_texts else 0
        is_of_comments = topic["field"] == COMMENT_FIELD
        sources = {"messages": f"{path}/messages"}
        sources["comments"] = "/feedback/comments/{id}" if is_of_comments else f"{path}/comments"
        said = {
            part: self._rows(snapshot, source, look, topic_id, limit=shown) if shown else []
            for part, source in sources.items()
        }
        rated = [
            row for row in self._rows(snapshot, "/feedback/topics", look, limit=10_000) if row["topic_id"] == topic_id
        ]
        return self._document(snapshot, topic=topic, feedback=rated, by_day=by_day, **said, **parts)

    def candidate(self, field: str | None, limit: int) -> Document:
        """Return the refits that people asked for, and what the newest one changes."""
        snapshot = self.reader.snapshot()
        choice: dict[str, Any] = {"limit": limit} | ({"field": field} if field else {})
        rows = {name: self._rows(snapshot, path, Look(), **choice) for name, path in _OF_CANDIDATES.items()}
        return self._document(snapshot, **rows)

    def journeys(self, what: str, look: Look, limit: int) -> Document:
        """Return paths, transitions, the topics at which journeys end, or those about which people were not helped."""
        snapshot = self.reader.snapshot()
        path = {"paths": "/journeys", "moves": "/transitions", "ends": "/drop-off", "friction": "/friction"}[what]
        return self._document(snapshot, rows=self._rows(snapshot, path, look, limit=limit))

    def segments(self, by: str | None, look: Look, limit: int) -> Document:
        """Return the values of an enum field, what each talks about, and the feedback of each."""
        snapshot = self.reader.snapshot()
        choice: dict[str, Any] = {"limit": limit} | ({"by": by} if by else {})
        sizes = self._rows(snapshot, "/segments", look, **choice)
        rows = {name: self._rows(snapshot, path, look, **choice) for name, path in _OF_SEGMENTS.items()}
        return self._document(snapshot, segments=sizes, **rows)

    def sessions(self, look: Look, limit: int, **chosen: str | None) -> Document:
        """Return sessions, the newest first."""
        snapshot = self.reader.snapshot()
        given = {name: value for name, value in chosen.items() if value is not None}
        return self._document(snapshot, sessions=self._rows(snapshot, "/sessions", look, limit=limit, **given))

    def session(self, session_id: str) -> Document:
        """Return one session and its events."""
        snapshot = self.reader.snapshot()
        [session] = self._rows(snapshot, _SESSION, Look(), session_id)
        events = self._rows(snapshot, f"{_SESSION}/events", Look(), session_id, limit=200)
        return self._document(snapshot, session=session, events=events)

    def sql(self, query: str, limit: int) -> Document:
        """Run one SELECT; mark all texts of the result, whatever their columns are called."""
        snapshot = self.reader.snapshot()
        try:
            result = self.runner.run(snapshot.file, self.project_id, SqlQuestion(query=query, limit=limit))
        except SqlFailedError as problem:  # DuckDB's message quotes the value that it could not read
            raise ApiProblem(problem.status, mark(str(problem)), problem.headers) from None
        document = result.document(short_name(snapshot.version), snapshot.details_from.get(self.project_id))
        rows = [{name: _as_text(value) for name, value in row.items()} for row in document["data"]]
        return self._document(snapshot, columns=document["columns"], rows=rows, is_cut=document["is_cut"])

    def tables(self, table: str | None) -> Document:
        """Return the tables that SQL can read, or the columns of one of them."""
        if table is None:
            return {"tables": [{"table": mart.name, "grain": mart.grain} for mart in MARTS]}
        found = next((mart for mart in MARTS if mart.name == table), None)
        if found is None:
            raise ApiProblem(404, f"There is no table {table[:100]!r}; call this tool without a table to list all.")
        columns = [{"column": one.name, "type": one.type, "meaning": one.description} for one in found.columns]
        return {"table": found.name, "grain": found.grain, "columns": columns}

    def _rows(self, snapshot: Snapshot, path: str, look: Look, what: str = "", **more: object) -> list[Row]:
        resource = _BY_PATH[path]
        pairs = [*look.pairs, *((name, str(value)) for name, value in more.items())]
        choices = Choices.read(pairs, resource.takes)
        return self.reader.read(resource, self.project_id, choices, what, snapshot).rows

    def _document(self, snapshot: Snapshot, **parts: Any) -> Document:
        """Return the parts as JSON holds them: no NaN, no times without a zone."""
        fresh = snapshot.row("freshness", project_id=self.project_id)["fresh_until"]
        details_from = snapshot.details_from.get(self.project_id)
        about = {"version": short_name(snapshot.version), "fresh_until": fresh, "details_from": details_from}
        whole = about | parts
        shown = for_assistant(orjson.loads(write_json(whole)), with_texts=self.with_texts)
        return dict(shown)


def _beside(now: list[Row], before: list[Row], key: tuple[str, ...] | str) -> list[Row]:
    """Join the current and the previous rows by name: `n_reached` and `n_reached_before`."""
    names = (key,) if isinstance(key, str) else key
    former = {tuple(row[name] for name in names): row for row in before}
    rows = []
    for row in now:
        old = former.get(tuple(row[name] for name in names), {})
        rows.append(row | {f"{name}_before": old.get(name) for name in row if name not in names})
    return rows


def _as_text(value: Any) -> Any:
    """Wrap the texts of a query's row, so that they are marked whatever its columns are called."""
    if isinstance(value, list):
        return [_as_text(one) for one in value]
    return {"text": value} if isinstance(value, str | dict) else value
