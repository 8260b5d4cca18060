-- What comes into a topic goes out of it: START and END close the journeys, so no topic may keep or make a visitor.
with transitions as (
    select * from {{ ref('agg_transitions') }}
),

flows as (
    select
        project_id,
        to_topic_id as topic_id,
        n_transitions as n_moves
    from transitions
    where to_topic_id <> 'END'

    union all

    select
        project_id,
        from_topic_id as topic_id,
        -n_transitions as n_moves
    from transitions
    where from_topic_id <> 'START'
)

select
    project_id,
    topic_id,
    sum(n_moves) as n_moves_kept
from flows
group by project_id, topic_id
having sum(n_moves) <> 0
