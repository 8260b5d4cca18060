-- One row per different path, most sessions first, with the loops and returns that the path itself has.
select
    variants.variant_rank,
    variants.path,
    variants.n_steps,
    variants.n_sessions,
    variants.session_share,
    variants.running_share,
    variants.median_duration_s,
    any_value(paths.n_returns) as n_returns,
    any_value(paths.n_loops) as n_loops
from marts.agg_journey_variants as variants
inner join marts.fct_session_paths as paths
    on variants.project_id = paths.project_id and variants.variant_id = paths.variant_id
where variants.project_id = $project_id and variants.variant_rank <= $listed
group by all
order by variants.variant_rank
