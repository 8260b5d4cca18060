-- One row per different path of at least $least_steps steps, most sessions first, with the loops and returns that the
-- path itself has. Shares are of all sessions of the project.
with variants as (
    select
        variant_id,
        path,
        n_steps,
        n_sessions,
        median_duration_s,
        variant_rank,
        is_overlong,
        sum(n_sessions) over () as n_sessions_all
    from marts.agg_journey_variants
    where project_id = $project_id
),

ranked as (
    select
        variant_id,
        path,
        n_steps,
        n_sessions,
        median_duration_s,
        n_sessions / n_sessions_all as session_share,
        row_number() over (order by variant_rank) as place,
        sum(n_sessions) over (order by variant_rank) / n_sessions_all as running_share
    from variants
    where n_steps >= $least_steps and not is_overlong
)

select
    ranked.place,
    ranked.path,
    ranked.n_steps,
    ranked.n_sessions,
    ranked.session_share,
    ranked.running_share,
    ranked.median_duration_s,
    any_value(paths.n_returns) as n_returns,
    any_value(paths.n_loops) as n_loops
from ranked
inner join marts.fct_session_paths as paths
    on paths.project_id = $project_id and ranked.variant_id = paths.variant_id
where ranked.place <= $listed
group by all
order by ranked.place
