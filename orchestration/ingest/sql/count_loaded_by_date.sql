select
    received_date::varchar as received_date,
    count(*) as n_segments,
    sum(n_loaded)::bigint as n_loaded,
    sum(n_rejected)::bigint as n_rejected,
    count(*) filter (where run_id = $run_id) > 0 as has_new
from raw.segments
group by received_date
order by received_date
