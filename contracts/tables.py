"""Names, columns and types of every table that two parts of Turret share.

`RAW`, `ML` and `OPS` are written by Python into the warehouse and read by dbt as sources. `MARTS` are built by dbt
and published; a test compares them with the dbt contracts both ways. Every `<...>_at` is a UTC timestamp.
"""

from __future__ import annotations

from dataclasses import dataclass

RAW_SCHEMA = "raw"
ML_SCHEMA = "ml"
OPS_SCHEMA = "ops"
MARTS_SCHEMA = "marts"

START = "START"
END = "END"
MAP_SIZE = 20_000
"""So many texts of a field, and so many messages, are on its map at most."""


@dataclass(frozen=True)
class Column:
    """A column: its DuckDB type, and what it holds, for people."""

    name: str
    type: str
    description: str


@dataclass(frozen=True)
class Table:
    """A table; `grain` says what one row is."""

    schema: str
    name: str
    grain: str
    columns: tuple[Column, ...]

    @property
    def qualified_name(self) -> str:
        """`schema.table`, for SQL."""
        return f"{self.schema}.{self.name}"

    @property
    def column_names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(column.name for column in self.columns)


def _table(schema: str, name: str, grain: str, columns: str) -> Table:
    """Build a table from lines of `name TYPE description`."""
    rows = (line.split(maxsplit=2) for line in columns.strip().splitlines())
    return Table(schema, name, grain, tuple(Column(*row) for row in rows))


# ---------------------------------------------------------------------------------------------------------------- raw

RAW_EVENTS = _table(
    RAW_SCHEMA,
    "events",
    "One row per event that landed; the same event_id of a project counts once.",
    """
    project_id VARCHAR Project the event belongs to.
    event_id VARCHAR Given by the app or made by the collector; unique in its project.
    name VARCHAR Name of the event.
    session_id VARCHAR Given by the app or made by the collector.
    is_session_id_given BOOLEAN Whether the app sent the session_id.
    user_id VARCHAR Given by the app or made by the collector.
    is_user_id_given BOOLEAN Whether the app sent the user_id.
    occurred_at TIMESTAMP When it happened, as the app says; else when it was received.
    received_at TIMESTAMP When the collector took it.
    metadata JSON Everything else the app sent.
    segment VARCHAR Landed file the row was read from, relative to the landing folder.
    line_number BIGINT Line of that file, from 1.
    """,
)

RAW_REPLACED_EVENTS = _table(
    RAW_SCHEMA,
    "replaced_events",
    "One row per copy of an event that was loaded and then gave way to another, with what it had said.",
    """
    project_id VARCHAR Project the event belongs to.
    event_id VARCHAR Event; another copy of it is in raw.events.
    session_id VARCHAR Session of the copy that gave way.
    is_session_id_given BOOLEAN Whether the app sent that session_id.
    user_id VARCHAR User of the copy that gave way.
    is_user_id_given BOOLEAN Whether the app sent that user_id.
    occurred_at TIMESTAMP When it happened, as the copy that gave way said.
    segment VARCHAR Landed file of the copy that gave way.
    replaced_by VARCHAR Landed file of the copy that took its place.
    """,
)

RAW_SEGMENTS = _table(
    RAW_SCHEMA,
    "segments",
    "One row per landed file that was loaded, written in the transaction of its rows.",
    """
    segment VARCHAR Landed file, relative to the landing folder.
    project_id VARCHAR Project of the folder it lay in.
    received_date DATE Date of the folder it lay in.
    received_hour INTEGER Hour (UTC) of the folder it lay in.
    n_lines BIGINT Lines found in it.
    n_loaded BIGINT Rows it gave to raw.events.
    n_duplicates BIGINT Events left out because their event_id was there already.
    n_rejected BIGINT Lines that could not be read and went to quarantine.
    n_bytes BIGINT Size of the file in bytes.
    run_id VARCHAR Pipeline run that loaded it.
    loaded_at TIMESTAMP When it was loaded.
    """,
)

RAW_PROJECTS = _table(
    RAW_SCHEMA,
    "projects",
    "One row per project, copied from the projects database at the start of a run.",
    """
    project_id VARCHAR Project.
    name VARCHAR Its name, for people.
    plan VARCHAR Its plan.
    created_at TIMESTAMP When it was made.
    journey_field VARCHAR Text field chosen for journeys, or null where it is found by rule.
    first_day DATE First day whose events count, or null where it is found by rule.
    are_placeholder_ids_missing BOOLEAN Whether ids such as undefined count as not given.
    """,
)

RAW_DELETED_EVENTS = _table(
    RAW_SCHEMA,
    "deleted_events",
    "One row per event that people deleted, copied from the projects database at the start of a run.",
    """
    project_id VARCHAR Project.
    event_id VARCHAR Event, which need not have landed yet.
    """,
)

RAW_DELETED_PROJECTS = _table(
    RAW_SCHEMA,
    "deleted_projects",
    "One row per project that people deleted, copied from the projects database at the start of a run.",
    """
    project_id VARCHAR Project.
    """,
)

RAW_SET_APART_EVENTS = _table(
    RAW_SCHEMA,
    "set_apart_events",
    "One row per event of raw.events that does not count.",
    """
    project_id VARCHAR Project.
    event_id VARCHAR Event.
    reason VARCHAR deleted (alone or with its project), or implausible_time.
    """,
)

