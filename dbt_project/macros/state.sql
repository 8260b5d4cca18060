{#-
What the models were last built from, in the schema `state`, so that a run can tell what is new since then. Only runs
that built everything update it. After a run that failed or was killed, the next one processes what is new for both.

    read_segments       landed files that the models before the topic model have read
    modelled_segments   landed files that are in all models; one that is loaded again has another `loaded_at`, so it is new
    known_fields        type and use of every metadata field
    known_text_topics   topic of every text, and a digest of its other properties
    known_automated     sessions made by machines
    known_set_apart     events that were set apart, and why
    changed_set_apart   events that are newly set apart, no longer set apart, or set apart for another reason, since the
                        last run that built everything
    known_feedback      session of every feedback, and a digest of its other properties
    changed_feedback    sessions whose feedback has changed since the last run that built everything
    known_segments      the values of a field that have segments of their own
    progress            by key: `made_by`, `goals` and `ids` of that run, `stage` (begun or read), reasons to rebuild;
                        `published`, the version of the published file, and `n_exchanged`, sessions replaced in it
                        since it was last written in full
    unpublished         sessions, users and days whose rows may be outdated in the published file, and marts that were
                        rebuilt
    mart_keys           by which of these the rows of a mart are replaced; the other marts are small and copied

Publishing (orchestration/publish/exchange.py) reads the last two and updates `published`. A rebuild clears it, so
the next file is written in full.

On Spark, a run that built everything writes what the models read of this, from its tables, and there is no more: a run
that was killed or failed leaves nothing, and the next one builds everything. The driver declares what the last run wrote
(orchestration/spark/warehouse_tables.py), unless the SQL or a session setting has changed since.
-#}
{% macro state(name) -%}
    {{ return(adapter.dispatch("state", "turret")(name)) }}
{%- endmacro %}

{% macro duckdb__state(name) -%}
    {{ return(api.Relation.create(database=target.database, schema="state", identifier=name)) }}
{%- endmacro %}

{#- Without a state, all is rebuilt, and nothing is known. -#}
{% macro spark__state(name) -%}
    {%- if execute and not is_rebuild() -%}
        {%- if name == "changed_set_apart" -%} {{ return(_spark_changed_set_apart()) }} {%- endif -%}
        {{ return(_spark_changed_feedback() if name == "changed_feedback" else "state." ~ name) }}
    {%- endif -%}
    (
        select
        {%- for column, type in _state_columns(name).items() %}
            cast(null as {{ column_type(type) }}) as {{ column }}{{ "," if not loop.last }}
        {%- endfor %}
        where false
    )
{%- endmacro %}

{#- The tables that models read. -#}
{% macro _state_columns(name) -%}
    {{ return({
        "modelled_segments": {"segment": "varchar", "loaded_at": "timestamp"},
        "known_fields": {"project_id": "varchar", "field": "varchar", "effective_type": "varchar", "is_journey_field": "boolean"},
        "known_text_topics": {
            "project_id": "varchar", "field": "varchar", "text_hash": "varchar", "topic_id": "varchar", "digest": "ubigint"
        },
        "known_segments": {"project_id": "varchar", "field": "varchar", "enum_value": "varchar", "segment_kind": "varchar"},
        "known_automated": {"project_id": "varchar", "session_id": "varchar"},
        "known_feedback": {"project_id": "varchar", "feedback_id": "varchar", "session_id": "varchar", "digest": "ubigint"},
        "changed_feedback": {"project_id": "varchar", "session_id": "varchar"},
        "changed_set_apart": {"project_id": "varchar", "event_id": "varchar"},
    }[name]) }}
{%- endmacro %}

{#- The project's SQL and settings in one hash. `sql_digest` covers the macros, which dbt's graph does not show. -#}
{% macro made_by() -%}
    {%- set parts = [var("sql_digest"), var("session_gap_minutes"), var("session_max_events"), var("session_max_hours")] -%}
    {%- for node in graph.nodes.values() | selectattr("resource_type", "equalto", "model") | sort(attribute="name") -%}
        {%- do parts.append(node.name ~ node.checksum.checksum) -%}
    {%- endfor -%}
    {{ return(local_md5(parts | join(" "))) }}
{%- endmacro %}

{#- Statements that begin a run: create the tables, and record what must be rebuilt in full and why. -#}
{% macro begin_run() %}
    {{ return(adapter.dispatch("begin_run", "turret")()) }}
{% endmacro %}

{% macro spark__begin_run() %}
    {% do graph.pop("rebuild_keys", none) %} {# of another build in this process #}
    {% do graph.pop("touched_days", none) %}
{% endmacro %}

{% macro duckdb__begin_run() %}
    {% if execute and flags.WHICH in ("run", "build", "test") %}
        create schema if not exists state;
        create table if not exists state.read_segments (segment varchar, loaded_at timestamp);
        {{ _duckdb_create_state_table("modelled_segments") }}
        {{ _duckdb_create_state_table("known_fields") }}
        {{ _duckdb_create_state_table("known_text_topics") }}
        {{ _duckdb_create_state_table("known_segments") }}
        {{ _duckdb_create_state_table("known_automated") }}
        {{ _duckdb_create_state_table("known_feedback") }}
        {{ _duckdb_create_state_table("changed_feedback") }}
        create table if not exists state.known_set_apart (project_id varchar, event_id varchar);
        alter table state.known_set_apart add column if not exists reason varchar;
        {{ _duckdb_create_state_table("changed_set_apart") }}
        create table if not exists state.progress (key varchar, value varchar);
        create table if not exists state.unpublished (key varchar, project_id varchar, value varchar);
        create table if not exists state.mart_keys (mart varchar, column_name varchar, key varchar);
        {% if flags.WHICH != "test" %}
            {# This accumulates over interrupted runs: some models may already have data that was removed since. #}
            insert into state.changed_set_apart
            with set_apart as (select project_id, event_id, reason from raw.set_apart_events),
            changed as (
                (from set_apart except from state.known_set_apart) union (from state.known_set_apart except from set_apart)
            )
            select project_id, event_id from changed except from state.changed_set_apart;
            delete from state.progress where starts_with(key, 'rebuild');
            insert into state.progress
            with new_segments as (
                from raw.segments where (segment, loaded_at) not in (from state.modelled_segments)
            ),
            changed_topics as (
                select project_id, field, text_hash, topic_id from ml.text_topics
                except
                select project_id, field, text_hash, topic_id from state.known_text_topics
            ),
            known as (select key, value from state.progress)
            select 'rebuild', 'the SQL or a setting has changed'
            where (select value from known where key = 'made_by') is distinct from '{{ made_by() }}'
            union all
            select 'rebuild', 'what counts as an id has changed'
            where (select value from known where key = 'ids') is distinct from ({{ _duckdb_ids_digest() }})
            union all
            select 'rebuild', 'a large part of the events is new'
            where (select sum(n_loaded) from new_segments) > (select sum(n_loaded) from raw.segments) * {{ var("rebuild_share") }}
            union all
            select 'rebuild', 'a large part of the texts has another topic'
            where (select count(*) from changed_topics) > (select count(*) from ml.text_topics) * {{ var("rebuild_share") }}
            union all
            select 'rebuild_goals', 'goals have changed'
            where (select value from known where key = 'goals') is distinct from ({{ _duckdb_goals_digest() }})
            union all
            select 'rebuild_values', 'an event no longer counts, so a value may be gone'
            where exists (
                from raw.events semi join state.changed_set_apart using (project_id, event_id)
                where segment in (select segment from state.modelled_segments)
            )
            union all
            select 'rebuild_values', 'an event gave way to an earlier copy, so a value may be gone'
            where exists (
                from raw.replaced_events
                where
                    replaced_by not in (
                        select segment from raw.segments where segment not in (select segment from new_segments)
                    )
            );
            delete from state.progress
            where
                key = 'published'
                and {{ "true" if flags.FULL_REFRESH else "exists (from state.progress where key = 'rebuild')" }};
            {# SQL, goals and ids of an interrupted run may have left rows, even if they are gone again. #}
            delete from state.progress where key = 'made_by' and value <> '{{ made_by() }}';
            delete from state.progress where key = 'goals' and value <> ({{ _duckdb_goals_digest() }});
            delete from state.progress where key = 'ids' and value <> ({{ _duckdb_ids_digest() }});
            {% if selected_resources | select("in", models_tagged("before_ml")) | list %}
                {{ note("stage", "'begun'") }}
            {% endif %}
        {% endif %}
    {% endif %}
{% endmacro %}

{% macro _duckdb_create_state_table(name) -%}
    create table if not exists {{ state(name) }} (
        {%- for column, type in _state_columns(name).items() %}{{ column }} {{ type }}{{ ", " if not loop.last }}{% endfor -%}
    );
{%- endmacro %}

{#- Statements that end a run: record what all models have now. -#}
{% macro end_run(results) %}
    {{ return(adapter.dispatch("end_run", "turret")(results)) }}
{% endmacro %}

{% macro spark__end_run(results) %}
    {% if execute and flags.WHICH in ("run", "build") %}
        {% set fine = results | selectattr("status", "in", ["success", "pass", "warn"]) | list %}
        {% set built = fine | map(attribute="node.unique_id") | list %}
        {#- Models before the topics were built by this run, or by one before it in the same session. #}
        {% if fine | length == results | length and not models_tagged("after_ml") | reject("in", built) | list %}
            {% for name, query in _spark_known().items() %}
                {% do run_query("drop table if exists state." ~ name) %}
                {% do run_query("create table state." ~ name ~ " using parquet as " ~ query) %}
            {% endfor %}
        {% endif %}
    {% endif %}
{% endmacro %}

{#- What Spark remembers of a run, by table; `progress` is the last. -#}
{% macro _spark_known() -%}
    {{ return({
        "modelled_segments": "select segment, loaded_at from raw.segments",
        "known_set_apart": "select project_id, event_id, reason from raw.set_apart_events",
        "known_fields": "select project_id, field, effective_type, is_journey_field from intermediate.int_fields__typed",
        "known_automated": "select project_id, session_id from intermediate.int_sessions__automated",
        "known_feedback": _spark_linked_feedback(),
        "known_segments": "select project_id, field, enum_value, segment_kind from intermediate.int_segments__ranked",
        "known_text_topics": "select project_id, field, text_hash, found_topic_id as topic_id, "
            ~ row_digest("topics") ~ " as digest from staging.stg_ml__text_topics as topics",
        "progress": "select 'goals' as key, " ~ _spark_goals_digest() ~ " as value union all select 'ids', " ~ _spark_ids_digest(),
    }) }}
{%- endmacro %}

{% macro _spark_has_state() -%}
    {{ return(run_query("show tables in state like 'progress'").rows | length > 0) }}
{%- endmacro %}

{% macro _spark_goals_digest() -%}
    (select md5(array_join(array_sort(collect_list(to_json(struct(goals.*)))), chr(10))) from raw.goals)
{%- endmacro %}

{% macro _spark_ids_digest() -%}
    (
        select array_join(array_sort(collect_list(project_id)), ' ')
        from raw.projects
        where are_placeholder_ids_missing
    )
{%- endmacro %}

{% macro _spark_changed_set_apart() -%}
    (
        select project_id, event_id
        from (
            (select project_id, event_id, reason from raw.set_apart_events except select * from state.known_set_apart)
            union
            (select * from state.known_set_apart except select project_id, event_id, reason from raw.set_apart_events)
        ) as changed
        group by project_id, event_id
    )
{%- endmacro %}

{% macro _spark_linked_feedback() -%}
    select project_id, feedback_id, session_id, {{ row_digest("feedback") }} as digest
    from intermediate.int_feedback__linked as feedback
{%- endmacro %}

{#- A run that was interrupted leaves no state, so nothing accumulates. -#}
{% macro _spark_changed_feedback() -%}
    (
        select project_id, session_id
        from (
            ({{ _spark_linked_feedback() }} except select * from state.known_feedback)
            union
            (select * from state.known_feedback except {{ _spark_linked_feedback() }})
        ) as changed
        where session_id is not null
        group by project_id, session_id
    )
{%- endmacro %}

{#- The reasons of `duckdb__begin_run`, without what the driver decides. -#}
{% macro _spark_rebuild_keys() -%}
    with new_segments as (
        select segments.*
        from raw.segments
        left anti join state.modelled_segments as known
            on segments.segment = known.segment and segments.loaded_at = known.loaded_at
    ),

    changed_topics as (
        select project_id, field, text_hash, topic_id from ml.text_topics
        except
        select project_id, field, text_hash, topic_id from state.known_text_topics
    )

    select 'rebuild' as key
    where (select value from state.progress where key = 'ids') <> {{ _spark_ids_digest() }}
    union all
    select 'rebuild'
    where (select sum(n_loaded) from new_segments) > (select sum(n_loaded) from raw.segments) * {{ var("rebuild_share") }}
    union all
    select 'rebuild'
    where (select count(*) from changed_topics) > (select count(*) from ml.text_topics) * {{ var("rebuild_share") }}
    union all
    select 'rebuild_goals'
    where (select value from state.progress where key = 'goals') <> {{ _spark_goals_digest() }}
    union all
    select 'rebuild_values'
    where (select count(*) from {{ _spark_changed_set_apart() }}) > 0
    union all
    select 'rebuild_values'
    where (
        select count(*)
        from raw.replaced_events as replaced
        left anti join state.modelled_segments as known
            on replaced.replaced_by = known.segment
    ) > 0
{%- endmacro %}

{% macro duckdb__end_run(results) %}
    {% if execute and flags.WHICH in ("run", "build") %}
        {% set fine = results | selectattr("status", "in", ["success", "pass", "warn"]) | list %}
        {% set built = fine | map(attribute="node.unique_id") | list %}
        {% set has_read = not models_tagged("before_ml") | reject("in", built) | list %}
        {% set has_modelled = not models_tagged("after_ml") | reject("in", built) | list %}
        {% if fine | length == results | length %}
            {% if has_read %}
                truncate state.read_segments;
                insert into state.read_segments select segment, loaded_at from raw.segments;
                {{ note("stage", "'read'") }}
            {% endif %}
            {# If models before the topic model failed halfway, nothing is certain. #}
            {% if has_modelled and (has_read or is_stage("read")) %}
                {{ _duckdb_remember() }}
            {% endif %}
        {% endif %}
    {% endif %}
{% endmacro %}

{% macro is_stage(stage) -%}
    {{ return(run_query("select 1 from state.progress where key = 'stage' and value = '" ~ stage ~ "'").rows | length > 0) }}
{%- endmacro %}

{#-
If this is killed halfway, known data may be recorded as unknown, but never the other way round. The next run then repeats
some of this run's work.
-#}
{% macro _duckdb_remember() %}
    truncate state.mart_keys;
    {%- set marts = graph.nodes.values() | selectattr("resource_type", "equalto", "model") | selectattr("schema", "equalto", "marts") %}
    {%- for node in marts if node.config.meta.get("touched") %}
        {%- set touched = node.config.meta["touched"] %}
        insert into state.mart_keys values ('{{ node.name }}', '{{ touched.get("column", touched["key"]) }}', '{{ touched["key"] }}');
        {%- for reason in node.config.meta.get("rebuild_on", []) %}
            insert into state.unpublished
            select 'mart', '', '{{ node.name }}' from state.progress where key = '{{ reason }}';
        {%- endfor %}
    {%- endfor %}
    {#- Every touched session is also touched for its segments. -#}
    {%- for model, key in [
        ("int_segments__touched", "session_id"), ("int_users__touched", "user_id"), ("int_days__touched", "event_date")
    ] %}
        insert into state.unpublished
        select '{{ key }}', project_id, cast({{ key }} as varchar) from intermediate.{{ model }}
        except from state.unpublished;
    {%- endfor %}
    insert into state.modelled_segments (from state.read_segments except from state.modelled_segments);
    truncate state.known_fields;
    insert into state.known_fields
    select project_id, field, effective_type, is_journey_field from intermediate.int_fields__typed;
    truncate state.known_automated;
    insert into state.known_automated select project_id, session_id from intermediate.int_sessions__automated;
    truncate state.known_feedback;
    insert into state.known_feedback
    select project_id, feedback_id, session_id, {{ row_digest("feedback") }} from intermediate.int_feedback__linked as feedback;
    truncate state.changed_feedback;
    truncate state.known_set_apart;
    insert into state.known_set_apart select project_id, event_id, reason from raw.set_apart_events;
    truncate state.changed_set_apart;
    truncate state.known_segments;
    insert into state.known_segments
    select project_id, field, enum_value, segment_kind from intermediate.int_segments__ranked;
    create or replace temp table judged as
    select project_id, field, text_hash, found_topic_id as topic_id, {{ row_digest("topics") }} as digest
    from staging.stg_ml__text_topics as topics;
    delete from state.known_text_topics
    where (project_id, field, text_hash) in (
        select project_id, field, text_hash from (from state.known_text_topics except from judged)
    );
    insert into state.known_text_topics (from judged except from state.known_text_topics);
    {{ note("made_by", "'" ~ made_by() ~ "'") }}
    {{ note("goals", "(" ~ _duckdb_goals_digest() ~ ")") }}
    {{ note("ids", "(" ~ _duckdb_ids_digest() ~ ")") }}
    delete from state.progress where starts_with(key, 'rebuild');
{% endmacro %}

{% macro note(key, value) -%}
    delete from state.progress where key = '{{ key }}';
    insert into state.progress select '{{ key }}', {{ value }};
{%- endmacro %}

{% macro _duckdb_goals_digest() -%}
    select md5(coalesce(string_agg(goals::varchar, chr(10) order by goals::varchar), '')) from raw.goals
{%- endmacro %}

{#- Projects in which placeholder ids count as missing. -#}
{% macro _duckdb_ids_digest() -%}
    select coalesce(string_agg(project_id, ' ' order by project_id), '') from raw.projects where are_placeholder_ids_missing
{%- endmacro %}

{#-
A statement after `int_feedback__linked`: note the sessions whose feedback has changed. They accumulate over interrupted runs,
some of whose models may have feedback that was deleted since.
-#}
{% macro note_changed_feedback() -%}
    {{ return(adapter.dispatch("note_changed_feedback", "turret")()) }}
{%- endmacro %}

{% macro spark__note_changed_feedback() -%}
{%- endmacro %}

{% macro duckdb__note_changed_feedback() -%}
    insert into state.changed_feedback
    with linked as (
        select project_id, feedback_id, session_id, {{ row_digest("feedback") }} as digest from {{ this }} as feedback
    ),
    changed as (
        (from linked except from state.known_feedback) union (from state.known_feedback except from linked)
    )
    select project_id, session_id from changed where session_id is not null except from state.changed_feedback
{%- endmacro %}

{#- A digest of a row as a number: rows of one relation with different content have different digests. -#}
{% macro row_digest(alias) -%}
    {{ return(adapter.dispatch("row_digest", "turret")(alias)) }}
{%- endmacro %}

{% macro duckdb__row_digest(alias) -%}
    hash({{ alias }})
{%- endmacro %}

{% macro spark__row_digest(alias) -%}
    xxhash64({{ alias }}.*)
{%- endmacro %}

{% macro models_tagged(tag) -%}
    {%- set ids = [] -%}
    {%- for id, node in graph.nodes.items() if node.resource_type == "model" and tag in node.tags -%}
        {%- do ids.append(id) -%}
    {%- endfor -%}
    {{ return(ids) }}
{%- endmacro %}
