"""Read the demo's report from the published marts, as plain rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cli.marts.published import open_published
from contracts.events import COMMENT_FIELD
from demo.evaluation.findings import MessageFacts
from demo.evaluation.friction import TopicFriction
from demo.evaluation.scores import Message

if TYPE_CHECKING:
    import duckdb

    from contracts.home import Home

MESSAGES = "select event_id, session_id, topic_id, topic_status from fct_messages where project_id = ? and field = ?"
FACTS = (
    "select topic_id, e.occurred_at, metadata->>'$.plan', try_cast(metadata->>'$.satisfaction' as double) "
    "from fct_messages m join fct_events e using (project_id, event_id) where project_id = ? and field = ?"
)
TEXTS = "select event_id, text from fct_messages where project_id = ? and field = ?"
TOPICS = (
    "select topic_id, label, parent_topic_id, n_messages, usual_role, example_event_ids from dim_topics "  # noqa: S608
    f"where project_id = ? and level = 0 and field != '{COMMENT_FIELD}'"
)
AREAS = f"select topic_id, label from dim_topics where project_id = ? and level = 1 and field != '{COMMENT_FIELD}'"  # noqa: S608
MOVES = "select from_topic_id, to_topic_id, n_transitions, from_share from agg_transitions where project_id = ?"
PATHS = "select session_id, path from fct_session_paths where project_id = ?"
VARIANTS = "select path, n_sessions from agg_journey_variants where project_id = ? order by variant_rank"

FRICTION = (
    "select topic_id, n_sessions, n_friction, excess_sessions from agg_topic_friction where project_id = ? "
    "order by excess_sessions desc, n_sessions desc, topic_id"
)


@dataclass(frozen=True)
class Topic:
    """A topic; `example` is the text nearest to its centre, or empty; without an area if there are few topics.

    `is_detail` says that most of its messages continue a step and do not count as steps.
    """

    topic_id: str
    label: str
    area_id: str | None
    n_messages: int
    example: str
    is_detail: bool = False


@dataclass(frozen=True)
class TransitionCount:
    """How often sessions made a transition; `share` is of all transitions out of `origin`, 0 to 1."""

    origin: str
    target: str
    n_times: int
    share: float


@dataclass(frozen=True)
class DemoMarts:
    """The marts of the demo's project, largest first where there is an order; names of areas by id."""

    topics: list[Topic]
    areas: dict[str, str]
    moves: list[TransitionCount]
    variants: list[tuple[tuple[str, ...], int]]
    messages: list[Message]
    facts: list[MessageFacts]
    paths: dict[str, tuple[str, ...]]
    friction: list[TopicFriction]


def read_demo_marts(home: Home, project_id: str, field: str) -> DemoMarts:
    """Read what the report shows and what the evaluation compares.

    Raises:
        NothingPublishedError: no run has published yet.
    """
    with open_published(home) as marts:
        moves = [TransitionCount(*row) for row in marts.execute(MOVES, [project_id]).fetchall()]
        return DemoMarts(
            topics=_topics(marts, project_id, field),
            areas=dict(marts.execute(AREAS, [project_id]).fetchall()),
            moves=sorted(moves, key=lambda move: (-move.n_times, move.origin, move.target)),
            variants=[(tuple(path), n) for path, n in marts.execute(VARIANTS, [project_id]).fetchall()],
            messages=[Message(*row) for row in marts.execute(MESSAGES, [project_id, field]).fetchall()],
            facts=[MessageFacts(*row) for row in marts.execute(FACTS, [project_id, field]).fetchall()],
            paths={session: tuple(path) for session, path in marts.execute(PATHS, [project_id]).fetchall()},
            friction=[TopicFriction(*row) for row in marts.execute(FRICTION, [project_id]).fetchall()],
        )


def _topics(marts: duckdb.DuckDBPyConnection, project_id: str, field: str) -> list[Topic]:
    texts = dict(marts.execute(TEXTS, [project_id, field]).fetchall())
    rows = marts.execute(TOPICS, [project_id]).fetchall()
    topics = [
        Topic(
            topic_id,
            label,
            area_id,
            n_messages,
            next((texts[event] for event in examples if event in texts), ""),
            is_detail=role == "continues",
        )
        for topic_id, label, area_id, n_messages, role, examples in rows
    ]
    return sorted(topics, key=lambda topic: (-topic.n_messages, topic.topic_id))
