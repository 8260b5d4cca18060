-- One row per session, as in marts.fct_session_paths, where every message with a topic is a step.
with walked as (
    select
        session_id,
        list(topic_id order by step) as path,
        count(*) filter (where is_loop) as n_loops
    from shown_turns
    group by session_id
),

paths as (
    select
        sessions.project_id,
        sessions.session_id,
        coalesce(walked.path, []) as path,
        coalesce(walked.n_loops, 0) as n_loops,
        sessions.is_overlong,
        sessions.started_at,
        sessions.duration_s,
        sessions.is_automated
    from marts.fct_session_paths as sessions
    left join walked on sessions.session_id = walked.session_id
    where sessions.project_id = $project_id
)

select
    project_id,
    session_id,
    case when is_overlong then 'overlong' else left(sha256(array_to_string(path, chr(31))), 32) end as variant_id,
    path,
    len(path) as n_steps,
    len(path) - len(list_distinct(path)) as n_returns,
    n_loops,
    is_overlong,
    started_at,
    duration_s,
    is_automated
from paths
