-- Files of the projects concerned with copies of events that another copy outdid: without that one, they count.
select segments.segment
from raw.segments
where
    segments.n_duplicates > 0
    and segments.project_id in (
        select blocked.project_id
        from raw.segments as blocked
        where blocked.segment in (select unnest($segments))
    )
