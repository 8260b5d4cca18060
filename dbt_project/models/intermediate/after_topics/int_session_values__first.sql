{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        meta={
            "touched": {"by": "int_journeys__touched", "key": "session_id"},
            "rebuild_on": ["rebuild_values"],
            "rebuild": "By session: those whose events or fields have changed. In full if a copy was replaced, because a field may then have fewer values."
        }
    )
}}

with fields as (
    select * from {{ ref('dim_fields') }}
    where effective_type = 'enum' and n_distinct_values <= {{ segment_limit('max_values') }}
),

events as (
    select * from {{ ref('int_events__sessionized') }}
    {{ only_touched('int_journeys__touched') }}
),

event_values as (
    select * from {{ ref('int_event_values__flattened') }}
    {{ only_of('events', 'event_id') }}
),

placed_values as (
    select
        events.project_id,
        events.session_id,
        event_values.field,
        event_values.value as enum_value,
        -- An event of at most a megabyte has fewer values.
        events.event_index_in_session * cast(1000000 as bigint) + event_values.value_index as place
    from event_values
    inner join fields
        on
            event_values.project_id = fields.project_id
            and event_values.field = fields.field
    inner join events
        on
            event_values.project_id = events.project_id
            and event_values.event_id = events.event_id
),

-- In two steps, because counting distinct values in one costs a third more.
distinct_values as (
    select
        project_id,
        session_id,
        field,
        enum_value,
        min(place) as place
    from placed_values
    group by project_id, session_id, field, enum_value
)

select
    project_id,
    session_id,
    field,
    min_by(enum_value, place) as enum_value,
    count(*) as n_distinct_values
from distinct_values
group by project_id, session_id, field
