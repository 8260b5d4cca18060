-- One row: how many messages of the project continue a step and are none themselves, whatever was chosen.
select count(*) as n_messages
from marts.fct_messages
where project_id = $project_id and message_role = 'continues'
