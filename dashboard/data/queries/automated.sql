-- One row: how many sessions of a project machines have made.
select count(*) as n_sessions
from marts.fct_sessions
where project_id = $project_id and is_automated
