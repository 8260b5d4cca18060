-- One row per event of a session, in order, at most $most, with what the user said in the field and its topic.
with said as (
    select
        event_id,
        text,
        topic_id,
        topic_status,
        message_role
    from marts.fct_messages
    where project_id = $project_id and session_id = $session_id and field = $field
)

select
    events.event_id,
    events.name,
    events.occurred_at,
    events.user_id,
    events.metadata::varchar as metadata,
    said.text,
    said.topic_id,
    said.topic_status,
    said.message_role
from marts.fct_events as events
left join said on events.event_id = said.event_id
where events.project_id = $project_id and events.session_id = $session_id
order by events.event_index_in_session, events.event_id
limit $most
