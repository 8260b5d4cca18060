select
    known_texts.place,
    embeddings.vector
from known_texts
inner join ml.embeddings
    on known_texts.text_hash = embeddings.text_hash and embeddings.model_id = $model_id
