-- One row per stay of a session at a topic where every message with a topic is a step. Messages in a row about one
-- topic are one stay.
with said as (
    select
        session_id,
        topic_id,
        event_id,
        occurred_at,
        lag(topic_id) over in_session as previous_topic_id,
        lag(occurred_at) over in_session as previous_at,
        max(occurred_at) over (partition by session_id) as last_at
    from marts.fct_messages
    where
        project_id = $project_id
        and is_journey_field
        and topic_id is not null
    window in_session as (partition by session_id order by occurred_at asc, event_id asc)
),

stays as (
    select
        *,
        row_number() over in_session as step,
        lead(previous_at) over in_session as ended_at,
        lag(topic_id, 2) over in_session as topic_id_before_last
    from said
    where previous_topic_id is distinct from topic_id
    window in_session as (partition by session_id order by occurred_at asc, event_id asc)
)

select
    session_id,
    step::integer as step,
    topic_id,
    previous_topic_id,
    occurred_at as started_at,
    coalesce(ended_at, last_at) as ended_at,
    epoch(occurred_at - previous_at) as gap_s,
    coalesce(topic_id = topic_id_before_last, false) as is_loop,
    ended_at is null as is_last
from stays
