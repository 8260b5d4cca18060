-- How often people say a text; what only machines say counts as they say it.
with automated as (
    select session_id
    from intermediate.int_sessions__automated
    where project_id = $project_id
),

texts as (
    select
        messages.text_hash,
        any_value(messages.text) as text,
        coalesce(nullif(count(*) filter (where automated.session_id is null), 0), count(*)) as n_messages
    from intermediate.int_messages__extracted as messages
    left join automated on messages.session_id = automated.session_id
    where messages.project_id = $project_id and messages.field = $field
    group by messages.text_hash
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
