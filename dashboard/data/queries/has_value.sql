-- One row: whether an event of the project has this value of an enum field.
select count(*) > 0 as is_known
from marts.fct_event_values
where project_id = $project_id and field = $field and enum_value = $value