RAW_FIELD_OVERRIDES = _table(
    RAW_SCHEMA,
    "field_overrides",
    "One row per field whose type people chose, copied from the projects database at the start of a run.",
    """
    project_id VARCHAR Project.
    field VARCHAR Dotted name of the metadata field.
    type VARCHAR Chosen type: number, enum or text.
    """,
)

RAW_GOALS = _table(
    RAW_SCHEMA,
    "goals",
    "One row per goal of a project, copied from the projects database at the start of a run.",
    """
    project_id VARCHAR Project.
    goal VARCHAR Name of the goal, unique in its project.
    kind VARCHAR event, field or topic.
    field VARCHAR Dotted name of the metadata field where kind is field, else null.
    value VARCHAR Name of the event, value of the field, or topic_id that reaches the goal.
    """,
)

RAW_TOPIC_CHOICES = _table(
    RAW_SCHEMA,
    "topic_choices",
    "One row per topic that people edited, copied from the projects database at the start of a run.",
    """
    project_id VARCHAR Project.
    field VARCHAR Text field of the topic.
    topic_id VARCHAR Topic.
    label VARCHAR Name that people gave, or null.
    merged_into_topic_id VARCHAR Topic it is merged into, the last one where that is merged itself; or null.
    is_hidden BOOLEAN Whether people hid it, or the topic it is merged into.
    is_pinned BOOLEAN Whether people pinned it.
    step_choice VARCHAR always or never, as people chose whether it makes a step of a journey; or null.
    """,
)

RAW_TEXT_CHOICES = _table(
    RAW_SCHEMA,
    "text_choices",
    "One row per text that people moved to a topic, copied from the projects database at the start of a run.",
    """
    project_id VARCHAR Project.
    field VARCHAR Text field.
    text_hash VARCHAR First 32 hexadecimal digits of the text's SHA-256.
    topic_id VARCHAR Topic it was moved to.
    """,
)

# ----------------------------------------------------------------------------------------------------------------- ml

ML_EMBEDDINGS = _table(
    ML_SCHEMA,
    "embeddings",
    "One row per distinct text and embedding model.",
    """
    model_id VARCHAR Embedding model; vectors of two models are never compared.
    text_hash VARCHAR First 32 hexadecimal digits of the text's SHA-256.
    vector FLOAT[] Embedding of unit length.
    """,
)

ML_BOILERPLATE = _table(
    ML_SCHEMA,
    "boilerplate",
    "One row per project and text field that was searched for what nearly all its texts share.",
    """
    project_id VARCHAR Project.
    field VARCHAR Text field.
    ngrams VARCHAR[] Trigrams of words that nearly all texts hold; empty where nothing is shared.
    slots VARCHAR[] What stands around the variable parts between them, such as a name or a date.
    n_texts BIGINT Distinct texts of the field when it was last searched.
    long_share DOUBLE Share of the texts searched last that are longer than the embedding model reads, 0 to 1.
    found_at TIMESTAMP When it last changed.
    """,
)

ML_OWN_TEXTS = _table(
    ML_SCHEMA,
    "own_texts",
    "One row per distinct text of a field with boilerplate: what it says of its own, which stands for it in topics.",
    """
    project_id VARCHAR Project.
    field VARCHAR Text field.
    text_hash VARCHAR First 32 hexadecimal digits of the text's SHA-256.
    own_text VARCHAR The text without the boilerplate; empty where nothing else is in it.
    own_hash VARCHAR The same of own_text; text_hash where that is empty.
    """,
)

ML_TEXT_TOPICS = _table(
    ML_SCHEMA,
    "text_topics",
    "One row per project, text field and distinct text that the topic model has judged.",
    """
    project_id VARCHAR Project.
    field VARCHAR Text field.
    text_hash VARCHAR First 32 hexadecimal digits of the text's SHA-256.
    topic_id VARCHAR Topic, or null where topic_status is not assigned.
    topic_status VARCHAR assigned, noise, filler, or pending while no topic fits and too few are alike.
    topic_confidence DOUBLE How clearly the text belongs to its topic, 0 to 1; null without a topic.
    topic_reason VARCHAR Why it has no topic, or null where it has one.
    """,
)

ML_TEXT_PLACES = _table(
    ML_SCHEMA,
    "text_places",
    "One row per project, text field and distinct text on the field's map, those of the smallest hashes.",
    """
    project_id VARCHAR Project.
    field VARCHAR Text field.
    text_hash VARCHAR First 32 hexadecimal digits of the text's SHA-256.
    x DOUBLE Place on the map; 0 is the middle of the topics, most of which lie within 2 of it.
    y DOUBLE Place on the map.
    """,
)

