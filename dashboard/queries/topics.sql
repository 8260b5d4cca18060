-- One row per topic of a field that has messages, largest first, with its share of all messages and a typical one.
with total as (
    select count(*) as n_messages
    from marts.fct_messages
    where project_id = $project_id and field = $field
)

select
    topics.topic_id,
    topics.label,
    topics.n_messages,
    topics.n_messages / nullif(total.n_messages, 0) as message_share,
    topics.last_seen_at,
    areas.label as area,
    left(examples.text, 300) as example
from marts.dim_topics as topics
cross join total
left join marts.dim_topics as areas
    on topics.project_id = areas.project_id and topics.parent_topic_id = areas.topic_id
left join marts.fct_messages as examples
    on
        topics.project_id = examples.project_id
        and topics.field = examples.field
        and topics.example_event_ids[1] = examples.event_id
where topics.project_id = $project_id and topics.field = $field and topics.level = 0 and topics.n_messages > 0
order by topics.n_messages desc, topics.topic_id asc
