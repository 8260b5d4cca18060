with transitions as (
    select * from {{ ref('fct_transitions') }}
    where not is_overlong
),

pairs as (
    select
        project_id,
        session_date,
        from_topic_id,
        to_topic_id,
        count(*) as n_transitions,
        count(distinct session_id) as n_sessions
    from transitions
    group by project_id, session_date, from_topic_id, to_topic_id
)

select
    project_id,
    session_date,
    from_topic_id,
    to_topic_id,
    n_transitions,
    n_sessions,
    cast(n_transitions as double)
    / sum(n_transitions) over (partition by project_id, session_date, from_topic_id) as from_share
from pairs
