-- One row: how many different paths there are.
SELECT count(*) AS n_variants
FROM marts.agg_journey_variants
WHERE project_id = $project_id
