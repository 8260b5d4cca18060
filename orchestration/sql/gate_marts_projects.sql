with raw_counts as (
    select
        project_id,
        count(*) as n_raw_events
    from raw.events
    group by project_id
),

event_counts as (
    select
        project_id,
        count(*) as n_fact_events
    from marts.fct_events
    group by project_id
),

session_counts as (
    select
        project_id,
        count(*) as n_sessions,
        sum(n_events) as n_session_events,
        sum(n_steps) as n_session_steps
    from marts.fct_sessions
    group by project_id
),

variant_counts as (
    select
        project_id,
        sum(n_sessions) as n_variant_sessions
    from marts.agg_journey_variants
    group by project_id
),

step_counts as (
    select
        project_id,
        count(*) as n_steps
    from marts.fct_session_steps
    group by project_id
)

select
    project_id,
    coalesce(raw_counts.n_raw_events, 0)::bigint as n_raw_events,
    coalesce(event_counts.n_fact_events, 0)::bigint as n_fact_events,
    coalesce(session_counts.n_session_events, 0)::bigint as n_session_events,
    coalesce(session_counts.n_sessions, 0)::bigint as n_sessions,
    coalesce(variant_counts.n_variant_sessions, 0)::bigint as n_variant_sessions,
    coalesce(step_counts.n_steps, 0)::bigint as n_steps,
    coalesce(session_counts.n_session_steps, 0)::bigint as n_session_steps
from raw_counts
full outer join event_counts using (project_id)
full outer join session_counts using (project_id)
full outer join variant_counts using (project_id)
full outer join step_counts using (project_id)
