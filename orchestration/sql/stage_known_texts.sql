-- Place of each judged text among all of its field, so that equals are told apart the same way in every run.
create or replace temp table known_texts as
select
    text_hash,
    topic_id,
    topic_status,
    row_number() over (order by text_hash) - 1 as place
from ml.text_topics
where
    project_id = $project_id
    and field = $field
    and topic_status != 'pending'
    and text_hash in (
        select embeddings.text_hash
        from ml.embeddings
        where embeddings.model_id = $model_id
    )
