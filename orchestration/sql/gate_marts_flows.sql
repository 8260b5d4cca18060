with moves as (
    select
        project_id,
        from_topic_id as topic_id,
        0 as n_in,
        1 as n_out
    from marts.fct_transitions
    where from_topic_id != 'START'
    union all
    select
        project_id,
        to_topic_id as topic_id,
        1 as n_in,
        0 as n_out
    from marts.fct_transitions
    where to_topic_id != 'END'
)

select
    project_id,
    topic_id,
    sum(n_in)::bigint as n_in,
    sum(n_out)::bigint as n_out
from moves
group by project_id, topic_id
