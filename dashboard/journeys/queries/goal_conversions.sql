-- One row per goal: the sessions that reach it, with the 95% confidence interval of their share (Wilson), like
-- agg_goals for all sessions.
with counted as (
    select
        judged.goal,
        any_value(goals.kind) as kind,
        any_value(goals.field) as field,
        any_value(goals.value) as value,
        count(*) as n_sessions,
        count(*) filter (where judged.is_reached) as n_reached,
        median(judged.time_to_goal_s) as median_time_to_goal_s,
        median(judged.n_steps_to_goal) as median_steps_to_goal
    from shown_goal_sessions as judged
    inner join marts.agg_goals as goals
        on goals.project_id = $project_id and judged.goal = goals.goal
    where not judged.is_overlong
    group by judged.goal
),

shared as (
    select
        *,
        n_reached / n_sessions as reached_share,
        1.96 * 1.96 / n_sessions as pull
    from counted
),

bounded as (
    select
        *,
        (reached_share + pull / 2) / (1 + pull) as middle,
        sqrt(pull * reached_share * (1 - reached_share) + pull * pull / 4) / (1 + pull) as reach
    from shared
)

select
    goal,
    kind,
    field,
    value,
    n_sessions,
    n_reached,
    reached_share,
    greatest(middle - reach, 0) as reached_low,
    least(middle + reach, 1) as reached_high,
    n_sessions < 30 as is_small_cell,
    median_time_to_goal_s,
    median_steps_to_goal
from bounded
order by goal asc
