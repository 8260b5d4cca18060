-- Files of the affected projects with copies that another copy replaced: without the other copy, they count.
select segments.segment
from raw.segments
where
    segments.n_duplicates > 0
    and segments.project_id in (
        select blocked.project_id
        from raw.segments as blocked
        where blocked.segment in (select unnest($segments))
    )
