-- One row: how many different paths there are.
select count(*) as n_variants
from marts.agg_journey_variants
where project_id = $project_id
