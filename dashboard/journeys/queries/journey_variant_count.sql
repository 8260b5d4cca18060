-- One row: how many different paths of at least $min_steps steps there are.
select count(distinct variant_id) as n_variants
from shown_paths
where n_steps >= $min_steps and not is_overlong
