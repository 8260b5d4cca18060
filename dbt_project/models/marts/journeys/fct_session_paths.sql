{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        meta={
            "touched": {"by": "int_journeys__touched", "key": "session_id"},
            "day": "started_at",
            "rebuild": "By session: those whose events, fields or topics have changed."
        }
    )
}}

with sessions as (
    select * from {{ ref('int_sessions__summed') }}
    {{ only_touched('int_journeys__touched') }}
),

steps as (
    select * from {{ ref('int_session_steps__walked') }}
    {{ only_touched('int_journeys__touched') }}
),

automated as (
    select * from {{ ref('int_sessions__automated') }}
),

walked as (
    select
        project_id,
        session_id,
        {{ list_in_order('topic_id', 'step') }} as path,
        count(*) as n_steps,
        sum(case when is_return then 1 else 0 end) as n_returns,
        sum(case when is_loop then 1 else 0 end) as n_loops
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
        sessions.duration_s,
        automated.session_id is not null as is_automated
    from sessions
    left join walked
        on
            sessions.project_id = walked.project_id
            and sessions.session_id = walked.session_id
    left join automated
        on
            sessions.project_id = automated.project_id
            and sessions.session_id = automated.session_id
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
    duration_s,
    is_automated
from paths
