with texts as (
    select
        text_hash,
        any_value(text) as text,
        count(*) as n_messages
    from intermediate.int_messages__extracted
    where project_id = $project_id and field = $field
    group by text_hash
)

select
    texts.text_hash,
    texts.text,
    texts.n_messages,
    embeddings.vector
from texts
inner join ml.embeddings
    on texts.text_hash = embeddings.text_hash and embeddings.model_id = $model_id
order by texts.text_hash
