-- One row per topic of a field with messages, with the time of its first message ever, and one with null for the
-- messages without a topic.
with counted as (
    select
        topic_id,
        sum(n_messages)::bigint as n_messages
    from shown_message_days
    group by topic_id
)

select
    counted.topic_id,
    topics.label,
    topics.first_seen_at,
    counted.n_messages
from counted
left join marts.dim_topics as topics
    on topics.project_id = $project_id and counted.topic_id = topics.topic_id and topics.level = 0
where counted.topic_id is null or topics.topic_id is not null
order by counted.n_messages desc, counted.topic_id asc
