-- One row per text field: which share of what people say there is noise or filler, unknown (null) while that is little.
with messages as (
    select
        messages.project_id,
        messages.field,
        count(*) as n_messages,
        count(*) filter (where text_topics.topic_status = 'noise') as n_noise,
        count(*) filter (where text_topics.topic_status = 'filler') as n_filler
    from intermediate.int_messages__extracted as messages
    inner join ml.text_topics
        on
            messages.project_id = text_topics.project_id
            and messages.field = text_topics.field
            and messages.text_hash = text_topics.text_hash
    where text_topics.topic_reason is distinct from 'sent by machine'
    group by messages.project_id, messages.field
)

select
    project_id,
    field,
    n_messages,
    n_noise,
    n_filler,
    if(n_messages >= $least_messages, n_noise / n_messages, null) as noise_share,
    if(n_messages >= $least_messages, n_filler / n_messages, null) as filler_share
from messages
