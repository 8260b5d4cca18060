{#-
Rows of the two marts that are views over all events. Models select all of them; in a pipeline run, data tests select only
those of touched sessions. The engine does not push a condition on a view down to the tables that it joins.
-#}
{% macro event_rows(sessionized_events, landed_events, set_apart_events) -%}
    with events as (
        select * from {{ landed_events }}
    ),

    sessionized as (
        select * from {{ sessionized_events }}
    ),

    set_apart as (
        select * from {{ set_apart_events }}
    )

    select
        events.project_id,
        events.event_id,
        events.name,
        coalesce(sessionized.session_id, events.session_id) as session_id,
        events.user_id,
        events.is_user_id_given,
        events.occurred_at,
        events.received_at,
        events.metadata,
        sessionized.event_index_in_session,
        set_apart.reason as set_apart_reason
    from events
    left join sessionized
        on
            events.project_id = sessionized.project_id
            and events.event_id = sessionized.event_id
    left join set_apart
        on
            events.project_id = set_apart.project_id
            and events.event_id = set_apart.event_id
    where
        set_apart.reason is distinct from 'deleted'
        and (sessionized.event_id is not null or set_apart.reason is not null)
{%- endmacro %}

{% macro event_value_rows(sessionized_events, flattened_values, typed_fields) -%}
    with event_values as (
        select * from {{ flattened_values }}
    ),

    fields as (
        select * from {{ typed_fields }}
    ),

    events as (
        select * from {{ sessionized_events }}
    )

    select
        event_values.project_id,
        event_values.event_id,
        event_values.field,
        event_values.value_index,
        fields.effective_type as value_type,
        case when fields.effective_type = 'enum' then event_values.value end as enum_value,
        case when fields.effective_type = 'number' then event_values.number_value end as number_value,
        events.session_id,
        event_values.occurred_at
    from event_values
    inner join fields
        on
            event_values.project_id = fields.project_id
            and event_values.field = fields.field
    inner join events
        on
            event_values.project_id = events.project_id
            and event_values.event_id = events.event_id
    -- An occasional value of a number field that is not a number stays only in the event's metadata.
    where
        fields.effective_type = 'enum'
        or (fields.effective_type = 'number' and event_values.number_value is not null)
{%- endmacro %}

{#- Events of the sessions in `touching`, and events that are set apart, which are few. -#}
{% macro touched_event_rows(touching) -%}
    {%- set sessionized = _touched_events(touching) -%}
    {%- set set_apart = _relation("staging", "stg_raw__set_apart_events") -%}
    {%- set keys -%}
        select project_id, event_id from {{ sessionized }} as touched_events
        union all
        select project_id, event_id from {{ set_apart }}
    {%- endset -%}
    {{ event_rows(sessionized, _with_keys(_relation("staging", "stg_raw__events"), keys), set_apart) }}
{%- endmacro %}

{% macro touched_event_value_rows(touching) -%}
    {%- set sessionized = _touched_events(touching) -%}
    {%- set keys = "select project_id, event_id from " ~ sessionized ~ " as touched_events" -%}
    {%- set flattened = _relation("intermediate", "int_event_values__flattened") -%}
    {%- set values -%}
        (select * from {{ flattened }} where (project_id, event_id) in ({{ keys }}) {{ on_touched_days(touching) }})
    {%- endset -%}
    {{ event_value_rows(sessionized, values, _relation("intermediate", "int_fields__typed")) }}
{%- endmacro %}

{% macro _touched_events(touching) -%}
    (
        select * from {{ _relation("intermediate", "int_events__sessionized") }}
        where (project_id, session_id) in (select project_id, session_id from {{ touching }})
    )
{%- endmacro %}

{% macro _with_keys(relation, keys) -%}
    (select * from {{ relation }} where (project_id, event_id) in ({{ keys }}))
{%- endmacro %}

{#- A table by its name: a test may only `ref` tables that it named before dbt parsed its tables. -#}
{% macro _relation(schema, name) -%}
    {{ return(api.Relation.create(database=target.database or none, schema=schema, identifier=name)) }}
{%- endmacro %}
