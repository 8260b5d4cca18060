-- One row: how many different paths of at least $least_steps steps there are.
select count(distinct variant_id) as n_variants
from shown_paths
where n_steps >= $least_steps and not is_overlong
