"""A published file to look at: people, sessions and topics made up from a seed, in the tables that dbt would publish.

Sessions walk a fixed Markov chain over the topics. Steps, transitions and paths come from the same walk, and every
count is an aggregate over the rows it counts, so that the tables agree with each other as real ones do.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from contracts.home import Home
from contracts.tables import END, MARTS, MARTS_SCHEMA, START
from tests.factories.published_vocabulary import (
    ASSISTANT_SUBJECTS,
    CLOSINGS,
    FILLER_MESSAGES,
    NASTY_SUBJECTS,
    NOISE_MESSAGES,
    OPENINGS,
    Subject,
)

Row = dict[str, Any]

FIRST_DAY = datetime(2026, 4, 6)  # noqa: DTZ001  # DuckDB's TIMESTAMP has no zone; every time is UTC
ASSISTANT = "prj_00000000000000a1"
NASTY = "prj_00000000000000b2"
TEXTLESS = "prj_00000000000000c3"
PENDING = "prj_00000000000000d4"
FIELD = "prompt"
PLANS = ("free", "pro", "team", "<b>odd</b> & “co”")
SUMMARIES = Path(__file__).parent / "published_summaries.sql"


@dataclass(frozen=True)
class SampleProject:
    """What one project of the sample holds; without subjects its messages wait for the topic model.

    `flag` names a field that is true in all events.
    """

    project_id: str
    n_sessions: int
    subjects: tuple[Subject, ...] = ()
    has_text: bool = True
    n_days: int = 56
    flag: str | None = None
    late_after_s: int = 10


SAMPLE = (
    SampleProject(ASSISTANT, 2_600, ASSISTANT_SUBJECTS),
    SampleProject(NASTY, 400, NASTY_SUBJECTS, n_days=20),
)
BARE = (SampleProject(TEXTLESS, 40, has_text=False), SampleProject(PENDING, 40))


@dataclass
class _Tables:
    """The rows made in Python; the rest is summed up from them in SQL."""

    rows: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, table: str, **row: object) -> None:
        self.rows.setdefault(table, []).append(row)


def publish(home: Path, projects: tuple[SampleProject, ...] = SAMPLE, *, version: str = "1", seed: int = 7) -> Path:
    """Write `turret-<version>.duckdb` into the published folder of `home` and let the link name it; give its path."""
    folder = Home(home).published_folder
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"turret-{version}.duckdb"
    tables = _Tables()
    for number, project in enumerate(projects):
        _ProjectWriter(project, tables, np.random.default_rng([seed, number])).write()
    _write_file(file, tables)
    swap = folder / f".turret-{version}.link"
    swap.symlink_to(file.name)
    swap.replace(Home(home).published)
    return file


def topic_id(project: SampleProject, number: int) -> str:
    """The id of a project's topic by its place among the subjects."""
    return f"top_{project.project_id[-2:]}{number:014x}"


def _write_file(file: Path, tables: _Tables) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"CREATE SCHEMA {MARTS_SCHEMA}")
        for table in MARTS:
            columns = ", ".join(f"{column.name} {column.type}" for column in table.columns)
            connection.execute(f"CREATE TABLE {table.qualified_name} ({columns})")
        for name, rows in tables.rows.items():
            connection.register("made", pa.Table.from_pylist(rows))
            connection.execute(f"INSERT INTO {MARTS_SCHEMA}.{name} BY NAME SELECT * FROM made")
            connection.unregister("made")
        for statement in SUMMARIES.read_text().split(";\n"):
            connection.execute(statement)


