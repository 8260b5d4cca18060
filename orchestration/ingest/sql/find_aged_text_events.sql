-- The events of the texts to remove, with their files.
select distinct
    events.project_id,
    events.event_id,
    events.segment
from raw.events
where
    (events.project_id, events.event_id) in (
        select
            aged_texts.project_id,
            aged_texts.event_id
        from aged_texts
    )
