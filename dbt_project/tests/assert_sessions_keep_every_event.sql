-- Stitching moves events between sessions; it must neither lose nor copy one.
with events as (
    select
        project_id,
        count(*) as n_events
    from {{ ref('int_events__counted') }}
    group by project_id
),

sessions as (
    select
        project_id,
        sum(n_events) as n_events
    from {{ ref('fct_sessions') }}
    group by project_id
)

select
    coalesce(events.project_id, sessions.project_id) as project_id,
    events.n_events as n_landed_events,
    sessions.n_events as n_session_events
from events
full outer join sessions on events.project_id = sessions.project_id
where events.n_events is distinct from sessions.n_events
