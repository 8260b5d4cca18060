-- One row per project: the number of its automated sessions.
select
    project_id,
    count(*) as n_sessions,
    count(*) filter (where is_automated) as n_automated,
    min(session_id) filter (where is_automated) as session_id
from marts.fct_sessions
group by project_id
