select
    project_id,
    sum(n_loaded)::bigint as n_loaded
from raw.segments
where run_id = $run_id
group by project_id
order by project_id
