-- At most one row: a topic with the number of all messages of its field.
with topics as (
    select * from marts.dim_topics
    where project_id = $project_id
),

chosen as (
    select field from topics
    where topic_id = $topic_id
),

counted as (
    select
        count(*) as n_field_messages,
        count(*) filter (where topic_id = $topic_id) as n_messages,
        count(distinct session_id) filter (where topic_id = $topic_id) as n_sessions,
        min(occurred_at) filter (where topic_id = $topic_id) as first_seen_at,
        max(occurred_at) filter (where topic_id = $topic_id) as last_seen_at
    from shown_messages
    where field in (select chosen.field from chosen)
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
    counted.n_field_messages
from topics
cross join counted
left join topics as areas on topics.parent_topic_id = areas.topic_id
where topics.topic_id = $topic_id and topics.level = 0 and topics.n_messages > 0
