-- Position of each classified text in its field, so that ties are broken the same way in every run.
create or replace temp table reference_texts as
with texts as (
    select
        own_hash as text_hash,
        min_by(struct_pack(topic_id := topic_id, topic_status := topic_status), text_hash) as verdict
    from ml.own_topics
    where
        project_id = $project_id
        and field = $field
        and topic_status != 'pending'
        and own_hash in (
            select embeddings.text_hash
            from ml.embeddings
            where embeddings.model_id = $model_id
        )
    group by own_hash
)

select
    text_hash,
    verdict['topic_id'] as topic_id,
    verdict['topic_status'] as topic_status,
    row_number() over (order by text_hash) - 1 as place
from texts
