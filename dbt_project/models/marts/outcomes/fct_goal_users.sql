with goal_sessions as (
    select * from {{ ref('fct_goal_sessions') }}
    where user_id is not null and not is_automated
),

sessions as (
    select * from {{ ref('fct_sessions') }}
),

numbered as (
    select
        goal_sessions.*,
        sessions.started_at,
        row_number() over (
            partition by goal_sessions.project_id, goal_sessions.goal, goal_sessions.user_id
            order by sessions.started_at, sessions.ended_at, sessions.session_id
        ) as session_number
    from goal_sessions
    inner join sessions
        on
            goal_sessions.project_id = sessions.project_id
            and goal_sessions.session_id = sessions.session_id
),

users as (
    select
        project_id,
        goal,
        user_id,
        count(*) as n_sessions,
        cast(sum(case when is_reached then 1 else 0 end) as bigint) as n_sessions_reached,
        min(started_at) as first_session_at,
        min(reached_at) as reached_at,
        min(case when is_reached then session_number end) as n_sessions_to_goal
    from numbered
    group by project_id, goal, user_id
)

select
    project_id,
    goal,
    user_id,
    n_sessions_reached > 0 as is_reached,
    reached_at,
    {{ seconds_between('first_session_at', 'reached_at') }} as time_to_goal_s,
    n_sessions,
    n_sessions_reached,
    n_sessions_to_goal
from users
