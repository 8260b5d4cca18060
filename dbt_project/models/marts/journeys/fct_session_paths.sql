with sessions as (
    select * from {{ ref('fct_sessions') }}
),

steps as (
    select
        *,
        lag(topic_id, 2) over (
            partition by project_id, session_id
            order by step
        ) as topic_id_before_last
    from {{ ref('fct_session_steps') }}
),

walked as (
    select
        project_id,
        session_id,
        {{ list_in_order('topic_id', 'step') }} as path,
        count(*) as n_steps,
        sum(case when is_return then 1 else 0 end) as n_returns,
        sum(case when topic_id = topic_id_before_last then 1 else 0 end) as n_loops
    from steps
    group by project_id, session_id
),

paths as (
    select
        sessions.project_id,
        sessions.session_id,
        coalesce(walked.path, {{ empty_list() }}) as path,
        coalesce(walked.n_steps, 0) as n_steps,
        cast(coalesce(walked.n_returns, 0) as bigint) as n_returns,
        cast(coalesce(walked.n_loops, 0) as bigint) as n_loops,
        sessions.is_overlong,
        sessions.started_at,
        sessions.duration_s
    from sessions
    left join walked
        on
            sessions.project_id = walked.project_id
            and sessions.session_id = walked.session_id
)

select
    project_id,
    session_id,
    case when is_overlong then 'overlong' else {{ list_hash('path') }} end as variant_id,
    path,
    n_steps,
    n_returns,
    n_loops,
    is_overlong,
    started_at,
    duration_s
from paths
