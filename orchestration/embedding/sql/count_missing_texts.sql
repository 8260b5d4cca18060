select count(distinct own_hash)
from ml.own_messages
where
    own_hash not in (
        select embeddings.text_hash
        from ml.embeddings
        where embeddings.model_id = $model_id
    )
