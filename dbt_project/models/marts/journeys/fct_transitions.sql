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
)

select
    project_id,
    session_id,
    step,
    from_topic_id,
    to_topic_id,
    gap_s,
    occurred_at
from moves_into_steps

union all

select
    project_id,
    session_id,
    step,
    from_topic_id,
    to_topic_id,
    gap_s,
    occurred_at
from moves_to_end
