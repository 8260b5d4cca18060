with goals as (
    select * from {{ ref('stg_raw__goals') }}
),

session_counts as (
    select
        project_id,
        goal,
        count(*) as n_sessions,
        sum(case when is_reached then 1 else 0 end) as n_reached,
        median(time_to_goal_s) as median_time_to_goal_s
    from {{ ref('fct_goal_sessions') }}
    where not is_overlong and not is_automated
    group by project_id, goal
),

user_counts as (
    select
        project_id,
        goal,
        count(*) as n_users,
        sum(case when is_reached then 1 else 0 end) as n_users_reached
    from {{ ref('fct_goal_users') }}
    group by project_id, goal
),

counted as (
    select
        goals.project_id,
        goals.goal,
        goals.kind,
        goals.field,
        goals.value,
        coalesce(session_counts.n_sessions, 0) as n_sessions,
        cast(coalesce(session_counts.n_reached, 0) as bigint) as n_reached,
        session_counts.median_time_to_goal_s,
        coalesce(user_counts.n_users, 0) as n_users,
        cast(coalesce(user_counts.n_users_reached, 0) as bigint) as n_users_reached
    from goals
    left join session_counts
        on
            goals.project_id = session_counts.project_id
            and goals.goal = session_counts.goal
    left join user_counts
        on
            goals.project_id = user_counts.project_id
            and goals.goal = user_counts.goal
)

select
    project_id,
    goal,
    kind,
    field,
    value,
    n_sessions,
    n_reached,
    cast(n_reached as double) / nullif(n_sessions, 0) as reached_share,
    {{ wilson_low('n_reached', 'n_sessions') }} as reached_low,
    {{ wilson_high('n_reached', 'n_sessions') }} as reached_high,
    {{ is_small_cell('n_sessions') }} as is_small_cell,
    median_time_to_goal_s,
    n_users,
    n_users_reached,
    cast(n_users_reached as double) / nullif(n_users, 0) as user_reached_share,
    {{ wilson_low('n_users_reached', 'n_users') }} as user_reached_low,
    {{ wilson_high('n_users_reached', 'n_users') }} as user_reached_high
from counted
