with goal_sessions as (
    select * from {{ ref('fct_goal_sessions') }}
    where not is_overlong and not is_automated
),

sessions as (
    select * from {{ ref('fct_sessions') }}
),

topic_sessions as (
    select
        project_id,
        session_id,
        topic_id,
        min(started_at) as first_visit_at
    from {{ ref('fct_session_steps') }}
    where project_id in (select goal_sessions.project_id from goal_sessions)
    group by project_id, session_id, topic_id
),

visits as (
    select
        goal_sessions.project_id,
        goal_sessions.goal,
        topic_sessions.topic_id,
        goal_sessions.is_reached,
        goal_sessions.is_reached and goal_sessions.reached_at >= topic_sessions.first_visit_at as is_reached_after,
        not goal_sessions.is_reached and sessions.exit_topic_id = topic_sessions.topic_id as is_dropped
    from goal_sessions
    inner join topic_sessions
        on
            goal_sessions.project_id = topic_sessions.project_id
            and goal_sessions.session_id = topic_sessions.session_id
    inner join sessions
        on
            goal_sessions.project_id = sessions.project_id
            and goal_sessions.session_id = sessions.session_id
),

counted as (
    select
        project_id,
        goal,
        topic_id,
        count(*) as n_sessions,
        cast(sum(case when is_reached then 1 else 0 end) as bigint) as n_reached,
        cast(sum(case when is_reached_after then 1 else 0 end) as bigint) as n_reached_after,
        cast(sum(case when is_dropped then 1 else 0 end) as bigint) as n_dropped
    from visits
    group by project_id, goal, topic_id
)

select
    project_id,
    goal,
    topic_id,
    n_sessions,
    n_reached,
    n_reached_after,
    n_dropped,
    cast(n_reached as double) / n_sessions as reached_share,
    {{ wilson_low('n_reached', 'n_sessions') }} as reached_low,
    {{ wilson_high('n_reached', 'n_sessions') }} as reached_high,
    cast(n_dropped as double) / n_sessions as drop_off_share,
    {{ wilson_low('n_dropped', 'n_sessions') }} as drop_off_low,
    {{ wilson_high('n_dropped', 'n_sessions') }} as drop_off_high,
    {{ is_small_cell('n_sessions') }} as is_small_cell
from counted
