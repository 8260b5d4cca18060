select
    count(*) as n_segments,
    coalesce(sum(n_lines), 0) as n_lines,
    coalesce(sum(n_loaded), 0) as n_loaded,
    coalesce(sum(n_duplicates), 0) as n_duplicates,
    coalesce(sum(n_rejected), 0) as n_rejected
from raw.segments
where run_id = $run_id
