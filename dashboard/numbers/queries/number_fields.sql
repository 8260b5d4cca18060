-- One row per number field, the one with the most values first; fields of a single value come last.
select field
from marts.dim_fields
where project_id = $project_id and effective_type = 'number'
order by n_distinct_values = 1 asc, n_values desc, field asc
limit 100
