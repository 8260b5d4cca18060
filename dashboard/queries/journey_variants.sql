-- One row per different path, most sessions first, with the loops and returns that the path itself has.
SELECT
    variants.variant_rank,
    variants.path,
    variants.n_steps,
    variants.n_sessions,
    variants.session_share,
    variants.running_share,
    variants.median_duration_s,
    any_value(paths.n_returns) AS n_returns,
    any_value(paths.n_loops) AS n_loops
FROM marts.agg_journey_variants AS variants
INNER JOIN marts.fct_session_paths AS paths
    ON variants.project_id = paths.project_id AND variants.variant_id = paths.variant_id
WHERE variants.project_id = $project_id AND variants.variant_rank <= $listed
GROUP BY ALL
ORDER BY variants.variant_rank