ML_TOPIC_FITS = _table(
    ML_SCHEMA,
    "topic_fits",
    "One row per pipeline run and text field that had new texts: what became of them, and whether all were refitted.",
    """
    project_id VARCHAR Project.
    field VARCHAR Text field.
    run_id VARCHAR Pipeline run.
    model_id VARCHAR Embedding model.
    is_refit BOOLEAN Whether all texts were fitted anew; else the new ones went to known topics.
    reason VARCHAR Why all texts were fitted anew, or null.
    n_texts BIGINT Distinct texts of the field that were judged by then.
    n_new BIGINT Of these, texts that were new in the run.
    n_waiting BIGINT Texts that no topic fitted and that waited after the run.
    n_born BIGINT Topics born in the run.
    confidence DOUBLE Mean confidence of the texts that the run judged and gave a topic, 0 to 1, or null.
    least_nearness DOUBLE Similarity to the nearest text below which a text counted as far from everything.
    recorded_at TIMESTAMP When it was recorded.
    """,
)

ML_TOPICS = _table(
    ML_SCHEMA,
    "topics",
    "One row per living topic of a project's text field.",
    """
    project_id VARCHAR Project.
    topic_id VARCHAR Stable across runs.
    field VARCHAR Text field it was found in.
    label VARCHAR Short name.
    description VARCHAR One sentence about what is inside.
    keywords VARCHAR[] Words and phrases that set it apart, strongest first.
    parent_topic_id VARCHAR Area it belongs to, or null.
    level INTEGER 0 for a topic, 1 for an area over topics.
    label_source VARCHAR llm, messages, or keyphrases for a name of an older Turret.
    example_text_hashes VARCHAR[] Typical texts, unlike one another, the most typical first.
    label_coverage DOUBLE Share of its messages that are close to the label in meaning, 0 to 1, or null.
    is_mixed BOOLEAN Whether it holds several things, no one of which names it.
    """,
)

ML_TOPIC_LINEAGE = _table(
    ML_SCHEMA,
    "topic_lineage",
    "One row per link between a topic of one fit and a topic of the next; births and deaths have one end only.",
    """
    project_id VARCHAR Project.
    field VARCHAR Text field.
    run_id VARCHAR Pipeline run that refitted the topics.
    from_topic_id VARCHAR Topic before, or null for a birth.
    to_topic_id VARCHAR Topic after, or null for a death.
    change VARCHAR born, continued, split, merged or died.
    n_texts_shared BIGINT Distinct texts that both have.
    similarity DOUBLE Jaccard index of the two sets of texts, 0 to 1.
    recorded_at TIMESTAMP When it was recorded.
    """,
)

ML_EDITED_TOPICS = _table(
    ML_SCHEMA,
    "edited_topics",
    "One row per topic that people edited, as the last run found and applied it.",
    """
    project_id VARCHAR Project.
    field VARCHAR Text field of the topic.
    topic_id VARCHAR Topic.
    own_label VARCHAR What the labeller calls it; null where the topic is gone.
    chosen_label VARCHAR Name that people gave, or null.
    merged_into_topic_id VARCHAR Topic its messages count for instead, or null.
    shown_topic_id VARCHAR Topic its messages count for: itself or another; null where that is hidden or gone.
    is_hidden BOOLEAN Whether people hid it, or the topic it is merged into.
    is_pinned BOOLEAN Whether people pinned it.
    is_found BOOLEAN Whether the topic is there; if not, what people chose for it waits.
    step_choice VARCHAR always or never, as people chose whether it makes a step of a journey; or null.
    """,
)

ML_MOVED_TEXTS = _table(
    ML_SCHEMA,
    "moved_texts",
    "One row per text that people moved to a topic that is there, as the last run applied it.",
    """
    project_id VARCHAR Project.
    field VARCHAR Text field.
    text_hash VARCHAR First 32 hexadecimal digits of the text's SHA-256.
    topic_id VARCHAR Topic it was moved to, or what became of that.
    """,
)

ML_TEXT_WANTS = _table(
    ML_SCHEMA,
    "text_wants",
    "One row per embedding model and distinct text of its own of a journey field.",
    """
    model_id VARCHAR Embedding model.
    text_hash VARCHAR First 32 hexadecimal digits of the SHA-256 of what the text says of its own.
    want DOUBLE Probability that the text states a want, 0 to 1.
    """,
)

ML_TOPIC_ROLES = _table(
    ML_SCHEMA,
    "topic_roles",
    "One row per topic of a journey field that has messages, as the last run judged it.",
    """
    project_id VARCHAR Project.
    field VARCHAR Text field of the topic.
    topic_id VARCHAR Topic that messages count for after people's edits.
    n_sessions BIGINT Sessions with a message of the topic.
    n_opened BIGINT Sessions whose first message with a topic has this one.
    want DOUBLE Mean probability that its messages state a want, 0 to 1.
    continues BOOLEAN Whether its messages continue the step before them, by how it is used.
    """,
)

# ---------------------------------------------------------------------------------------------------------------- ops

OPS_STAGE_RUNS = _table(
    OPS_SCHEMA,
    "stage_runs",
    "One row per pipeline run and stage.",
    """
    run_id VARCHAR Pipeline run.
    stage VARCHAR load, model, embed, topics, map, label, journeys or publish.
    started_at TIMESTAMP When the stage began.
    seconds DOUBLE How long it took.
    n_rows_in BIGINT Rows it read.
    n_rows_out BIGINT Rows it wrote.
    """,
)

# -------------------------------------------------------------------------------------------------------------- marts

