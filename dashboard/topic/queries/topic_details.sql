-- One row per topic whose messages continue steps of this one: what people add, answer or choose. Shares are of the
-- sessions that visit this topic.
with told as (
    select
        session_id,
        topic_id,
        message_role
    from shown_topic_steps
    where is_journey_field and (continues_topic_id = $topic_id or (topic_id = $topic_id and message_role = 'opens'))
),

details as (
    select
        topic_id,
        count(*) as n_messages,
        count(distinct session_id) as n_sessions
    from told
    where message_role = 'continues'
    group by topic_id
)

select
    details.topic_id,
    topics.label,
    details.n_messages,
    details.n_sessions,
    details.n_sessions / (select count(distinct told.session_id) from told) as share
from details
inner join marts.dim_topics as topics
    on details.topic_id = topics.topic_id and topics.project_id = $project_id
order by details.n_sessions desc, details.topic_id asc
