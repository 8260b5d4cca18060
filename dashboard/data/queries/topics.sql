-- One row per topic of a field with messages, largest first, with its share of all messages and a typical message.
with counted as (
    select
        topic_id,
        sum(n_messages)::bigint as n_messages,
        max(last_seen_at) as last_seen_at
    from shown_message_days
    group by topic_id
),

topics as (
    select * from marts.dim_topics
    where project_id = $project_id
),

examples as (
    select
        event_id,
        text
    from marts.fct_messages
    where
        project_id = $project_id
        and field = $field
        and event_id in (select topics.example_event_ids[1] from topics)
)

select
    topics.topic_id,
    topics.label,
    topics.is_mixed,
    topics.state,
    coalesce(topics.usual_role = 'continues', false) as is_detail,
    counted.n_messages,
    counted.n_messages / (select sum(sized.n_messages) from counted as sized) as message_share,
    counted.last_seen_at,
    areas.topic_id as area_id,
    areas.label as area,
    left(examples.text, 300) as example
from counted
inner join topics
    on counted.topic_id = topics.topic_id and topics.level = 0
left join topics as areas
    on topics.parent_topic_id = areas.topic_id
left join examples
    on topics.example_event_ids[1] = examples.event_id
order by counted.n_messages desc, topics.topic_id asc