FCT_EVENTS = _table(
    MARTS_SCHEMA,
    "fct_events",
    "One row per event.",
    """
    project_id VARCHAR Project.
    event_id VARCHAR Unique in its project.
    name VARCHAR Name of the event.
    session_id VARCHAR Session after stitching.
    user_id VARCHAR User, or the id the collector made where none was given.
    is_user_id_given BOOLEAN Whether the app named the user.
    occurred_at TIMESTAMP When it happened.
    received_at TIMESTAMP When the collector took it.
    metadata JSON Everything else the app sent.
    event_index_in_session INTEGER Place in its session, from 1; null where the event is set apart.
    set_apart_reason VARCHAR implausible_time where the event is kept here but counted nowhere; null where it counts.
    """,
)

FCT_MESSAGES = _table(
    MARTS_SCHEMA,
    "fct_messages",
    "One row per event and text field that has a text.",
    """
    project_id VARCHAR Project.
    event_id VARCHAR Event.
    field VARCHAR Text field.
    text VARCHAR What the user said.
    session_id VARCHAR Session after stitching.
    user_id VARCHAR User, or the id the collector made where none was given.
    occurred_at TIMESTAMP When it happened.
    topic_id VARCHAR Topic, or null where topic_status is not assigned.
    topic_status VARCHAR assigned, noise, filler (hidden topics too) or pending.
    topic_confidence DOUBLE How clearly the text belongs to its topic, 0 to 1; null without a topic.
    topic_reason VARCHAR Why it has no topic, such as far from everything; null where it has one or was not judged yet.
    is_journey_field BOOLEAN Whether the project's journeys are made of this field.
    message_role VARCHAR opens a step, continues one, or filler; null for noise, pending and other fields.
    message_role_reason VARCHAR Why it has this role, such as first of its session; null where it has none.
    continues_topic_id VARCHAR Topic of the step that it continues, or null where it continues none.
    """,
)

FCT_EVENT_VALUES = _table(
    MARTS_SCHEMA,
    "fct_event_values",
    "One row per event, enum or number field and value; arrays have several.",
    """
    project_id VARCHAR Project.
    event_id VARCHAR Event.
    field VARCHAR Enum or number field.
    value_index INTEGER Place of the value in its array, from 1; 1 for a single value.
    value_type VARCHAR enum or number.
    enum_value VARCHAR Value of an enum field, else null.
    number_value DOUBLE Value of a number field, else null.
    session_id VARCHAR Session after stitching.
    occurred_at TIMESTAMP When it happened.
    """,
)

FCT_SESSIONS = _table(
    MARTS_SCHEMA,
    "fct_sessions",
    "One row per session.",
    """
    project_id VARCHAR Project.
    session_id VARCHAR Session after stitching.
    session_source VARCHAR given by the app, stitched from a user's events, or single.
    user_id VARCHAR First user the app named in it, or null.
    started_at TIMESTAMP Its first event.
    ended_at TIMESTAMP Its last event.
    session_date DATE Date (UTC) of its first event.
    duration_s DOUBLE Seconds from first to last event.
    is_overlong BOOLEAN Whether it exceeds the settings' length; aggregates of journeys leave it out.
    n_events BIGINT Events.
    n_users BIGINT Different users the app named in it.
    n_messages BIGINT Messages in the journey field.
    n_steps BIGINT Steps of its journey.
    n_filler BIGINT Messages without a topic of their own.
    n_noise BIGINT Messages far from every topic.
    n_pending BIGINT Messages that wait for the topic model.
    n_distinct_topics BIGINT Different topics in its journey.
    entry_topic_id VARCHAR Topic of its first step, or null.
    exit_topic_id VARCHAR Topic of its last step, or null.
    is_automated BOOLEAN Whether a machine made it, such as a monitor; it is left out of goals, shares and headlines.
    """,
)

DIM_USERS = _table(
    MARTS_SCHEMA,
    "dim_users",
    "One row per user that the app named.",
    """
    project_id VARCHAR Project.
    user_id VARCHAR User as the app names them.
    first_seen_at TIMESTAMP First event.
    last_seen_at TIMESTAMP Last event.
    n_sessions BIGINT Sessions.
    n_events BIGINT Events.
    """,
)

DIM_FIELDS = _table(
    MARTS_SCHEMA,
    "dim_fields",
    "One row per metadata field.",
    """
    project_id VARCHAR Project.
    field VARCHAR Dotted name.
    detected_type VARCHAR number, enum or text, as its values say.
    override_type VARCHAR Type that people chose, or null.
    effective_type VARCHAR The override where there is one, else the detected type.
    is_type_settled BOOLEAN Whether the detected type rests on evidence; until then it is judged anew by all values.
    leaning_type VARCHAR Type that the newest values look like, where it is another than the detected one.
    reason VARCHAR Why the type was detected, in words.
    n_values BIGINT Values seen, nulls left out.
    n_distinct_values BIGINT Different values seen.
    is_journey_field BOOLEAN Whether journeys are made of this field.
    first_seen_at TIMESTAMP First event that has it.
    last_seen_at TIMESTAMP Last event that has it.
    """,
)

