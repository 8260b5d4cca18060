select distinct
    aged_texts.project_id,
    aged_texts.value,
    reworded_texts.event_id is not null as is_reworded
from aged_texts
left join reworded_texts
    on
        aged_texts.project_id = reworded_texts.project_id
        and aged_texts.event_id = reworded_texts.event_id
        and aged_texts.field = reworded_texts.field
order by all
