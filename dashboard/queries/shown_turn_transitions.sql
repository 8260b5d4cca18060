-- One row per move, as in marts.fct_transitions, where every message with a topic is a step.
with moves as (
    select
        session_id,
        step,
        coalesce(previous_topic_id, 'START') as from_topic_id,
        topic_id as to_topic_id,
        gap_s,
        started_at as occurred_at
    from shown_turns

    union all

    select
        session_id,
        step + 1 as step,
        topic_id as from_topic_id,
        'END' as to_topic_id,
        null as gap_s,
        ended_at as occurred_at
    from shown_turns
    where is_last
)

select
    sessions.project_id,
    moves.*,
    sessions.started_at::date as session_date,
    sessions.is_overlong
from moves
inner join marts.fct_sessions as sessions on moves.session_id = sessions.session_id
where sessions.project_id = $project_id and sessions.is_automated is not true
