with recursive pending as (
    select * from {{ ref('int_events__pending') }}
),

-- Only events without a session_id from the app are stitched, and only they connect a user's sessions.
ties as (
    select
        project_id,
        session_id,
        user_id
    from {{ ref('int_events__counted') }}
    where not is_session_id_given and is_user_id_given
),

steps as (
    select
        project_id,
        'session' as from_kind,
        session_id as from_id,
        'user' as to_kind,
        user_id as to_id
    from ties

    union all

    select
        project_id,
        'user' as from_kind,
        user_id as from_id,
        'session' as to_kind,
        session_id as to_id
    from ties
),

reached as (
    select
        project_id,
        'session' as kind,
        session_id as id
    from pending

    union

    select
        project_id,
        'user' as kind,
        user_id as id
    from pending
    where not is_session_id_given and is_user_id_given

    {{ union_reached_by('steps') }}
)

select
    project_id,
    id as session_id
from reached
where kind = 'session'
