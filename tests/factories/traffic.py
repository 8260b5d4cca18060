"""Simulated traffic of many topics over months, in the marts that alerts read: flat, or with a planted change.

Messages of a session and sessions of a user are alike, as real ones are: a user has favourite topics, asks again about
the same topic within a session, and has a temper and a luck of their own. Weekends have fewer sessions. Nothing changes
over time, except what is planted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from contracts.tables import MARTS, MARTS_SCHEMA
from dashboard.data.published import Snapshot

if TYPE_CHECKING:
    import duckdb
    from numpy.typing import NDArray

PROJECT = "prj_00000000000000f1"
FIELD = "prompt"
GOAL = "solved"
STAY = 0.5
"""How probable it is that the next message of a session is about the same topic."""
FAVOURITES = 0.4
"""Share of the sessions that begin with a favourite topic of the user."""
WEEKEND = 0.4
RATED = 0.15
"""Share of the messages that get feedback."""
MUCH_LATER = 0.2
"""Share of the feedback that comes up to two weeks later, the rest mostly within a day."""
SEGMENTS = """
insert into simulated.fct_session_segments by name
select project_id, session_id, session_date, is_overlong, is_automated, 'plan' as field, 'value' as segment_kind,
if(substr(user_id, 2)::integer % 3 = 0, 'pro', 'free') as enum_value from simulated.fct_sessions;
insert into simulated.fct_event_values by name
select project_id, event_id, session_id, occurred_at, 'plan' as field, 1 as value_index, 'enum' as value_type,
if(substr(user_id, 2)::integer % 3 = 0, 'pro', 'free') as enum_value from simulated.fct_messages
"""
"""A third of the users have the plan `pro`."""
TABLES = (
    "fct_messages",
    "fct_sessions",
    "fct_session_topics",
    "fct_goal_sessions",
    "fct_feedback",
    "fct_event_values",
    "fct_session_segments",
)


@dataclass(frozen=True)
class Planted:
    """A change from a day on.

    Attributes:
        topic: the place of the topic; 0 is the largest, and for feedback -1 is all of them.
        day: the number of the first day that it affects.
        messages: so many times as probable as before.
        friction: so many times as probable as before, also the end of a session.
        goal: so many times as probable as before, in all sessions.
        negative: so many times as probable that feedback is negative.
    """

    topic: int
    day: int
    messages: float = 1.0
    friction: float = 1.0
    goal: float = 1.0
    negative: float = 1.0


@dataclass(frozen=True)
class Traffic:
    """What is simulated; topics have the sizes of Zipf's law."""

    n_days: int
    n_sessions: int = 200
    n_topics: int = 50
    seed: int = 1
    first: date = date(2025, 1, 6)
    planted: Planted | None = None
    project_id: str = PROJECT
    rows: dict[str, dict[str, list[object]]] = field(default_factory=dict)

    def topic_id(self, place: int) -> str:
        """The id of a topic."""
        return f"top_{place:016x}"

    def write(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Simulate all days into the tables of a schema `simulated`, and make empty marts."""
        self._simulate(np.random.default_rng(self.seed))
        self._rate(np.random.default_rng([self.seed, 1]))
        connection.execute(f"create schema simulated; create schema {MARTS_SCHEMA}")
        for table in MARTS:
            columns = ", ".join(f"{column.name} {column.type}" for column in table.columns)
            schema = "simulated" if table.name in TABLES else MARTS_SCHEMA
            connection.execute(f"create table {schema}.{table.name} ({columns})")
        for name, columns in self.rows.items():
            connection.register("made", pa.table(columns))
            connection.execute(
                f"insert into simulated.{name} by name select '{self.project_id}' as project_id, * from made"
            )
            connection.unregister("made")
        connection.execute(SEGMENTS)
        connection.execute(
            f"insert into {MARTS_SCHEMA}.dim_fields by name select ? as project_id, ? as field, 'text' as "
            "effective_type, true as is_journey_field, 1 as n_values",
            [self.project_id, FIELD],
        )
        connection.execute(
            f"insert into {MARTS_SCHEMA}.agg_goals by name select ? as project_id, ? as goal, 'event' as kind, "
            "'solved' as value",
            [self.project_id, GOAL],
        )

    def until(self, connection: duckdb.DuckDBPyConnection, n_days: int) -> Snapshot:
        """Return the marts as a run in the night after so many days would publish them."""
        end = datetime.combine(self.first, datetime.min.time()) + timedelta(days=n_days)
        times = {
            "fct_messages": "occurred_at",
            "fct_event_values": "occurred_at",
            "fct_sessions": "started_at",
            "fct_feedback": "given_at",
        }
        for table in TABLES:
            time = times.get(table, "session_date")
            connection.execute(
                f"create or replace view {MARTS_SCHEMA}.{table} as select * from simulated.{table} where {time} < "
                f"timestamp '{end}'"
            )
        connection.execute(f"delete from {MARTS_SCHEMA}.dim_topics; delete from {MARTS_SCHEMA}.agg_pipeline_runs")
        connection.execute(
            f"insert into {MARTS_SCHEMA}.dim_topics by name select project_id, topic_id, field, 'Topic ' || topic_id "
            "as label, 0 as level, count(*) as n_messages, min(occurred_at) as first_seen_at, max(occurred_at) as "
            "last_seen_at, false as is_mixed, list(event_id)[:3] as example_event_ids from "
            f"{MARTS_SCHEMA}.fct_messages where topic_id is not null group by all"
        )
        connection.execute(
            f"insert into {MARTS_SCHEMA}.agg_pipeline_runs by name select ? as project_id, 'run' as run_id, "
            "?::timestamp + interval 1 hour as started_at, ?::timestamp as fresh_until",
            [self.project_id, end, end],
        )
        return Snapshot(Path(f"turret-{n_days:04}.duckdb"), connection)

    def _simulate(self, random: np.random.Generator) -> None:
        sizes = 1 / np.arange(1, self.n_topics + 1)
        sizes /= sizes.sum()
        n_users = 3 * self.n_sessions
        favourite = random.choice(self.n_topics, n_users, p=sizes)
        temper, luck = random.beta(1.0, 5.0, n_users), random.beta(2.0, 4.0, n_users)
        number = 0
        for day in range(self.n_days):
            today = self.first + timedelta(days=day)
            volume = self.n_sessions * (WEEKEND if today.weekday() > 4 else 1)
            for _ in range(random.poisson(volume)):
                user = int(random.integers(n_users))
                number += 1
                self._session(random, number, user, today, sizes, int(favourite[user]), temper[user], luck[user])

    def _session(  # noqa: PLR0913, PLR0917 - what a session depends on
        self,
        random: np.random.Generator,
        number: int,
        user: int,
        today: date,
        weights: NDArray[np.float64],
        favourite: int,
        temper: float,
        luck: float,
    ) -> None:
        planted = self.planted if self.planted and today >= self.first + timedelta(days=self.planted.day) else None
        began = datetime.combine(today, datetime.min.time()) + timedelta(seconds=int(random.integers(80_000)))
        ids = {"session_id": f"s{number}", "user_id": f"u{user}"}
        liked = favourite if random.random() < FAVOURITES else None
        topics = [int(random.choice(len(weights), p=weights)) if liked is None else liked]
        if planted and planted.messages > 1 and random.random() < _more(weights[planted.topic], planted.messages):
            topics = [planted.topic]
        for _ in range(int(random.geometric(0.45)) - 1):
            topics.append(topics[-1] if random.random() < STAY else int(random.choice(len(weights), p=weights)))
            if planted and planted.messages > 1 and random.random() < _more(weights[planted.topic], planted.messages):
                topics[-1] = planted.topic
        for place, topic in enumerate(topics):
            self._add(
                "fct_messages",
                event_id=f"e{number}-{place}",
                field=FIELD,
                text=f"message {number}-{place}",
                occurred_at=began + timedelta(seconds=60 * place),
                topic_id=self.topic_id(topic),
                topic_status="assigned",
                **ids,
            )
        for topic in dict.fromkeys(topics):
            is_meant = planted is not None and topic == planted.topic
            worse = planted.friction if planted and is_meant else 1.0
            self._add(
                "fct_session_topics",
                topic_id=self.topic_id(topic),
                session_date=today,
                is_overlong=False,
                is_rephrased=bool(random.random() < min(1, temper * worse)),
                is_loop=False,
                is_last=bool(topic == topics[-1] or (worse > 1 and random.random() < temper * worse)),
                **ids,
            )
        self._add(
            "fct_sessions",
            started_at=began,
            ended_at=began + timedelta(seconds=60 * len(topics)),
            session_date=today,
            is_overlong=False,
            is_automated=False,
            n_events=len(topics),
            **ids,
        )
        reached = luck * (planted.goal if planted else 1.0)
        self._add(
            "fct_goal_sessions",
            goal=GOAL,
            is_reached=bool(random.random() < reached),
            session_date=today,
            is_overlong=False,
            is_automated=False,
            **ids,
        )

    def _rate(self, random: np.random.Generator) -> None:
        """Let some messages get feedback, sooner or later: some users are hard to please, some sessions go badly."""
        said = self.rows["fct_messages"]
        strict, bad = dict[object, float](), dict[object, float]()
        meant = self.topic_id(self.planted.topic) if self.planted and self.planted.topic >= 0 else None
        for event, session, user, topic, at in zip(
            said["event_id"], said["session_id"], said["user_id"], said["topic_id"], said["occurred_at"], strict=True
        ):
            strictness = strict.setdefault(user, float(random.beta(1.0, 3.0)))
            luck = bad.setdefault(session, float(random.uniform(0.4, 1.6)))
            if random.random() >= RATED:
                continue
            n_days = random.uniform(0, 14) if random.random() < MUCH_LATER else random.exponential(0.4)
            given_at = at + timedelta(days=float(n_days))  # type: ignore[operator]
            began = self.first + timedelta(days=self.planted.day if self.planted else 0)
            is_meant = self.planted is not None and (self.planted.topic < 0 or topic == meant)
            worse = self.planted.negative if self.planted and is_meant and given_at.date() >= began else 1.0
            is_negative = bool(random.random() < min(1.0, strictness * luck * worse))
            self._add(
                "fct_feedback",
                feedback_id=f"f-{event}",
                source="people",
                event_id=event,
                session_id=session,
                user_id=user,
                topic_id=topic,
                is_linked=True,
                score=-1.0 if is_negative else 1.0,
                is_negative=is_negative,
                given_at=given_at,
                received_at=given_at,
                is_latest=True,
            )

    def _add(self, table: str, **row: object) -> None:
        for name, value in row.items():
            self.rows.setdefault(table, {}).setdefault(name, []).append(value)


def _more(share: float, times: float) -> float:
    """Return how many of the other messages have to change to a topic, so that its share is so many times as large."""
    return share * (times - 1) / (1 - share)
