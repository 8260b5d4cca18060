with visits as (
    select * from {{ ref('fct_session_topics') }}
    where not is_overlong
),

topic_returns as (
    select * from {{ ref('fct_topic_returns') }}
),

projects as (
    select * from {{ ref('stg_raw__projects') }}
),

judged as (
    select
        visits.project_id,
        visits.topic_id,
        visits.user_id,
        visits.is_rephrased,
        visits.is_loop,
        visits.is_last,
        visits.is_answer_missing,
        visits.slowest_reply_ms > projects.late_after_s * 1000 as is_answer_late,
        topic_returns.from_session_id is not null as is_followed_by_return
    from visits
    left join projects on visits.project_id = projects.project_id
    left join topic_returns
        on
            visits.project_id = topic_returns.project_id
            and visits.session_id = topic_returns.from_session_id
            and visits.topic_id = topic_returns.topic_id
),

counted as (
    select
        project_id,
        topic_id,
        count(*) as n_sessions,
        count(user_id) as n_sessions_with_user,
        cast(sum(case when is_rephrased then 1 else 0 end) as bigint) as n_rephrased,
        cast(sum(case when is_loop then 1 else 0 end) as bigint) as n_loops,
        cast(sum(case when is_followed_by_return then 1 else 0 end) as bigint) as n_returns,
        cast(sum(case when is_last then 1 else 0 end) as bigint) as n_last,
        cast(sum(case when is_rephrased or is_loop or is_followed_by_return then 1 else 0 end) as bigint) as n_friction,
        count(is_answer_late) as n_timed,
        count(case when is_answer_late then 1 end) as n_late,
        count(is_answer_missing) as n_told,
        count(case when is_answer_missing then 1 end) as n_missing
    from judged
    group by project_id, topic_id
),

compared as (
    select
        *,
        cast(sum(n_friction) over (partition by project_id) as double)
        / sum(n_sessions) over (partition by project_id) as usual_friction_share
    from counted
)

select
    project_id,
    topic_id,
    n_sessions,
    n_sessions_with_user,
    n_rephrased,
    cast(n_rephrased as double) / n_sessions as rephrased_share,
    n_loops,
    cast(n_loops as double) / n_sessions as loop_share,
    n_returns,
    case when n_sessions_with_user > 0 then cast(n_returns as double) / n_sessions_with_user end as return_share,
    n_last,
    cast(n_last as double) / n_sessions as last_share,
    n_friction,
    cast(n_friction as double) / n_sessions as friction_share,
    {{ wilson_low('n_friction', 'n_sessions') }} as friction_low,
    {{ wilson_high('n_friction', 'n_sessions') }} as friction_high,
    usual_friction_share,
    n_friction - n_sessions * usual_friction_share as excess_sessions,
    {{ is_small_cell('n_sessions') }} as is_small_cell,
    n_timed,
    n_late,
    case when n_timed > 0 then cast(n_late as double) / n_timed end as late_share,
    n_told,
    n_missing,
    case when n_told > 0 then cast(n_missing as double) / n_told end as missing_share
from compared
