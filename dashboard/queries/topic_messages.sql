-- One row per message of a topic, newest first, one page of them.
with listed as (
    select
        event_id,
        text,
        session_id,
        user_id,
        occurred_at,
        topic_confidence
    from shown_messages
    where topic_id = $topic_id
    order by occurred_at desc, event_id asc
    limit $page_size offset $offset
)

select
    listed.event_id,
    listed.text,
    listed.session_id,
    listed.user_id,
    listed.occurred_at,
    listed.topic_confidence,
    events.is_user_id_given
from marts.fct_events as events
inner join listed on events.event_id = listed.event_id
where events.project_id = $project_id
order by listed.occurred_at desc, listed.event_id asc
