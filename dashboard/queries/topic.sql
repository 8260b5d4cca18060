-- At most one row: a topic, with its messages that were chosen.
with topics as (
    select * from marts.dim_topics
    where project_id = $project_id
),

counted as (
    select
        count(*) as n_messages,
        count(distinct session_id) as n_sessions,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at
    from shown_topic_messages
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
    counted.last_seen_at
from topics
cross join counted
left join topics as areas on topics.parent_topic_id = areas.topic_id
where topics.topic_id = $topic_id and topics.level = 0 and topics.n_messages > 0
