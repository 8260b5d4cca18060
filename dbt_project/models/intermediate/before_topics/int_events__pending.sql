with events as (
    select * from {{ ref('stg_raw__events') }}
),

replaced as (
    select * from {{ ref('stg_raw__replaced_events') }}
),

-- A file that was loaded once more has another time of loading, and is pending like a new one.
known as (
    select segments.segment
    from {{ ref('stg_raw__segments') }} as segments
    inner join {{ state('modelled_segments') }} as modelled
        on
            segments.segment = modelled.segment
            and segments.loaded_at = modelled.loaded_at
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
)

select
    *,
    cast(occurred_at as date) as event_date
from pending
where {{ 'false' if is_rebuild() else 'true' }}
