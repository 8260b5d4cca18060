-- At most one row: a topic, with the number of its messages, or comments, under the filters; first and last are of all.
with topics as (
    select * from marts.dim_topics
    where project_id = $project_id
),

said as (
    select session_id
    from shown_topic_messages

    union all

    select session_id
    from shown_feedback
    where comment_topic_id = $topic_id
),

counted as (
    select
        count(*) as n_messages,
        count(distinct session_id) as n_sessions
    from said
)

select
    topics.topic_id,
    topics.field,
    topics.label,
    topics.is_mixed,
    topics.state,
    topics.description,
    topics.keywords,
    topics.label_source,
    areas.label as area,
    topics.first_seen_at,
    topics.last_seen_at,
    counted.n_messages,
    counted.n_sessions
from topics
cross join counted
left join topics as areas on topics.parent_topic_id = areas.topic_id
where topics.topic_id = $topic_id and topics.level = 0 and topics.n_messages > 0
