-- Seconds after which an answer is late; no row for a project that the projects database does not know.
select late_after_s
from marts.dim_projects
where project_id = $project_id
