-- Text fields with unclassified or pending texts that have vectors of this model.
select distinct
    messages.project_id,
    messages.field
from ml.own_messages as messages
inner join ml.embeddings
    on messages.own_hash = embeddings.text_hash and embeddings.model_id = $model_id
left join ml.text_topics
    on
        messages.project_id = text_topics.project_id
        and messages.field = text_topics.field
        and messages.text_hash = text_topics.text_hash
where text_topics.text_hash is null
