"""Names of every table that two parts of Turret share; columns, types and descriptions are read from the dbt project.

`RAW`, `ML` and `OPS` are written by Python into the warehouse and read by dbt as sources. `MARTS` are built by dbt and
published. The dbt project's YAML files are the only place where columns are declared: in `sources` for the first three,
beside each model for a mart. Every `<...>_at` is a UTC timestamp.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date

    import duckdb

DBT_PROJECT = Path(__file__).resolve().parent.parent / "dbt_project"

RAW_SCHEMA = "raw"
ML_SCHEMA = "ml"
OPS_SCHEMA = "ops"
MARTS_SCHEMA = "marts"

START = "START"
END = "END"
NARROW: dict[str, Any] = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "lock_configuration": True,
}
"""DuckDB's settings for SQL over the marts: no other file, no network, and, last, no change of these settings."""
MAP_SIZE = 20_000
"""Maximum number of texts, and of messages, on the map of a field."""


@dataclass(frozen=True)
class Column:
    """A column: its DuckDB type, and its description for people."""

    name: str
    type: str
    description: str


@dataclass(frozen=True)
class Table:
    """A table of the warehouse or of the published file.

    Attributes:
        detail_of: for a mart with a row for each session or part of one: the columns with ids of sessions or events.
            With TURRET_PUBLISH_DETAIL_DAYS, a row is published if all of these are. Other marts are published in full.
        is_stray: condition (SQL) on rows of such a mart that belong to no session; they are published in any case.
    """

    schema: str
    name: str
    detail_of: tuple[str, ...] = field(default=(), compare=False)
    is_stray: str = field(default="false", compare=False)

    @property
    def qualified_name(self) -> str:
        """`schema.table`, for SQL."""
        return f"{self.schema}.{self.name}"

    @property
    def grain(self) -> str:
        """One sentence that says what one row is.

        Raises:
            KeyError: the dbt project does not declare the table.
        """
        return str(_declared(self.schema)[self.name]["description"])

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns, in order.

        Raises:
            KeyError: the dbt project does not declare the table.
        """
        declared = _declared(self.schema)[self.name]["columns"]
        return tuple(Column(column["name"], column["data_type"], column["description"]) for column in declared)

    @property
    def column_names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(column.name for column in self.columns)


@cache
def _declared(schema: str) -> dict[str, dict[str, Any]]:
    """Read the tables of `schema` from the dbt project, by name, as its YAML declares them."""
    import yaml  # noqa: PLC0415  # most commands only need the names

    folder, kind = ("marts", "models") if schema == MARTS_SCHEMA else (f"staging/{schema}", "sources")
    files = sorted((DBT_PROJECT / "models" / folder).rglob("*.yml"))
    documents = [yaml.load(path.read_bytes(), yaml.CSafeLoader) for path in files]
    nodes = [node for document in documents for node in document.get(kind, [])]
    return {table["name"]: table for node in nodes for table in node.get("tables", [node])}


def read_detail_days(published: duckdb.DuckDBPyConnection) -> dict[str, date]:
    """Read from which day on sessions are published, by project; projects whose sessions all are have no entry.

    Args:
        published: a connection to a published file; earlier versions of Turret wrote all sessions.
    """
    found = "select 1 from information_schema.tables where table_schema = 'ops' and table_name = 'detail_days'"
    if not published.execute(found).fetchall():
        return {}
    return dict(published.execute("select project_id, first_date from ops.detail_days").fetchall())


RAW_EVENTS = Table(RAW_SCHEMA, "events")
RAW_REPLACED_EVENTS = Table(RAW_SCHEMA, "replaced_events")
RAW_SEGMENTS = Table(RAW_SCHEMA, "segments")
RAW_PROJECTS = Table(RAW_SCHEMA, "projects")
RAW_DELETED_EVENTS = Table(RAW_SCHEMA, "deleted_events")
RAW_DELETED_PROJECTS = Table(RAW_SCHEMA, "deleted_projects")
RAW_REMOVED_DAYS = Table(RAW_SCHEMA, "removed_days")
RAW_SET_APART_EVENTS = Table(RAW_SCHEMA, "set_apart_events")
RAW_FIELD_OVERRIDES = Table(RAW_SCHEMA, "field_overrides")
RAW_FIELD_OUTCOMES = Table(RAW_SCHEMA, "field_outcomes")
RAW_GOALS = Table(RAW_SCHEMA, "goals")
RAW_TOPIC_CHOICES = Table(RAW_SCHEMA, "topic_choices")
RAW_TEXT_CHOICES = Table(RAW_SCHEMA, "text_choices")
RAW_TOPIC_CANDIDATES = Table(RAW_SCHEMA, "topic_candidates")

ML_EMBEDDINGS = Table(ML_SCHEMA, "embeddings")
ML_BOILERPLATE = Table(ML_SCHEMA, "boilerplate")
ML_OWN_TEXTS = Table(ML_SCHEMA, "own_texts")
ML_TEXT_TOPICS = Table(ML_SCHEMA, "text_topics")
ML_TEXT_PLACES = Table(ML_SCHEMA, "text_places")
ML_TOPIC_FITS = Table(ML_SCHEMA, "topic_fits")
ML_TOPICS = Table(ML_SCHEMA, "topics")
ML_TOPIC_LINEAGE = Table(ML_SCHEMA, "topic_lineage")
ML_EDITED_TOPICS = Table(ML_SCHEMA, "edited_topics")
ML_MOVED_TEXTS = Table(ML_SCHEMA, "moved_texts")
ML_RETIRED_TEXTS = Table(ML_SCHEMA, "retired_texts")
ML_REMOVED_TEXTS = Table(ML_SCHEMA, "removed_texts")
ML_PLACED_EXAMPLES = Table(ML_SCHEMA, "placed_examples")
ML_CANDIDATE_FITS = Table(ML_SCHEMA, "candidate_fits")
ML_CANDIDATE_TEXTS = Table(ML_SCHEMA, "candidate_texts")
ML_CANDIDATE_TOPICS = Table(ML_SCHEMA, "candidate_topics")
ML_CANDIDATE_LINEAGE = Table(ML_SCHEMA, "candidate_lineage")
ML_TEXT_WANTS = Table(ML_SCHEMA, "text_wants")
ML_TOPIC_ROLES = Table(ML_SCHEMA, "topic_roles")

OPS_STAGE_RUNS = Table(OPS_SCHEMA, "stage_runs")

FCT_EVENTS = Table(MARTS_SCHEMA, "fct_events", detail_of=("session_id",), is_stray="set_apart_reason is not null")
FCT_MESSAGES = Table(MARTS_SCHEMA, "fct_messages", detail_of=("session_id",))
FCT_EVENT_VALUES = Table(MARTS_SCHEMA, "fct_event_values", detail_of=("session_id",))
FCT_SESSIONS = Table(MARTS_SCHEMA, "fct_sessions", detail_of=("session_id",))
DIM_PROJECTS = Table(MARTS_SCHEMA, "dim_projects")
DIM_USERS = Table(MARTS_SCHEMA, "dim_users")
DIM_FIELDS = Table(MARTS_SCHEMA, "dim_fields")
DIM_FIELD_HISTORY = Table(MARTS_SCHEMA, "dim_field_history")
DIM_TOPICS = Table(MARTS_SCHEMA, "dim_topics")
DIM_TOPIC_EDITS = Table(MARTS_SCHEMA, "dim_topic_edits")
DIM_TOPIC_CANDIDATES = Table(MARTS_SCHEMA, "dim_topic_candidates")
FCT_TOPIC_CANDIDATE_MOVES = Table(MARTS_SCHEMA, "fct_topic_candidate_moves")
FCT_MESSAGE_PLACES = Table(MARTS_SCHEMA, "fct_message_places", detail_of=("event_id",))
FCT_TOPIC_LINEAGE = Table(MARTS_SCHEMA, "fct_topic_lineage")
FCT_SESSION_TOPICS = Table(MARTS_SCHEMA, "fct_session_topics", detail_of=("session_id",))
FCT_TOPIC_RETURNS = Table(MARTS_SCHEMA, "fct_topic_returns", detail_of=("from_session_id", "to_session_id"))
AGG_TOPIC_FRICTION = Table(MARTS_SCHEMA, "agg_topic_friction")
FCT_SESSION_STEPS = Table(MARTS_SCHEMA, "fct_session_steps", detail_of=("session_id",))
FCT_SESSION_PATHS = Table(MARTS_SCHEMA, "fct_session_paths", detail_of=("session_id",))
FCT_TRANSITIONS = Table(MARTS_SCHEMA, "fct_transitions", detail_of=("session_id",))
FCT_USER_TRANSITIONS = Table(MARTS_SCHEMA, "fct_user_transitions", detail_of=("from_session_id", "to_session_id"))
AGG_TOPIC_DAILY = Table(MARTS_SCHEMA, "agg_topic_daily")
AGG_TRANSITIONS = Table(MARTS_SCHEMA, "agg_transitions")
AGG_TRANSITIONS_DAILY = Table(MARTS_SCHEMA, "agg_transitions_daily")
FCT_SESSION_SEGMENTS = Table(MARTS_SCHEMA, "fct_session_segments", detail_of=("session_id",))
AGG_SEGMENTS = Table(MARTS_SCHEMA, "agg_segments")
AGG_TRANSITIONS_BY_SEGMENT = Table(MARTS_SCHEMA, "agg_transitions_by_segment")
AGG_TOPIC_FLOW = Table(MARTS_SCHEMA, "agg_topic_flow")
AGG_JOURNEY_VARIANTS = Table(MARTS_SCHEMA, "agg_journey_variants")
FCT_FEEDBACK = Table(MARTS_SCHEMA, "fct_feedback", detail_of=("session_id",), is_stray="not is_linked")
FCT_GOAL_SESSIONS = Table(MARTS_SCHEMA, "fct_goal_sessions", detail_of=("session_id",))
FCT_GOAL_USERS = Table(MARTS_SCHEMA, "fct_goal_users")
AGG_GOALS = Table(MARTS_SCHEMA, "agg_goals")
AGG_GOAL_TOPICS = Table(MARTS_SCHEMA, "agg_goal_topics")
AGG_GOAL_VARIANTS = Table(MARTS_SCHEMA, "agg_goal_variants")
AGG_REMOVED_DAYS = Table(MARTS_SCHEMA, "agg_removed_days")
AGG_REMOVED_TOPICS_DAILY = Table(MARTS_SCHEMA, "agg_removed_topics_daily")
AGG_REMOVED_TRANSITIONS_DAILY = Table(MARTS_SCHEMA, "agg_removed_transitions_daily")
AGG_PIPELINE_RUNS = Table(MARTS_SCHEMA, "agg_pipeline_runs")

RAW = (
    RAW_EVENTS,
    RAW_REPLACED_EVENTS,
    RAW_SEGMENTS,
    RAW_PROJECTS,
    RAW_FIELD_OVERRIDES,
    RAW_FIELD_OUTCOMES,
    RAW_GOALS,
    RAW_TOPIC_CHOICES,
    RAW_TEXT_CHOICES,
    RAW_TOPIC_CANDIDATES,
    RAW_DELETED_EVENTS,
    RAW_DELETED_PROJECTS,
    RAW_REMOVED_DAYS,
    RAW_SET_APART_EVENTS,
)
ML = (
    ML_BOILERPLATE,
    ML_OWN_TEXTS,
    ML_EMBEDDINGS,
    ML_TEXT_TOPICS,
    ML_TOPICS,
    ML_TOPIC_LINEAGE,
    ML_TOPIC_FITS,
    ML_TEXT_PLACES,
    ML_EDITED_TOPICS,
    ML_MOVED_TEXTS,
    ML_RETIRED_TEXTS,
    ML_REMOVED_TEXTS,
    ML_PLACED_EXAMPLES,
    ML_CANDIDATE_FITS,
    ML_CANDIDATE_TEXTS,
    ML_CANDIDATE_TOPICS,
    ML_CANDIDATE_LINEAGE,
    ML_TEXT_WANTS,
    ML_TOPIC_ROLES,
)
OPS = (OPS_STAGE_RUNS,)
MARTS = (
    FCT_EVENTS,
    FCT_MESSAGES,
    FCT_EVENT_VALUES,
    FCT_SESSIONS,
    DIM_PROJECTS,
    DIM_USERS,
    DIM_FIELDS,
    DIM_FIELD_HISTORY,
    DIM_TOPICS,
    DIM_TOPIC_EDITS,
    DIM_TOPIC_CANDIDATES,
    FCT_TOPIC_CANDIDATE_MOVES,
    FCT_MESSAGE_PLACES,
    FCT_TOPIC_LINEAGE,
    FCT_SESSION_TOPICS,
    FCT_TOPIC_RETURNS,
    AGG_TOPIC_FRICTION,
    FCT_SESSION_STEPS,
    FCT_SESSION_PATHS,
    FCT_TRANSITIONS,
    FCT_USER_TRANSITIONS,
    AGG_TOPIC_DAILY,
    FCT_SESSION_SEGMENTS,
    AGG_SEGMENTS,
    AGG_TRANSITIONS,
    AGG_TRANSITIONS_DAILY,
    AGG_TRANSITIONS_BY_SEGMENT,
    AGG_TOPIC_FLOW,
    AGG_JOURNEY_VARIANTS,
    FCT_FEEDBACK,
    FCT_GOAL_SESSIONS,
    FCT_GOAL_USERS,
    AGG_GOALS,
    AGG_GOAL_TOPICS,
    AGG_GOAL_VARIANTS,
    AGG_REMOVED_DAYS,
    AGG_REMOVED_TOPICS_DAILY,
    AGG_REMOVED_TRANSITIONS_DAILY,
    AGG_PIPELINE_RUNS,
)