DIM_FIELD_HISTORY = _table(
    MARTS_SCHEMA,
    "dim_field_history",
    "One row per metadata field and type that was detected for it, in the order of its changes.",
    """
    project_id VARCHAR Project.
    field VARCHAR Dotted name.
    version INTEGER Place among the field's types, from 1.
    type VARCHAR number, enum or text.
    previous_type VARCHAR Type before, or null for the first.
    is_settled BOOLEAN Whether it rests on evidence; the type of a field with few values does not yet.
    is_newest BOOLEAN Whether it is the type that is detected now.
    evidence_from DATE First day (UTC) of the values that decided.
    evidence_to DATE Last day (UTC) of the values that decided; the type holds from its end on.
    reason VARCHAR Why the type was detected, in words.
    """,
)

DIM_TOPICS = _table(
    MARTS_SCHEMA,
    "dim_topics",
    "One row per topic, and per area over topics (level 1).",
    """
    project_id VARCHAR Project.
    topic_id VARCHAR Stable across runs.
    field VARCHAR Text field it was found in.
    label VARCHAR Short name.
    description VARCHAR One sentence about what is inside.
    keywords VARCHAR[] Words and phrases that set it apart, strongest first.
    parent_topic_id VARCHAR Area it belongs to, or null.
    level INTEGER 0 for a topic, 1 for an area over topics.
    label_source VARCHAR llm, messages (the users' own words) or person; keyphrases for a name of an older Turret.
    n_messages BIGINT Messages in it.
    first_seen_at TIMESTAMP First message.
    last_seen_at TIMESTAMP Last message.
    example_event_ids VARCHAR[] Events with its typical texts, the most typical first.
    label_coverage DOUBLE Share of its messages that are close to the label in meaning, 0 to 1; null where not measured.
    is_mixed BOOLEAN Whether it holds several things, no one of which names it.
    usual_role VARCHAR opens or continues, whichever most of its messages do; null outside the journey field.
    n_details BIGINT Messages in it that continue a step.
    step_choice VARCHAR always or never, as people chose whether it makes a step of a journey; or null.
    """,
)

DIM_TOPIC_EDITS = _table(
    MARTS_SCHEMA,
    "dim_topic_edits",
    "One row per topic that people edited, as the last run applied it.",
    """
    project_id VARCHAR Project.
    topic_id VARCHAR Topic.
    field VARCHAR Text field of the topic.
    own_label VARCHAR What the labeller calls it; null where the topic is gone.
    chosen_label VARCHAR Name that people gave, or null.
    merged_into_topic_id VARCHAR Topic its messages count for instead, or null.
    shown_topic_id VARCHAR Topic its messages count for: itself or another; null where that is hidden or gone.
    is_hidden BOOLEAN Whether people hid it, or the topic it is merged into.
    is_pinned BOOLEAN Whether people pinned it.
    is_found BOOLEAN Whether the topic is there; if not, what people chose for it waits.
    n_messages BIGINT Messages that the topic model puts into it, whatever topic they count for.
    step_choice VARCHAR always or never, as people chose whether it makes a step of a journey; or null.
    """,
)

FCT_MESSAGE_PLACES = _table(
    MARTS_SCHEMA,
    "fct_message_places",
    "One row per message on the map of its field: all, or a random 20,000 of them.",
    """
    project_id VARCHAR Project.
    event_id VARCHAR Event.
    field VARCHAR Text field.
    x DOUBLE Place on the map: messages near one another are alike. 0 is the middle of the topics.
    y DOUBLE Place on the map.
    """,
)

FCT_TOPIC_LINEAGE = _table(
    MARTS_SCHEMA,
    "fct_topic_lineage",
    "One row per link between a topic of one fit and a topic of the next.",
    """
    project_id VARCHAR Project.
    field VARCHAR Text field.
    run_id VARCHAR Pipeline run that refitted the topics.
    from_topic_id VARCHAR Topic before, or null for a birth.
    to_topic_id VARCHAR Topic after, or null for a death.
    change VARCHAR born, continued, split, merged or died.
    n_texts_shared BIGINT Distinct texts that both have.
    similarity DOUBLE Jaccard index of the two sets of texts, 0 to 1.
    recorded_at TIMESTAMP When it was recorded.
    """,
)

FCT_SESSION_STEPS = _table(
    MARTS_SCHEMA,
    "fct_session_steps",
    "One row per step of a session's journey: neighbouring messages of one topic, and those that continue them.",
    """
    project_id VARCHAR Project.
    session_id VARCHAR Session.
    step INTEGER Place in the journey, from 1.
    topic_id VARCHAR Topic.
    n_messages BIGINT Messages that make up the step, details among them.
    first_event_id VARCHAR Event that began it.
    started_at TIMESTAMP Its first message.
    ended_at TIMESTAMP Its last message.
    gap_s DOUBLE Seconds since the step before ended; null for the first.
    is_return BOOLEAN Whether the journey had been at this topic before.
    n_details BIGINT Of its messages, those that only continue it.
    """,
)

FCT_SESSION_PATHS = _table(
    MARTS_SCHEMA,
    "fct_session_paths",
    "One row per session; a session without steps has the empty path.",
    """
    project_id VARCHAR Project.
    session_id VARCHAR Session.
    variant_id VARCHAR Sessions with the same path have the same, all overlong ones another.
    path VARCHAR[] Topics of its steps in order.
    n_steps BIGINT Steps.
    n_returns BIGINT Steps at a topic the journey had been at before.
    n_loops BIGINT Steps that come straight back to the topic before the last: A to B to A.
    is_overlong BOOLEAN Whether the session exceeds the settings' length.
    started_at TIMESTAMP First event of the session.
    duration_s DOUBLE Seconds from first to last event of the session.
    is_automated BOOLEAN Whether a machine made it, such as a monitor; it is left out of goals, shares and headlines.
    """,
)

