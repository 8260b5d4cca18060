with events as (
    select * from {{ ref('stg_raw__events') }}
),

replaced as (
    select * from {{ ref('stg_raw__replaced_events') }}
),

-- A file that was loaded again has another loading time, so it is pending like a new one.
known as (
    select segments.segment
    from {{ ref('stg_raw__segments') }} as segments
    inner join {{ state('modelled_segments') }} as modelled
        on
            segments.segment = modelled.segment
            and segments.loaded_at = modelled.loaded_at
),

changed as (
    select
        project_id,
        event_id
    from {{ state('changed_set_apart') }}
),

set_apart as (
    select * from {{ ref('stg_raw__set_apart_events') }}
),

pending as (
    select
        project_id,
        event_id,
        session_id,
        is_session_id_given,
        user_id,
        is_user_id_given,
        occurred_at,
        false as is_gone
    from events
    where segment not in (select known.segment from known)

    union all

    select
        project_id,
        event_id,
        session_id,
        is_session_id_given,
        user_id,
        is_user_id_given,
        occurred_at,
        true as is_gone
    from replaced
    where replaced_by not in (select known.segment from known)

    union all

    -- Known events that no longer count, or count again.
    select
        events.project_id,
        events.event_id,
        events.session_id,
        events.is_session_id_given,
        events.user_id,
        events.is_user_id_given,
        events.occurred_at,
        set_apart.reason is not null as is_gone
    from events
    inner join changed
        on
            events.project_id = changed.project_id
            and events.event_id = changed.event_id
    left join set_apart
        on
            events.project_id = set_apart.project_id
            and events.event_id = set_apart.event_id
    where events.segment in (select known.segment from known)
)

select
    *,
    cast(occurred_at as date) as event_date
from pending
where {{ 'false' if is_rebuild() else 'true' }}
