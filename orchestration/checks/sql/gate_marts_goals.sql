-- One row per goal and number to reconcile: every session of the project has reached it or not.
with session_counts as (
    select
        project_id,
        count(*) as n_sessions,
        count(*) filter (where not is_automated) as n_sessions_of_people,
        count(*) filter (where not is_overlong and not is_automated) as n_counted_sessions
    from marts.fct_sessions
    group by project_id
),

measures as (
    select
        goals.project_id,
        goals.goal,
        unnest(['sessions', 'sessions_of_people', 'counted_sessions']) as measure,
        unnest([sessions.n_sessions, sessions.n_sessions_of_people, sessions.n_counted_sessions]) as n
    from raw.goals as goals
    left join session_counts as sessions on goals.project_id = sessions.project_id

    union all

    select
        project_id,
        goal,
        unnest(
            [
                'judged_sessions',
                'judged_sessions_of_users',
                'reached_sessions_of_people',
                'counted_reached_sessions'
            ]
        ) as measure,
        unnest(
            [
                count(*),
                count(*) filter (where user_id is not null and not is_automated),
                count(*) filter (where is_reached and not is_automated),
                count(*) filter (where is_reached and not is_overlong and not is_automated)
            ]
        ) as n
    from marts.fct_goal_sessions
    group by project_id, goal

    union all

    select
        project_id,
        goal,
        unnest(['judged_users', 'reached_users', 'sessions_of_users']) as measure,
        unnest([count(*), count(*) filter (where is_reached), sum(n_sessions)]) as n
    from marts.fct_goal_users
    group by project_id, goal

    union all

    select
        project_id,
        goal,
        unnest(['sessions_of_goals', 'reached_of_goals', 'users_of_goals', 'reached_users_of_goals']) as measure,
        unnest([n_sessions, n_reached, n_users, n_users_reached]) as n
    from marts.agg_goals

    union all

    select
        project_id,
        goal,
        unnest(['sessions_of_variants', 'reached_of_variants', 'outcomes_of_variants']) as measure,
        unnest([sum(n_sessions), sum(n_reached), sum(n_reached + n_unreached)]) as n
    from marts.agg_goal_variants
    group by project_id, goal

    union all

    select
        project_id,
        goal,
        'dropped_of_topics' as measure,
        sum(n_dropped) as n
    from marts.agg_goal_topics
    group by project_id, goal

    union all

    select
        judged.project_id,
        judged.goal,
        'dropped_sessions' as measure,
        count(*) as n
    from marts.fct_goal_sessions as judged
    inner join marts.fct_sessions as sessions
        on judged.project_id = sessions.project_id and judged.session_id = sessions.session_id
    where
        not judged.is_reached
        and not judged.is_overlong
        and not judged.is_automated
        and sessions.n_steps > 0
    group by judged.project_id, judged.goal
)

select
    project_id,
    goal,
    measure,
    coalesce(n, 0)::bigint as n
from measures
