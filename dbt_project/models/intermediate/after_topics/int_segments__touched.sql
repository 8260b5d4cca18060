with journeys as (
    select * from {{ ref('int_journeys__touched') }}
),

ranked as (
    select * from {{ ref('int_segments__ranked') }}
),

session_values as (
    select * from {{ ref('int_session_values__first') }}
),

sessions as (
    select * from {{ ref('int_sessions__summed') }}
),

changed_segments as (
    select
        coalesce(ranked.project_id, known.project_id) as project_id,
        coalesce(ranked.field, known.field) as field,
        coalesce(ranked.enum_value, known.enum_value) as enum_value
    from ranked
    full outer join {{ state('known_segments') }} as known
        on
            ranked.project_id = known.project_id
            and ranked.field = known.field
            and coalesce(ranked.enum_value, '') = coalesce(known.enum_value, '')
            and (ranked.segment_kind = 'none') = (known.segment_kind = 'none')
    where
        ranked.segment_kind is distinct from known.segment_kind
        and {{ 'false' if is_rebuild() else 'true' }}
)

select
    project_id,
    session_id
from journeys

union

select
    session_values.project_id,
    session_values.session_id
from session_values
inner join changed_segments
    on
        session_values.project_id = changed_segments.project_id
        and session_values.field = changed_segments.field
        and session_values.enum_value = changed_segments.enum_value

union

-- A field that gains or loses its segments does so for every session of its project.
select
    sessions.project_id,
    sessions.session_id
from sessions
inner join changed_segments
    on
        sessions.project_id = changed_segments.project_id
        and changed_segments.enum_value is null