FCT_TRANSITIONS = _table(
    MARTS_SCHEMA,
    "fct_transitions",
    "One row per move between steps of a journey, START and END included; sessions without steps have none.",
    """
    project_id VARCHAR Project.
    session_id VARCHAR Session.
    step INTEGER Place of the move, from 1 for the move out of START.
    from_topic_id VARCHAR Topic moved from, or START.
    to_topic_id VARCHAR Topic moved to, or END.
    gap_s DOUBLE Seconds between the two steps; null at START and END.
    occurred_at TIMESTAMP When the step moved to began; for END, when the last step ended.
    session_date DATE Date (UTC) of the session's first event.
    is_overlong BOOLEAN Whether the session exceeds the settings' length.
    """,
)

FCT_USER_TRANSITIONS = _table(
    MARTS_SCHEMA,
    "fct_user_transitions",
    "One row per move of a user from one session with steps to the next.",
    """
    project_id VARCHAR Project.
    user_id VARCHAR User.
    from_session_id VARCHAR Session left.
    to_session_id VARCHAR Session entered.
    session_number INTEGER Place of the session left among the user's sessions with steps, from 1.
    from_topic_id VARCHAR Last topic of the session left.
    to_topic_id VARCHAR First topic of the session entered.
    gap_s DOUBLE Seconds from the end of the one to the start of the other; negative where they overlap.
    occurred_at TIMESTAMP Start of the session entered.
    """,
)

AGG_TOPIC_DAILY = _table(
    MARTS_SCHEMA,
    "agg_topic_daily",
    "One row per topic and day that has messages.",
    """
    project_id VARCHAR Project.
    topic_id VARCHAR Topic.
    message_date DATE Day (UTC) the messages happened.
    n_messages BIGINT Messages.
    n_sessions BIGINT Sessions they lie in.
    n_users BIGINT Users the app named who wrote them.
    """,
)

AGG_TRANSITIONS = _table(
    MARTS_SCHEMA,
    "agg_transitions",
    "One row per pair of topics that sessions moved between, START and END included; overlong sessions left out.",
    """
    project_id VARCHAR Project.
    from_topic_id VARCHAR Topic moved from, or START.
    to_topic_id VARCHAR Topic moved to, or END.
    n_transitions BIGINT Moves.
    n_sessions BIGINT Sessions that moved so.
    from_share DOUBLE Share of all moves out of from_topic_id, 0 to 1.
    median_gap_s DOUBLE Median seconds between the two steps; null at START and END.
    """,
)

AGG_TRANSITIONS_DAILY = _table(
    MARTS_SCHEMA,
    "agg_transitions_daily",
    "One row per day on which sessions began and pair of topics they moved between; overlong sessions left out.",
    """
    project_id VARCHAR Project.
    session_date DATE Day (UTC) of the sessions' first events, so that what flows into a topic flows out of it.
    from_topic_id VARCHAR Topic moved from, or START.
    to_topic_id VARCHAR Topic moved to, or END.
    n_transitions BIGINT Moves.
    n_sessions BIGINT Sessions that moved so.
    from_share DOUBLE Share of the day's moves out of from_topic_id, 0 to 1.
    """,
)

FCT_SESSION_SEGMENTS = _table(
    MARTS_SCHEMA,
    "fct_session_segments",
    "One row per session and enum field to compare by: each session is in exactly one segment of each field.",
    """
    project_id VARCHAR Project.
    session_id VARCHAR Session.
    field VARCHAR Enum field with at most 1,000 different values.
    segment_kind VARCHAR value, other for a value that is not among the 20 of most sessions, or none.
    segment VARCHAR The value; Other or None where segment_kind says so.
    enum_value VARCHAR First value that the session has, or null.
    n_distinct_values BIGINT Different values that the session has; more than 1 where it changed in mid-session.
    session_date DATE Date (UTC) of the session's first event.
    is_overlong BOOLEAN Whether the session exceeds the settings' length.
    is_automated BOOLEAN Whether a machine made it, such as a monitor; it is left out of goals, shares and headlines.
    """,
)

AGG_SEGMENTS = _table(
    MARTS_SCHEMA,
    "agg_segments",
    "One row per segment of an enum field; a field's rows sum to the sessions that are not overlong.",
    """
    project_id VARCHAR Project.
    field VARCHAR Enum field.
    segment_kind VARCHAR value, other or none.
    segment VARCHAR The value; Other or None where segment_kind says so.
    segment_rank BIGINT 1 for the value of most sessions; Other and None come last.
    n_sessions BIGINT Sessions.
    session_share DOUBLE Share of the project's sessions that are not overlong, 0 to 1.
    running_share DOUBLE Share of this segment and all of better rank, 0 to 1.
    """,
)

