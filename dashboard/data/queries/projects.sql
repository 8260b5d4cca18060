-- One row per project that has events.
select
    project_id,
    sum(n_events)::bigint as n_events
from marts.fct_sessions
group by project_id
order by n_events desc, project_id asc
