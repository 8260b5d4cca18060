-- Reached and not reached, over all variants of a goal, are all sessions of its project.
with goal_variants as (
    select
        project_id,
        goal,
        sum(n_reached + n_unreached) as n_sessions
    from {{ ref('agg_goal_variants') }}
    group by project_id, goal
),

sessions as (
    select
        project_id,
        count(*) as n_sessions
    from {{ ref('fct_sessions') }}
    where not is_automated
    group by project_id
)

select
    goal_variants.project_id,
    goal_variants.goal,
    goal_variants.n_sessions as n_variant_sessions,
    sessions.n_sessions
from goal_variants
left join sessions on goal_variants.project_id = sessions.project_id
where goal_variants.n_sessions is distinct from sessions.n_sessions