class _ProjectWriter:
    """Walks one project's sessions and notes a row for everything on the way."""

    def __init__(self, project: SampleProject, tables: _Tables, random: np.random.Generator) -> None:
        self.project = project
        self.tables = tables
        self.random = random
        size = len(project.subjects)
        self.entry = 1 / (1.0 + np.arange(size))
        self.moves = random.gamma(0.25, size=(size, size)) + 0.01 if size else np.empty((0, 0))
        np.fill_diagonal(self.moves, 0)
        self.stay = random.uniform(0.55, 0.85, size)
        self.n_events = 0

    def write(self) -> None:
        """Note every row of the project."""
        name, at = f"Project {self.project.project_id[-2:]}", FIRST_DAY
        self._add("dim_projects", name=name, created_at=at, late_after_s=self.project.late_after_s)
        for number in range(self.project.n_sessions):
            self._session(number)
        for number, subject in enumerate(self.project.subjects):
            self._topic(number, subject)
        if len(self.project.subjects) > 1:
            self._lineage()
            self._candidate()
        self._fields()
        self._runs()

    def _add(self, table: str, **row: object) -> None:
        self.tables.add(table, project_id=self.project.project_id, **row)

    def _session(self, number: int) -> None:
        walk = self._walk()
        user = f"user-{int(self.random.zipf(1.6)) % 700:03d}" if self.random.random() < 0.9 else None
        clock = self._start()
        session = f"ses_{self.project.project_id[-2:]}{number:06d}"
        plan = PLANS[number % len(PLANS)]
        for index, topic in enumerate(self._messages(walk), start=1):
            clock += timedelta(seconds=float(self.random.gamma(2.0, 45.0)))
            self._event(session, user, clock, index, topic, plan)

    def _start(self) -> datetime:
        """A time within the project's days: more on weekdays and at working hours, slowly growing."""
        while True:
            day = int(self.project.n_days * self.random.beta(1.3, 1.0))
            moment = FIRST_DAY + timedelta(days=day, hours=float(np.clip(self.random.normal(14, 3.5), 0, 23)))
            if moment.weekday() < 5 or self.random.random() < 0.4:
                return moment

    def _walk(self) -> list[int]:
        """The topics of a session in order; neighbours may be equal. With one subject a session stays at it."""
        if not self.project.subjects:
            return []
        topics = [self._pick(self.entry)]
        while len(self.entry) > 1 and len(topics) < 9 and self.random.random() < self.stay[topics[-1]]:
            if len(topics) > 1 and self.random.random() < 0.12:
                topics.append(topics[-2])
            else:
                topics.append(self._pick(self.moves[topics[-1]]))
        return topics

    def _pick(self, weights: np.ndarray[Any, Any]) -> int:
        return int(self.random.choice(len(weights), p=weights / weights.sum()))

    def _messages(self, walk: list[int]) -> list[int | str]:
        """The walk as messages: some topics said twice, with filler and noise between."""
        if not walk:
            return ["pending"] * int(self.random.integers(1, 4))
        said: list[int | str] = []
        for topic in walk:
            said.extend([topic] * (2 if self.random.random() < 0.2 else 1))
            if self.random.random() < 0.18:
                said.append("noise" if self.random.random() < 0.4 else "filler")
        return ["filler"] if self.random.random() < 0.03 else said

    def _event(  # noqa: PLR0913, PLR0917  # all of what an event is
        self, session: str, user: str | None, at: datetime, index: int, topic: int | str, plan: str
    ) -> None:
        self.n_events += 1
        event = f"evt_{self.project.project_id[-2:]}{self.n_events:07d}"
        user_id = user or f"anon_{session}"
        text = self._text(topic)
        metadata: dict[str, Any] = {"plan": plan, "latency_ms": int(self.random.gamma(2, 400))}
        if self.project.has_text:
            metadata[FIELD] = text
        self._add(
            "fct_events",
            event_id=event,
            name=("follow_up" if index > 3 else "user_message") if self.project.has_text else "page_view",
            session_id=session,
            user_id=user_id,
            is_user_id_given=user is not None,
            occurred_at=at,
            received_at=at + timedelta(milliseconds=80),
            metadata=json.dumps(metadata),
            event_index_in_session=index,
        )
        of_event = {"event_id": event, "session_id": session, "occurred_at": at, "value_index": 1}
        self._add("fct_event_values", **of_event, field="plan", value_type="enum", enum_value=plan, number_value=None)
        if self.project.flag:
            flag = {"field": self.project.flag, "value_type": "enum", "enum_value": "true", "number_value": None}
            self._add("fct_event_values", **of_event, **flag)
        latency = float(metadata["latency_ms"])
        self._add(
            "fct_event_values",
            **of_event,
            field="latency_ms",
            value_type="number",
            enum_value=None,
            number_value=latency,
        )
        if self.project.has_text:
            said = {"event_id": event, "session_id": session, "user_id": user_id, "occurred_at": at, "text": text}
            self._message(said, topic)

    def _message(self, said: Row, topic: int | str) -> None:
        is_assigned = isinstance(topic, int)
        self._add(
            "fct_messages",
            **said,
            field=FIELD,
            topic_id=topic_id(self.project, topic) if isinstance(topic, int) else None,
            topic_status="assigned" if is_assigned else topic,
            topic_confidence=float(self.random.beta(6, 2)) if is_assigned else None,
            is_journey_field=True,
            message_role="opens" if is_assigned else "filler" if topic == "filler" else None,
        )

    def _text(self, topic: int | str) -> str:
        if topic == "filler":
            return str(self.random.choice(FILLER_MESSAGES))
        if topic == "noise":
            return str(self.random.choice(NOISE_MESSAGES))
        if topic == "pending":
            return "Nobody has sorted me yet"
        messages = self.project.subjects[int(topic)].messages
        text = messages[int(self.random.integers(len(messages)))]
        if self.project.subjects is NASTY_SUBJECTS:
            return text
        return f"{self.random.choice(OPENINGS)}{text}{self.random.choice(CLOSINGS)}"

    def _topic(self, number: int, subject: Subject) -> None:
        topic = topic_id(self.project, number)
        examples = [row["event_id"] for row in self.tables.rows["fct_messages"] if row["topic_id"] == topic][:5]
        self._add(
            "dim_topics",
            topic_id=topic,
            field=FIELD,
            label=subject.label,
            description=f"People ask about {subject.label.lower()}; typical is “{subject.messages[0][:120]}”.",
            keywords=list(subject.keywords),
            level=0,
            label_source="llm" if number % 3 else "messages",
            state="kept" if number % 4 == 1 else "proposed",
            example_event_ids=examples,
        )

    def _lineage(self) -> None:
        """Three fits: all topics but one born, one split off, one merged into another, and then all found again."""
        first, second, *others = (topic_id(self.project, number) for number in range(len(self.project.subjects)))
        gone = f"top_{self.project.project_id[-2:]}{'f' * 14}"
        for topic in (first, gone, *others):
            self._link(0, None, topic, "born", 0, 0.0)
        self._link(1, first, second, "split", 12, 0.25)
        self._link(1, gone, first, "merged", 9, 0.2)
        for fit in (1, 2):
            for topic in (first, *others):
                self._link(fit, topic, topic, "continued", 40 + fit, 0.8)

    def _link(  # noqa: PLR0913, PLR0917  # all of what a link is
        self, fit: int, source: str | None, target: str | None, change: str, n_shared: int, similarity: float
    ) -> None:
        self._add(
            "fct_topic_lineage",
            field=FIELD,
            run_id=f"run-{fit}",
            from_topic_id=source,
            to_topic_id=target,
            change=change,
            n_texts_shared=n_shared,
            similarity=similarity,
            recorded_at=FIRST_DAY + timedelta(days=7 * fit),
        )

    def _candidate(self) -> None:
        """A candidate in which the first topic splits, and the second one merges into the third."""
        first, second, third = (topic_id(self.project, number) for number in range(3))
        labels = {topic_id(self.project, number): each.label for number, each in enumerate(self.project.subjects)}
        said = [row for row in self.tables.rows["fct_messages"] if row["project_id"] == self.project.project_id]
        moves: dict[tuple[str | None, str | None], list[str]] = {}
        for number, row in enumerate(said):
            source = row["topic_id"]
            target = {first: first if number % 3 else "top_new", second: third}.get(source, source)
            moves.setdefault((source, target), []).append(str(row["event_id"]))
        for (source, target), events in moves.items():
            self._add(
                "fct_topic_candidate_moves",
                field=FIELD,
                candidate_number=1,
                from_topic_id=source,
                to_topic_id=target,
                from_label=labels.get(str(source)),
                to_label=labels.get(str(target), "A new topic" if target else None),
                change="stays" if source == target else {first: "split", second: "merged"}.get(str(source), "moves"),
                n_texts=len(events),
                n_messages=len(events),
                example_event_ids=events[:3],
            )
        self._add(
            "dim_topic_candidates",
            field=FIELD,
            candidate_number=1,
            status="open",
            made_at=FIRST_DAY + timedelta(days=20),
            n_texts=len(said),
            n_messages=len(said),
            n_staying=sum(len(events) for (source, target), events in moves.items() if source == target),
            n_later=7,
        )

    def _fields(self) -> None:
        texts = [(FIELD, "text", True)] if self.project.has_text else []
        flags = [(self.project.flag, "enum", False)] if self.project.flag else []
        for name, kind, is_journey in [*texts, *flags, ("plan", "enum", False), ("latency_ms", "number", False)]:
            self._add(
                "dim_fields",
                field=name,
                detected_type=kind,
                effective_type=kind,
                reason="Made up for the sample.",
                n_values=self.n_events,
                n_distinct_values=1,
                is_journey_field=is_journey,
                first_seen_at=FIRST_DAY,
                last_seen_at=FIRST_DAY + timedelta(days=self.project.n_days),
            )

    def _runs(self) -> None:
        received = [
            row["received_at"] for row in self.tables.rows["fct_events"] if row["project_id"] == self.project.project_id
        ]
        self._add(
            "agg_pipeline_runs",
            run_id="run-1",
            started_at=max(received) + timedelta(minutes=5),
            fresh_until=max(received),
            n_segments=12,
            n_rows_in=self.n_events + 3,
            n_rows_out=self.n_events,
            n_duplicates=2,
            n_rejected=1,
            load_s=1.5,
        )


__all__ = [
    "ASSISTANT",
    "BARE",
    "END",
    "FIELD",
    "NASTY",
    "PENDING",
    "SAMPLE",
    "START",
    "TEXTLESS",
    "SampleProject",
    "publish",
    "topic_id",
]
