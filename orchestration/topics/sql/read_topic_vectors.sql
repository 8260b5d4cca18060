-- The own texts of some topics of a field, with their vectors.
select
    topics.own_hash,
    min_by(topics.topic_id, topics.text_hash) as topic_id,
    any_value(embeddings.vector) as vector
from ml.own_topics as topics
inner join ml.embeddings
    on topics.own_hash = embeddings.text_hash and embeddings.model_id = $model_id
where
    topics.project_id = $project_id
    and topics.field = $field
    and list_contains($topic_ids, topics.topic_id)
group by topics.own_hash
order by topics.own_hash
