insert into ml.retired_texts by name
select
    texts.project_id,
    texts.field,
    texts.text_hash,
    placed_texts.topic_id,
    placed_texts.topic_confidence,
    $placed_at as placed_at
from texts_of_retired as texts
inner join placed_texts on texts.own_hash = placed_texts.own_hash
anti join ml.retired_texts as known
    on
        texts.project_id = known.project_id
        and texts.field = known.field
        and texts.text_hash = known.text_hash
where texts.project_id = $project_id and texts.field = $field
