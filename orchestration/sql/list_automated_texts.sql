-- Texts sent by machine: nearly all that is said in these words, whatever numbers stand in them, comes from senders
-- who say it over and over and hardly anything else. A popular question has many senders, or senders with much to say.
with senders as (
    select user_id
    from intermediate.int_messages__extracted
    where project_id = $project_id and field = $field
    group by user_id
    having count(*) >= $least_messages
),

said as (
    select
        messages.text_hash,
        messages.user_id,
        senders.user_id is not null as is_busy,
        regexp_replace(lower(messages.text), '[0-9a-f]*[0-9][0-9a-f]*', '#', 'g') as wording
    from intermediate.int_messages__extracted as messages
    left join senders on messages.user_id = senders.user_id
    where messages.project_id = $project_id and messages.field = $field
),

by_sender as (
    select
        wording,
        user_id,
        is_busy,
        count(*) as n_messages,
        sum(count(*)) over (partition by user_id) as n_of_sender
    from said
    group by wording, user_id, is_busy
),

wordings as (
    select wording
    from by_sender
    group by wording
    having
        sum(n_messages) filter (where is_busy and 2 * n_messages >= n_of_sender and n_messages >= $least_messages)
        >= 0.9 * sum(n_messages)
)

select distinct said.text_hash
from said
inner join wordings on said.wording = wordings.wording
