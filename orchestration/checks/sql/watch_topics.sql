-- One row per text field: the shares of people's messages that are noise or filler, null with few messages, and the
-- share of its texts that are longer than the model reads.
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
    where
        text_topics.topic_reason is null
        or text_topics.topic_reason not in ('sent by machine', 'little but numbers and signs')
    group by messages.project_id, messages.field
)

select
    messages.project_id,
    messages.field,
    messages.n_messages,
    messages.n_noise,
    messages.n_filler,
    if(messages.n_messages >= $min_messages, messages.n_noise / messages.n_messages, null) as noise_share,
    if(messages.n_messages >= $min_messages, messages.n_filler / messages.n_messages, null) as filler_share,
    coalesce(boilerplate.long_share, 0) as long_share,
    if(len(boilerplate.ngrams) > 0, ' What nearly all of them share is left out first.', '') as left_out
from messages
left join ml.boilerplate
    on messages.project_id = boilerplate.project_id and messages.field = boilerplate.field
