-- One row per project that has events.
select
    project_id,
    count(*) as n_events
from marts.fct_events
where set_apart_reason is null
group by project_id
order by n_events desc, project_id asc
