-- One row per classified text of a field, at most $most, with its vector, topic and coordinates on the last map.
with texts as (
    select
        text_hash,
        own_hash,
        topic_id
    from ml.own_topics
    where project_id = $project_id and field = $field
    order by text_hash
    limit $most
)

select
    texts.text_hash,
    texts.topic_id,
    embeddings.vector,
    places.x,
    places.y
from texts
inner join ml.embeddings
    on texts.own_hash = embeddings.text_hash and embeddings.model_id = $model_id
left join ml.text_places as places
    on
        places.project_id = $project_id
        and places.field = $field
        and texts.text_hash = places.text_hash
order by texts.text_hash
