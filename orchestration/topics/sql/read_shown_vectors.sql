select embeddings.vector
from reference_texts
inner join ml.embeddings
    on reference_texts.text_hash = embeddings.text_hash and embeddings.model_id = $model_id
where reference_texts.topic_id = $topic_id
