-- Vectors of the journey fields' texts without the probability that they make a request.
select
    embeddings.text_hash,
    embeddings.vector
from ml.embeddings
where
    embeddings.model_id = $model_id
    and embeddings.text_hash in (
        select messages.own_hash
        from ml.own_messages as messages
        inner join intermediate.int_fields__typed as fields
            on messages.project_id = fields.project_id and messages.field = fields.field
        where fields.is_journey_field
    )
    and embeddings.text_hash not in (
        select wants.text_hash
        from ml.text_wants as wants
        where wants.model_id = $model_id
    )
