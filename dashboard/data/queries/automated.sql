-- One row: the number of a project's automated sessions.
select count(*) as n_sessions
from marts.fct_sessions
where project_id = $project_id and is_automated
