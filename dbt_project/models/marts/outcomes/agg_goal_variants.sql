with goal_sessions as (
    select * from {{ ref('fct_goal_sessions') }}
    where not is_automated
),

paths as (
    select * from {{ ref('fct_session_paths') }}
),

variants as (
    select * from {{ ref('agg_journey_variants') }}
),

counted as (
    select
        goal_sessions.project_id,
        goal_sessions.goal,
        paths.variant_id,
        count(*) as n_sessions,
        cast(sum(case when goal_sessions.is_reached then 1 else 0 end) as bigint) as n_reached,
        cast(sum(case when goal_sessions.is_reached then 0 else 1 end) as bigint) as n_unreached,
        median(goal_sessions.time_to_goal_s) as median_time_to_goal_s
    from goal_sessions
    inner join paths
        on
            goal_sessions.project_id = paths.project_id
            and goal_sessions.session_id = paths.session_id
    group by goal_sessions.project_id, goal_sessions.goal, paths.variant_id
)

select
    counted.project_id,
    counted.goal,
    counted.variant_id,
    variants.variant_rank,
    variants.is_overlong,
    variants.path,
    counted.n_sessions,
    counted.n_reached,
    counted.n_unreached,
    cast(counted.n_reached as double) / counted.n_sessions as reached_share,
    {{ wilson_low('counted.n_reached', 'counted.n_sessions') }} as reached_low,
    {{ wilson_high('counted.n_reached', 'counted.n_sessions') }} as reached_high,
    {{ is_small_cell('counted.n_sessions') }} as is_small_cell,
    cast(counted.n_reached as double)
    / nullif(sum(counted.n_reached) over (partition by counted.project_id, counted.goal), 0) as share_of_reached,
    cast(counted.n_unreached as double)
    / nullif(sum(counted.n_unreached) over (partition by counted.project_id, counted.goal), 0) as share_of_unreached,
    counted.median_time_to_goal_s
from counted
inner join variants
    on
        counted.project_id = variants.project_id
        and counted.variant_id = variants.variant_id