AGG_TRANSITIONS_BY_SEGMENT = _table(
    MARTS_SCHEMA,
    "agg_transitions_by_segment",
    "One row per segment of an enum field and pair of topics its sessions moved between; overlong sessions left out.",
    """
    project_id VARCHAR Project.
    field VARCHAR Enum field.
    segment_kind VARCHAR value, other or none.
    segment VARCHAR The value; Other or None where segment_kind says so.
    from_topic_id VARCHAR Topic moved from, or START.
    to_topic_id VARCHAR Topic moved to, or END.
    n_transitions BIGINT Moves.
    n_sessions BIGINT Sessions that moved so.
    from_share DOUBLE Share of the segment's moves out of from_topic_id, 0 to 1.
    """,
)

AGG_TOPIC_FLOW = _table(
    MARTS_SCHEMA,
    "agg_topic_flow",
    "One row per topic that journeys passed; overlong sessions left out.",
    """
    project_id VARCHAR Project.
    topic_id VARCHAR Topic.
    n_sessions BIGINT Sessions that were there.
    n_steps BIGINT Steps there: visits, a return counts again.
    n_messages BIGINT Messages of these steps.
    n_repeats BIGINT Messages after the first of their step: said there again.
    n_entries BIGINT Journeys that began there.
    n_exits BIGINT Journeys that ended there.
    n_returns BIGINT Steps of journeys that had been there before.
    n_loops BIGINT Steps that came straight back after one other topic.
    drop_off_share DOUBLE Share of the steps there after which the journey ended, 0 to 1.
    drop_off_low DOUBLE Lower end of its 95 in 100 interval (Wilson).
    drop_off_high DOUBLE Upper end of its 95 in 100 interval (Wilson).
    is_small_cell BOOLEAN Whether it rests on fewer than 30 steps.
    """,
)

AGG_JOURNEY_VARIANTS = _table(
    MARTS_SCHEMA,
    "agg_journey_variants",
    "One row per different path and one for all overlong sessions; a project's rows sum to its sessions.",
    """
    project_id VARCHAR Project.
    variant_id VARCHAR Path.
    variant_rank BIGINT 1 for the path of most sessions; overlong sessions come last.
    is_overlong BOOLEAN Whether the row stands for the overlong sessions, whatever their paths.
    path VARCHAR[] Topics in order; empty for sessions without steps and for overlong ones.
    n_steps BIGINT Steps.
    n_sessions BIGINT Sessions with this path.
    session_share DOUBLE Share of the project's sessions, 0 to 1.
    running_share DOUBLE Share of this path and all of better rank, 0 to 1.
    median_duration_s DOUBLE Median seconds from first to last event.
    """,
)

FCT_GOAL_SESSIONS = _table(
    MARTS_SCHEMA,
    "fct_goal_sessions",
    "One row per goal and session of its project.",
    """
    project_id VARCHAR Project.
    goal VARCHAR Name of the goal.
    session_id VARCHAR Session.
    user_id VARCHAR First user the app named in it, or null.
    is_reached BOOLEAN Whether an event of the session reaches the goal.
    reached_event_id VARCHAR First event that does, or null.
    reached_at TIMESTAMP When it happened, or null.
    time_to_goal_s DOUBLE Seconds from the session's first event to it, or null.
    n_steps_to_goal BIGINT Steps that had begun by then, or null.
    n_goal_events BIGINT Events of the session that reach the goal.
    session_date DATE Date (UTC) of the session's first event.
    is_overlong BOOLEAN Whether the session exceeds the settings' length.
    is_automated BOOLEAN Whether a machine made it, such as a monitor; it is left out of goals, shares and headlines.
    """,
)

FCT_GOAL_USERS = _table(
    MARTS_SCHEMA,
    "fct_goal_users",
    "One row per goal and user that the app named in a session.",
    """
    project_id VARCHAR Project.
    goal VARCHAR Name of the goal.
    user_id VARCHAR User.
    is_reached BOOLEAN Whether a session of theirs reaches the goal.
    reached_at TIMESTAMP When they first did, or null.
    time_to_goal_s DOUBLE Seconds from the start of their first session to it, or null.
    n_sessions BIGINT Sessions.
    n_sessions_reached BIGINT Sessions that reach the goal.
    n_sessions_to_goal BIGINT Place of the first such session among theirs, from 1, or null.
    """,
)

AGG_GOALS = _table(
    MARTS_SCHEMA,
    "agg_goals",
    "One row per goal; overlong sessions left out.",
    """
    project_id VARCHAR Project.
    goal VARCHAR Name of the goal.
    kind VARCHAR event, field or topic.
    field VARCHAR Dotted name of the metadata field where kind is field, else null.
    value VARCHAR Name of the event, value of the field, or topic_id that reaches the goal.
    n_sessions BIGINT Sessions of the project.
    n_reached BIGINT Sessions that reach the goal.
    reached_share DOUBLE Their share, 0 to 1; null without sessions.
    reached_low DOUBLE Lower end of its 95 in 100 interval (Wilson).
    reached_high DOUBLE Upper end of its 95 in 100 interval (Wilson).
    is_small_cell BOOLEAN Whether it rests on fewer than 30 sessions.
    median_time_to_goal_s DOUBLE Median seconds from a session's first event to the goal.
    n_users BIGINT Users that the app named in a session, overlong ones included.
    n_users_reached BIGINT Users who reach the goal in any session.
    user_reached_share DOUBLE Their share, 0 to 1; null without users.
    user_reached_low DOUBLE Lower end of its 95 in 100 interval (Wilson).
    user_reached_high DOUBLE Upper end of its 95 in 100 interval (Wilson).
    """,
)

