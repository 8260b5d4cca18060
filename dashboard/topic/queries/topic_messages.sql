-- One row per message of a topic, newest first, one page of them.
with listed as (
    select event_id
    from shown_topic_messages
    order by occurred_at desc, event_id asc
    limit $page_size offset $offset
),

said as (
    select
        messages.event_id,
        messages.text,
        messages.session_id,
        messages.user_id,
        messages.occurred_at,
        messages.topic_confidence
    from marts.fct_messages as messages
    inner join listed on messages.event_id = listed.event_id
    where messages.project_id = $project_id and messages.topic_id = $topic_id
)

select
    said.event_id,
    said.text,
    said.session_id,
    said.user_id,
    said.occurred_at,
    said.topic_confidence,
    events.is_user_id_given
from marts.fct_events as events
inner join said on events.event_id = said.event_id
where events.project_id = $project_id
order by said.occurred_at desc, said.event_id asc
