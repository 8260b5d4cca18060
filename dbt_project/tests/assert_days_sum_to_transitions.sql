-- The days of a pair of topics sum to the pair, and a day keeps no visitor: what flows into a topic flows out that day.
with pairs as (
    select
        project_id,
        from_topic_id,
        to_topic_id,
        n_transitions
    from {{ ref('agg_transitions') }}
),

days as (
    select * from {{ ref('agg_transitions_daily') }}
),

day_sums as (
    select
        project_id,
        from_topic_id,
        to_topic_id,
        sum(n_transitions) as n_transitions
    from days
    group by project_id, from_topic_id, to_topic_id
),

flows as (
    select
        project_id,
        session_date,
        to_topic_id as topic_id,
        n_transitions as n_moves
    from days
    where to_topic_id <> 'END'

    union all

    select
        project_id,
        session_date,
        from_topic_id as topic_id,
        -n_transitions as n_moves
    from days
    where from_topic_id <> 'START'
)

select
    coalesce(pairs.project_id, day_sums.project_id) as project_id,
    coalesce(pairs.from_topic_id, day_sums.from_topic_id) as topic_id,
    day_sums.n_transitions as n_moves
from pairs
full outer join day_sums
    on
        pairs.project_id = day_sums.project_id
        and pairs.from_topic_id = day_sums.from_topic_id
        and pairs.to_topic_id = day_sums.to_topic_id
where pairs.n_transitions is distinct from day_sums.n_transitions

union all

select
    project_id,
    topic_id,
    sum(n_moves) as n_moves
from flows
group by project_id, session_date, topic_id
having sum(n_moves) <> 0
