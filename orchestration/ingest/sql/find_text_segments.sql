-- Loaded files with events that have become too old for their texts since the last removal, or that came later.
select distinct events.segment
from raw.events
inner join text_days on events.project_id = text_days.project_id
inner join raw.segments on events.segment = segments.segment
where
    events.occurred_at < text_days.oldest_day
    and (
        text_days.aged_before is null
        or events.occurred_at >= text_days.aged_before
        or segments.loaded_at > text_days.aged_at - interval 1 day -- that run may have loaded it
    )
