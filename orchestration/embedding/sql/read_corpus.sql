-- Distinct texts without boilerplate, and how often people say them; texts that only machines say count as sent.
with automated as (
    select session_id
    from intermediate.int_sessions__automated
    where project_id = $project_id
),

texts as (
    select
        messages.own_hash as text_hash,
        any_value(messages.own_text) as text,
        coalesce(nullif(count(*) filter (where automated.session_id is null), 0), count(*)) as n_messages
    from ml.own_messages as messages
    left join automated on messages.session_id = automated.session_id
    where messages.project_id = $project_id and messages.field = $field
    group by messages.own_hash
)

select
    texts.text_hash,
    texts.text,
    texts.n_messages,
    embeddings.vector
from texts
inner join ml.embeddings
    on texts.text_hash = embeddings.text_hash and embeddings.model_id = $model_id
order by texts.text_hash
