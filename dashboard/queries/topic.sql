-- At most one row: a topic with the number of all messages of its field.
with counted as (
    select
        count(*) as n_messages,
        count(distinct session_id) as n_sessions,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at
    from shown_messages
    where topic_id = $topic_id
)

select
    topics.topic_id,
    topics.field,
    topics.label,
    topics.description,
    topics.keywords,
    topics.label_source,
    areas.label as area,
    counted.n_messages,
    counted.n_sessions,
    counted.first_seen_at,
    counted.last_seen_at,
    (
        select count(*) from shown_messages as messages
        where messages.field = topics.field
    ) as n_field_messages
from marts.dim_topics as topics
cross join counted
left join marts.dim_topics as areas
    on topics.project_id = areas.project_id and topics.parent_topic_id = areas.topic_id
where
    topics.project_id = $project_id
    and topics.topic_id = $topic_id
    and topics.level = 0
    and topics.n_messages > 0
