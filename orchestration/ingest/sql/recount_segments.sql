-- A load may decide that another copy of an event counts, so that an earlier file now has a duplicate, or one less.
update raw.segments
set
    n_loaded = counted.n_loaded,
    n_duplicates = segments.n_lines - segments.n_rejected - counted.n_loaded
from (
    select
        marked.segment,
        count(events.segment) as n_loaded
    from raw.segments as marked
    left join raw.events on marked.segment = events.segment
    group by marked.segment
) as counted
where segments.segment = counted.segment and segments.n_loaded != counted.n_loaded
