-- One row per topic of a field that has messages, largest first, with its share of all messages and a typical one.
with counted as (
    select
        topic_id,
        count(*) as n_messages,
        max(occurred_at) as last_seen_at,
        sum(count(*)) over () as n_field_messages
    from shown_messages
    where field = $field
    group by topic_id
)

select
    topics.topic_id,
    topics.label,
    counted.n_messages,
    counted.n_messages / counted.n_field_messages as message_share,
    counted.last_seen_at,
    areas.topic_id as area_id,
    areas.label as area,
    left(examples.text, 300) as example
from counted
inner join marts.dim_topics as topics
    on topics.project_id = $project_id and counted.topic_id = topics.topic_id and topics.level = 0
left join marts.dim_topics as areas
    on topics.project_id = areas.project_id and topics.parent_topic_id = areas.topic_id
left join marts.fct_messages as examples
    on
        topics.project_id = examples.project_id
        and topics.field = examples.field
        and topics.example_event_ids[1] = examples.event_id
order by counted.n_messages desc, topics.topic_id asc
