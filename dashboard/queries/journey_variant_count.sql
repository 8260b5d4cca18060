-- One row: how many different paths of at least $least_steps steps there are.
select count(*) as n_variants
from marts.agg_journey_variants
where project_id = $project_id and n_steps >= $least_steps and not is_overlong
