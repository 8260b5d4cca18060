select
    received_date::varchar as received_date,
    count(*) as n_segments,
    sum(n_loaded)::bigint as n_loaded,
    sum(n_rejected)::bigint as n_rejected
from raw.segments
where run_id = $run_id
group by received_date
order by received_date
