-- Texts that are not classified yet, and pending ones.
with texts as (
    select
        messages.own_hash as text_hash,
        any_value(messages.own_text) as text,
        count(*) as n_messages
    from ml.own_messages as messages
    left join ml.text_topics
        on
            messages.project_id = text_topics.project_id
            and messages.field = text_topics.field
            and messages.text_hash = text_topics.text_hash
    where
        messages.project_id = $project_id
        and messages.field = $field
        and coalesce(text_topics.topic_status, 'pending') = 'pending'
    group by messages.own_hash
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
