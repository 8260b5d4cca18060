-- At most one row: a session.
select
    sessions.session_id,
    sessions.session_source,
    sessions.user_id,
    sessions.started_at,
    sessions.ended_at,
    sessions.duration_s,
    sessions.is_overlong,
    sessions.n_events,
    sessions.n_messages,
    sessions.n_steps,
    sessions.n_distinct_topics,
    paths.path,
    paths.variant_id
from marts.fct_sessions as sessions
left join marts.fct_session_paths as paths
    on sessions.project_id = paths.project_id and sessions.session_id = paths.session_id
where sessions.project_id = $project_id and sessions.session_id = $session_id
