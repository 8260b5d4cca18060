-- One row per text field, the journey field first.
select
    field,
    is_journey_field
from marts.dim_fields
where project_id = $project_id and effective_type = 'text'
order by is_journey_field desc, n_values desc, field asc
limit 50