AGG_GOAL_TOPICS = _table(
    MARTS_SCHEMA,
    "agg_goal_topics",
    "One row per goal and topic that journeys passed; overlong sessions left out.",
    """
    project_id VARCHAR Project.
    goal VARCHAR Name of the goal.
    topic_id VARCHAR Topic.
    n_sessions BIGINT Sessions that were at the topic.
    n_reached BIGINT Of these, sessions that reach the goal, before or after.
    n_reached_after BIGINT Of these, sessions that reach it at or after their first visit to the topic.
    n_dropped BIGINT Sessions whose journey ends at the topic without the goal.
    reached_share DOUBLE Share of the sessions that reach the goal, 0 to 1.
    reached_low DOUBLE Lower end of its 95 in 100 interval (Wilson).
    reached_high DOUBLE Upper end of its 95 in 100 interval (Wilson).
    drop_off_share DOUBLE Share of the sessions that drop off here, 0 to 1.
    drop_off_low DOUBLE Lower end of its 95 in 100 interval (Wilson).
    drop_off_high DOUBLE Upper end of its 95 in 100 interval (Wilson).
    is_small_cell BOOLEAN Whether it rests on fewer than 30 sessions.
    """,
)

AGG_GOAL_VARIANTS = _table(
    MARTS_SCHEMA,
    "agg_goal_variants",
    "One row per goal and path, all overlong sessions as one; n_reached and n_unreached sum to the project's sessions.",
    """
    project_id VARCHAR Project.
    goal VARCHAR Name of the goal.
    variant_id VARCHAR Path.
    variant_rank BIGINT Rank of the path in agg_journey_variants.
    is_overlong BOOLEAN Whether the row stands for the overlong sessions, whatever their paths.
    path VARCHAR[] Topics in order; empty for sessions without steps and for overlong ones.
    n_sessions BIGINT Sessions with this path.
    n_reached BIGINT Of these, sessions that reach the goal.
    n_unreached BIGINT Of these, sessions that do not.
    reached_share DOUBLE Share that reaches the goal, 0 to 1.
    reached_low DOUBLE Lower end of its 95 in 100 interval (Wilson).
    reached_high DOUBLE Upper end of its 95 in 100 interval (Wilson).
    is_small_cell BOOLEAN Whether it rests on fewer than 30 sessions.
    share_of_reached DOUBLE Share of the path among sessions that reach the goal, 0 to 1; null where none does.
    share_of_unreached DOUBLE Share of the path among sessions that do not, 0 to 1; null where all do.
    median_time_to_goal_s DOUBLE Median seconds from a session's first event to the goal.
    """,
)

AGG_PIPELINE_RUNS = _table(
    MARTS_SCHEMA,
    "agg_pipeline_runs",
    "One row per pipeline run and project that had landed files in it.",
    """
    project_id VARCHAR Project.
    run_id VARCHAR Pipeline run.
    started_at TIMESTAMP When the run began.
    fresh_until TIMESTAMP Newest event received by then.
    n_segments BIGINT Landed files loaded.
    n_rows_in BIGINT Lines read.
    n_rows_out BIGINT Events loaded.
    n_duplicates BIGINT Events left out because they were there already.
    n_rejected BIGINT Lines that went to quarantine.
    noise_share DOUBLE Share of the project's messages, as they now stand, that are noise, 0 to 1.
    load_s DOUBLE Seconds the run took to load.
    model_s DOUBLE Seconds for fields and sessions; null until the next run.
    embed_s DOUBLE Seconds for embedding.
    topics_s DOUBLE Seconds for finding topics and placing messages on the map.
    label_s DOUBLE Seconds for naming topics.
    journeys_s DOUBLE Seconds for journeys and marts; null until the next run.
    publish_s DOUBLE Seconds for publishing; null until the next run.
    """,
)

RAW = (
    RAW_EVENTS,
    RAW_REPLACED_EVENTS,
    RAW_SEGMENTS,
    RAW_PROJECTS,
    RAW_FIELD_OVERRIDES,
    RAW_GOALS,
    RAW_TOPIC_CHOICES,
    RAW_TEXT_CHOICES,
    RAW_DELETED_EVENTS,
    RAW_DELETED_PROJECTS,
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
    ML_TEXT_WANTS,
    ML_TOPIC_ROLES,
)
OPS = (OPS_STAGE_RUNS,)
MARTS = (
    FCT_EVENTS,
    FCT_MESSAGES,
    FCT_EVENT_VALUES,
    FCT_SESSIONS,
    DIM_USERS,
    DIM_FIELDS,
    DIM_FIELD_HISTORY,
    DIM_TOPICS,
    DIM_TOPIC_EDITS,
    FCT_MESSAGE_PLACES,
    FCT_TOPIC_LINEAGE,
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
    FCT_GOAL_SESSIONS,
    FCT_GOAL_USERS,
    AGG_GOALS,
    AGG_GOAL_TOPICS,
    AGG_GOAL_VARIANTS,
    AGG_PIPELINE_RUNS,
)
