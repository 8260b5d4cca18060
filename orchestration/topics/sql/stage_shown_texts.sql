-- Each text of a field whose topic counts, with the topic that the model found.
create or replace temp table reference_texts as
with texts as (
    select
        topics.own_hash as text_hash,
        min_by(topics.topic_id, topics.text_hash) as topic_id
    from ml.own_topics as topics
    left join ml.edited_topics as edited
        on topics.project_id = edited.project_id and topics.topic_id = edited.topic_id
    where
        topics.project_id = $project_id
        and topics.field = $field
        and topics.topic_id is not null
        and (edited.topic_id is null or edited.shown_topic_id is not null)
        and topics.own_hash in (
            select embeddings.text_hash
            from ml.embeddings
            where embeddings.model_id = $model_id
        )
    group by topics.own_hash
)

select
    text_hash,
    topic_id,
    'assigned' as topic_status,
    row_number() over (order by text_hash) - 1 as place
from texts
