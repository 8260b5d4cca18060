-- At most one row: a topic with the number of all messages of its field.
select
    topics.topic_id,
    topics.field,
    topics.label,
    topics.description,
    topics.keywords,
    topics.label_source,
    topics.n_messages,
    topics.first_seen_at,
    topics.last_seen_at,
    areas.label as area,
    (
        select count(*) from marts.fct_messages as messages
        where messages.project_id = $project_id and messages.field = topics.field
    ) as n_field_messages,
    (
        select count(distinct messages.session_id) from marts.fct_messages as messages
        where messages.project_id = $project_id and messages.topic_id = $topic_id
    ) as n_sessions
from marts.dim_topics as topics
left join marts.dim_topics as areas
    on topics.project_id = areas.project_id and topics.parent_topic_id = areas.topic_id
where
    topics.project_id = $project_id
    and topics.topic_id = $topic_id
    and topics.level = 0
    and topics.n_messages > 0
