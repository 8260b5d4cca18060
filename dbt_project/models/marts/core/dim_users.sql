with events as (
    select * from {{ ref('int_events__sessionized') }}
)

select
    project_id,
    user_id,
    min(occurred_at) as first_seen_at,
    max(occurred_at) as last_seen_at,
    count(distinct session_id) as n_sessions,
    count(*) as n_events
from events
where is_user_id_given
group by project_id, user_id
