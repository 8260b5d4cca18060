-- One row per topic whose steps the messages of this one continue. Shares are of all its messages.
with told as (
    select
        continues_topic_id,
        message_role,
        count(*) over () as n_all
    from shown_topic_steps
    where is_journey_field and topic_id = $topic_id
)

select
    told.continues_topic_id as topic_id,
    topics.label,
    count(*) as n_messages,
    count(*) / any_value(told.n_all) as share
from told
inner join marts.dim_topics as topics
    on told.continues_topic_id = topics.topic_id and topics.project_id = $project_id
where told.message_role = 'continues'
group by told.continues_topic_id, topics.label
order by n_messages desc, topic_id asc
