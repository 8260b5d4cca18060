-- One row per message of a topic, newest first, one page of them.
select
    messages.event_id,
    messages.text,
    messages.session_id,
    messages.user_id,
    messages.occurred_at,
    messages.topic_confidence,
    events.is_user_id_given
from shown_messages as messages
inner join marts.fct_events as events
    on messages.project_id = events.project_id and messages.event_id = events.event_id
where messages.topic_id = $topic_id
order by messages.occurred_at desc, messages.event_id asc
limit $page_size offset $offset
