-- One row: whether an event of the project has this name.
select count(*) > 0 as is_known
from marts.fct_events
where project_id = $project_id and name = $name and set_apart_reason is null
