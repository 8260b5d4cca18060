-- One row per event of a session, in order, at most $most, with what the user said in the field and its topic.
select
    events.event_id,
    events.name,
    events.occurred_at,
    events.user_id,
    events.metadata::varchar as metadata,
    messages.text,
    messages.topic_id,
    messages.topic_status
from marts.fct_events as events
left join marts.fct_messages as messages
    on
        events.project_id = messages.project_id
        and events.event_id = messages.event_id
        and messages.field = $field
where events.project_id = $project_id and events.session_id = $session_id
order by events.event_index_in_session, events.event_id
limit $most
