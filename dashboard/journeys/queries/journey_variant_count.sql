-- One row: the number of distinct paths of at least $min_steps steps.
select count(distinct variant_id) as n_variants
from shown_paths
where n_steps >= $min_steps and not is_overlong
