with visits as (
    select * from {{ ref('fct_session_topics') }}
    where not is_overlong
),

topic_returns as (
    select * from {{ ref('fct_topic_returns') }}
),

judged as (
    select
        visits.project_id,
        visits.topic_id,
        visits.user_id,
        visits.is_rephrased,
        visits.is_loop,
        visits.is_last,
        topic_returns.from_session_id is not null as is_followed_by_return
    from visits
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
        cast(sum(case when is_rephrased or is_loop or is_followed_by_return then 1 else 0 end) as bigint) as n_friction
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
    {{ is_small_cell('n_sessions') }} as is_small_cell
from compared
