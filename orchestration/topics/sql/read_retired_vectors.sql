-- The own texts of a field's retired topics that need another topic, with their vectors.
select
    texts.own_hash,
    any_value(embeddings.vector) as vector
from texts_of_retired as texts
inner join ml.embeddings
    on texts.own_hash = embeddings.text_hash and embeddings.model_id = $model_id
anti join ml.retired_texts as placed
    on
        texts.project_id = placed.project_id
        and texts.field = placed.field
        and texts.text_hash = placed.text_hash
where texts.project_id = $project_id and texts.field = $field
group by texts.own_hash
order by texts.own_hash
