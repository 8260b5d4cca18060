with texts as (
    select distinct
        project_id,
        field,
        text_hash
    from intermediate.int_messages__extracted
)

select
    texts.project_id,
    texts.field,
    count(*) as n_texts,
    count(*) filter (where judged.text_hash is null) as n_pending
from texts
left join ml.text_topics as judged
    on
        texts.project_id = judged.project_id
        and texts.field = judged.field
        and texts.text_hash = judged.text_hash
group by texts.project_id, texts.field
order by texts.project_id, texts.field
