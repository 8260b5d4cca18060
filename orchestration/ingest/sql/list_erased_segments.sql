-- Loaded files that may have lines to erase: those of rows to erase, and those with copies or lines that did not count.
select segment
from erased

union

select segment
from raw.replaced_events
where starts_with(replaced_by, 'erased/')

union

select segment
from text_segments

union

select segment
from aged_text_events

union

select segments.segment
from raw.segments
where
    (segments.n_duplicates > 0 or segments.n_rejected > 0)
    and segments.project_id in (
        select wanted.project_id
        from wanted
        union
        select oldest_days.project_id
        from oldest_days
        union
        select text_days.project_id
        from text_days
    )
