-- One row per enum field, the one with most values first.
select field
from marts.dim_fields
where project_id = $project_id and effective_type = 'enum'
order by n_values desc, field asc
limit 100
