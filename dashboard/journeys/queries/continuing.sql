-- One row: the number of the project's messages that continue a step, whatever the filters.
select count(*) as n_messages
from marts.fct_messages
where project_id = $project_id and message_role = 'continues'
