-- One row per topic of today and topic of a candidate that share messages, the most first, with a message.
with moves as (
    select * from marts.fct_topic_candidate_moves
    where project_id = $project_id and field = $field and candidate_number = $candidate_number
),

examples as (
    select
        event_id,
        text
    from marts.fct_messages
    where
        project_id = $project_id
        and field = $field
        and event_id in (select moves.example_event_ids[1] from moves)
)

select
    moves.from_topic_id,
    moves.to_topic_id,
    moves.from_label,
    moves.to_label,
    moves.change,
    moves.n_texts,
    moves.n_messages,
    left(examples.text, 300) as example
from moves
left join examples on moves.example_event_ids[1] = examples.event_id
order by moves.n_messages desc, moves.from_topic_id asc, moves.to_topic_id asc
