select count(distinct text_hash)
from intermediate.int_messages__extracted
where
    text_hash not in (
        select embeddings.text_hash
        from ml.embeddings
        where embeddings.model_id = $model_id
    )
