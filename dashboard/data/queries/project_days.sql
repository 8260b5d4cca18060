-- One row: the first and last day on which a project has events; both null without events.
select
    min(started_at)::date as first_date,
    max(ended_at)::date as last_date
from marts.fct_sessions
where project_id = $project_id
