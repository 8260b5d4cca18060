with steps as (
    select
        *,
        lead(topic_id) over (
            partition by project_id, session_id
            order by step
        ) as next_topic_id,
        lag(topic_id) over (
            partition by project_id, session_id
            order by step
        ) as previous_topic_id
    from {{ ref('fct_session_steps') }}
),

sessions as (
    select * from {{ ref('fct_sessions') }}
),

moves_into_steps as (
    select
        project_id,
        session_id,
        step,
        coalesce(previous_topic_id, 'START') as from_topic_id,
        topic_id as to_topic_id,
        gap_s,
        started_at as occurred_at
    from steps
),

moves_to_end as (
    select
        project_id,
        session_id,
        step + 1 as step,
        topic_id as from_topic_id,
        'END' as to_topic_id,
        cast(null as double) as gap_s,
        ended_at as occurred_at
    from steps
    where next_topic_id is null
),

moves as (
    select * from moves_into_steps
    union all
    select * from moves_to_end
)

select
    moves.project_id,
    moves.session_id,
    moves.step,
    moves.from_topic_id,
    moves.to_topic_id,
    moves.gap_s,
    moves.occurred_at,
    sessions.session_date,
    sessions.is_overlong
from moves
inner join sessions
    on
        moves.project_id = sessions.project_id
        and moves.session_id = sessions.session_id
