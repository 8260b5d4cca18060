update raw.segments
set
    n_loaded = segments.n_loaded - taken.n_rows,
    n_rejected = segments.n_rejected + taken.n_rows
from (
    select
        segment,
        count(*) as n_rows
    from kept_out
    group by segment
) as taken
where segments.segment = taken.segment
